"""Message-passing channels of the built-in machines.

A channel takes Gaussian fields of independent units and gives the log-probability of
the right answer with its derivatives: see `skwfm.architectures.Architecture.channel`.
Every function takes `mean`, `var` (n_samples, n_hidden), `labels` (n_samples,) and
fills `log_z` (n_samples,), `g` and `gamma` (n_samples, n_hidden), which lie in memory
in the same way. All are fastest with the numbers of a unit next to each other, and if
`var` repeats one row. Scratch is the caller's.
"""

from libc.stdint cimport int64_t


cdef extern from *:
    """
    #define SKWFM_KERNELS_FILE "channel.h"
    """

include "instruction_sets.pxi"

cdef extern from "wide_channel.h" nogil:
    ctypedef struct skwfm_patterns:
        int64_t n_samples
        int64_t n_hidden
        const double *mean
        const double *var
        const double *labels
        int64_t *mean_stride
        int64_t *var_stride
        double *log_z
        double *g
        double *gamma
        int64_t *out_stride
        double *scratch

    void skwfm_committee "skwfm_active->committee_d"(...)
    void skwfm_parity "skwfm_active->parity_d"(...)


def scratch_size(int64_t n_hidden):
    """Number of doubles of scratch that each function needs, before alignment."""
    # 8 lanes: seven vectors a unit and the counts; 7 more let the memory be aligned.
    return 8 * ((n_hidden + 1) * ((n_hidden + 1) // 2) + 7 * n_hidden) + 7


cdef void _set_strides(const double[:, :] x, int64_t *stride) noexcept nogil:
    """In doubles; a single row repeats itself."""
    stride[0] = x.strides[0] // <int64_t> sizeof(double) if x.shape[0] > 1 else 0
    stride[1] = x.strides[1] // <int64_t> sizeof(double)


cdef skwfm_patterns _read(const double[:, :] mean, const double[:, :] var,
                          const double[::1] labels, double[::1] log_z,
                          double[:, :] g, double[:, :] gamma, double[::1] scratch):
    cdef skwfm_patterns p
    p.n_samples = mean.shape[0]
    p.n_hidden = mean.shape[1]
    p.mean, p.var, p.labels = &mean[0, 0], &var[0, 0], &labels[0]
    p.log_z, p.g, p.gamma = &log_z[0], &g[0, 0], &gamma[0, 0]
    p.scratch = &scratch[0]
    _set_strides(mean, p.mean_stride)
    _set_strides(var, p.var_stride)
    _set_strides(g, p.out_stride)
    return p


def committee(const double[:, :] mean, const double[:, :] var,
              const double[::1] labels,
              double[::1] log_z, double[:, :] g, double[:, :] gamma,   # OUT
              double[::1] scratch):
    """Majority of an odd number of units."""
    if mean.shape[0] == 0:
        return
    cdef skwfm_patterns p = _read(mean, var, labels, log_z, g, gamma, scratch)
    with nogil:
        skwfm_committee(&p)


def parity(const double[:, :] mean, const double[:, :] var,
           const double[::1] labels,
           double[::1] log_z, double[:, :] g, double[:, :] gamma,   # OUT
           double[::1] scratch):
    """Product of any number of units."""
    if mean.shape[0] == 0:
        return
    cdef skwfm_patterns p = _read(mean, var, labels, log_z, g, gamma, scratch)
    with nogil:
        skwfm_parity(&p)
