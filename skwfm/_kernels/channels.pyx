"""Message-passing channels of the built-in machines.

A channel takes Gaussian fields of independent units and gives the log-probability of the
right answer with its derivatives: see `skwfm.architectures.Architecture.channel`. Every
function takes `mean`, `var` (n_samples, n_hidden), `labels` (n_samples,) and fills
`log_z` (n_samples,), `g` and `gamma` (n_samples, n_hidden). Scratch is the caller's.
"""

from libc.math cimport log, log1p, sqrt
from libc.stdint cimport int64_t


cdef extern from "channel.h" nogil:
    ctypedef struct skwfm_wide:
        double mantissa
        double exponent

    void skwfm_committee_block(const double *, int64_t, double *, double *, double *,
                               double *)
    void skwfm_parity_block(const double *, int64_t, double *, double *, double *)
    void skwfm_committee_wide(const double *, int64_t, int64_t, skwfm_wide *, double *,
                              double *)
    void skwfm_parity_wide(const double *, int64_t, int64_t, double *, double *)


cdef enum:
    # Patterns of a block: the doubles of a vector.
    _LANES = 8

cdef double _SAFE = 1e-100   # probabilities above it were computed without underflow


def scratch_size(int64_t n_hidden):
    """Number of doubles of scratch that each function needs, before alignment."""
    cdef int64_t table = (n_hidden + 1) * ((n_hidden + 1) // 2) + 3 * n_hidden
    # u, h and the two totals of a block; 7 more let the caller's memory be aligned.
    return _LANES * (table + 2 * n_hidden + 2) + 7


cdef inline double *_aligned(double *memory) noexcept nogil:
    """The first address from there on that is a multiple of a vector's 64 bytes."""
    return <double *> ((<size_t> memory + 63) // 64 * 64)


cdef int64_t _load_block(const double[:, ::1] mean, const double[:, ::1] var,
                         const double[::1] labels, int64_t start, bint with_label,
                         double *u) noexcept nogil:
    """Transpose the next block's u = label * mean / sqrt(var); pad with its first."""
    cdef int64_t n = min(<int64_t> _LANES, mean.shape[0] - start), i, l, s
    cdef double sign
    for i in range(_LANES):
        s = start + (i if i < n else 0)
        sign = labels[s] if with_label else 1.0
        for l in range(mean.shape[1]):
            u[l * _LANES + i] = sign * mean[s, l] / sqrt(var[s, l])
    return n


cdef inline void _store(const double[:, ::1] mean, const double[:, ::1] var,
                        int64_t s, double sign, const double *h,
                        double[:, ::1] g, double[:, ::1] gamma) noexcept nogil:
    """g and Gamma of a pattern from h = d log z / d u."""
    cdef int64_t l
    for l in range(mean.shape[1]):
        g[s, l] = sign * h[l * _LANES] / sqrt(var[s, l])
        gamma[s, l] = g[s, l] * (mean[s, l] / var[s, l] + g[s, l])


cdef inline double _log_of(double z, double z_other) noexcept nogil:
    """log z, from whichever of z and 1 - z is small."""
    return log(z) if z < 0.5 else log1p(-z_other)


def committee(const double[:, ::1] mean, const double[:, ::1] var,
              const double[::1] labels,
              double[::1] log_z, double[:, ::1] g, double[:, ::1] gamma,   # OUT
              double[::1] scratch):
    """Majority of an odd number of units."""
    cdef int64_t start, i, n, n_hidden = mean.shape[1]
    cdef double *u = _aligned(&scratch[0])
    cdef double *h = u + _LANES * n_hidden
    cdef double *z = h + _LANES * n_hidden
    cdef double *z_wrong = z + _LANES
    cdef double *table = z_wrong + _LANES
    with nogil:
        start = 0
        while start < mean.shape[0]:
            n = _load_block(mean, var, labels, start, True, u)
            skwfm_committee_block(u, n_hidden, table, z, z_wrong, h)
            for i in range(n):
                if z[i] > _SAFE:
                    log_z[start + i] = _log_of(z[i], z_wrong[i])
                else:
                    skwfm_committee_wide(u + i, _LANES, n_hidden, <skwfm_wide *> table,
                                         &log_z[start + i], h + i)
                _store(mean, var, start + i, labels[start + i], h + i, g, gamma)
            start += _LANES


def parity(const double[:, ::1] mean, const double[:, ::1] var,
           const double[::1] labels,
           double[::1] log_z, double[:, ::1] g, double[:, ::1] gamma,   # OUT
           double[::1] scratch):
    """Product of any number of units."""
    cdef int64_t start, i, l, n, n_hidden = mean.shape[1]
    cdef double sign, right, wrong
    cdef double *u = _aligned(&scratch[0])
    cdef double *h = u + _LANES * n_hidden
    cdef double *odd = h + _LANES * n_hidden
    cdef double *table = odd + 2 * _LANES
    with nogil:
        start = 0
        while start < mean.shape[0]:
            n = _load_block(mean, var, labels, start, False, u)
            skwfm_parity_block(u, n_hidden, table, odd, h)
            for i in range(n):
                sign = labels[start + i]
                for l in range(n_hidden):
                    if u[l * _LANES + i] < 0:
                        sign = -sign
                # An even number of flips is right if the signs as they are give it.
                right = 1 - odd[i] if sign > 0 else odd[i]
                wrong = odd[i] if sign > 0 else 1 - odd[i]
                if right > _SAFE:
                    log_z[start + i] = _log_of(right, wrong)
                    for l in range(n_hidden):
                        h[l * _LANES + i] *= labels[start + i] / right
                else:
                    skwfm_parity_wide(u + i, _LANES, n_hidden, &log_z[start + i], h + i)
                _store(mean, var, start + i, 1.0, h + i, g, gamma)
            start += _LANES
