"""Edge messages of relaxed belief propagation; see messages.h for the equations.

Conventions: `x` (n_samples, n_columns) inputs divided by sqrt(n_l), packed by
receptive field, in float64; `rows` the patterns to visit; `messages` (n_samples, size)
the linear terms that each pattern sends to each packed weight, `gamma` (n_samples,
n_hidden) their precisions divided by x^2; `linear`, `precision` (size,) the sums of all
messages and the prior; `groups` as in levels.h. Arrays over the visited patterns have
one row for each.
"""

from libc.stdint cimport int64_t


cdef extern from *:
    """
    #define SKWFM_KERNELS_FILE "messages.h"
    """

include "instruction_sets.pxi"

cdef extern from * nogil:
    int64_t skwfm_cavities "skwfm_active->cavities_d"(...)
    void skwfm_absorb "skwfm_active->absorb_d"(...)


def cavities(const double[:, ::1] x, const int64_t[::1] rows,
             const double[:, ::1] messages, const double[:, ::1] gamma,
             const double[::1] linear, const double[::1] precision,
             const int64_t[:, ::1] groups, bint binary,
             double[:, ::1] mean,        # OUT (>= n_rows, size)
             double[:, ::1] omega,       # OUT (>= n_rows, n_hidden)
             double[:, ::1] variance):   # OUT (>= n_rows, n_hidden)
    """Weights and fields without each pattern's message; counts bad cavities."""
    cdef int64_t n_bad
    with nogil:
        n_bad = skwfm_cavities(
            &x[0, 0], x.shape[1], &rows[0], rows.shape[0], &messages[0, 0],
            &gamma[0, 0], &linear[0], &precision[0], linear.shape[0],
            <const skwfm_group *> &groups[0, 0], groups.shape[0], gamma.shape[1],
            binary, &mean[0, 0], &omega[0, 0], &variance[0, 0])
    return n_bad


def absorb(const double[:, ::1] x, const int64_t[::1] rows,
           const double[:, ::1] mean, const double[:, ::1] g,
           const double[:, ::1] gamma, double keep, const int64_t[:, ::1] groups,
           double[:, ::1] messages,      # IN/OUT
           double[:, ::1] old_gamma,     # IN/OUT
           double[::1] linear,           # IN/OUT
           double[::1] precision):       # IN/OUT
    """Damp in the new messages of some patterns and add up what changes."""
    with nogil:
        skwfm_absorb(
            &x[0, 0], x.shape[1], &rows[0], rows.shape[0], &mean[0, 0], &g[0, 0],
            &gamma[0, 0], keep, linear.shape[0],
            <const skwfm_group *> &groups[0, 0], groups.shape[0], old_gamma.shape[1],
            &messages[0, 0], &old_gamma[0, 0], &linear[0], &precision[0])
