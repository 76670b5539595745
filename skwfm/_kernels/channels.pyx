"""Message-passing channels of the built-in machines.

A channel takes Gaussian fields of independent units and gives the log-probability of
the right answer with its derivatives: see `skwfm.architectures.Architecture.channel`.
Every function takes `mean`, `var` (n_samples, n_hidden), `labels` (n_samples,) and
fills `log_z` (n_samples,), `g` and `gamma` (n_samples, n_hidden). Scratch is the
caller's.
"""

from libc.math cimport log, log1p
from libc.stdint cimport int64_t


cdef extern from "channel.h" nogil:
    ctypedef struct skwfm_wide:
        double mantissa
        double exponent

    void skwfm_prepare_block(const double *, const double *, const double *, int64_t,
                             double *, double *)
    void skwfm_finish_block(const double *, const double *, int64_t, double *, double *)
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
    # The arrays of a block; 7 more let the caller's memory be aligned.
    return _LANES * (table + 5 * n_hidden + 4) + 7


cdef struct _Block:
    # (n_hidden, 8) each: what is given, u, 1 / sqrt(var) and d log z / d u.
    double *mean
    double *var
    double *u
    double *inverse
    double *h
    # (8,) each: labels, signs that u is multiplied by, two results.
    double *label
    double *sign
    double *first
    double *second
    # Scratch of the channel.
    double *rest


cdef _Block _make_block(double *memory, int64_t n_hidden) noexcept nogil:
    """Lay the arrays of a block out in the caller's memory."""
    cdef _Block b
    cdef int64_t size = _LANES * n_hidden
    # The first address that is a multiple of a vector's 64 bytes.
    b.mean = <double *> ((<size_t> memory + 63) // 64 * 64)
    b.var = b.mean + size
    b.u = b.var + size
    b.inverse = b.u + size
    b.h = b.inverse + size
    b.label = b.h + size
    b.sign = b.label + _LANES
    b.first = b.sign + _LANES
    b.second = b.first + _LANES
    b.rest = b.second + _LANES
    return b


cdef int64_t _load(const double[:, ::1] mean, const double[:, ::1] var,
                   const double[::1] labels, int64_t start, bint with_label,
                   _Block b) noexcept nogil:
    """Transpose the next patterns into a block; a short block repeats its first."""
    cdef int64_t n = min(<int64_t> _LANES, mean.shape[0] - start), i, l, s
    for i in range(_LANES):
        s = start + (i if i < n else 0)
        b.label[i] = labels[s]
        b.sign[i] = labels[s] if with_label else 1.0
        for l in range(mean.shape[1]):
            b.mean[l * _LANES + i] = mean[s, l]
            b.var[l * _LANES + i] = var[s, l]
    skwfm_prepare_block(b.mean, b.var, b.sign, mean.shape[1], b.u, b.inverse)
    return n


cdef void _store(_Block b, int64_t start, int64_t n,
                 double[:, ::1] g, double[:, ::1] gamma) noexcept nogil:
    """Turn h into g and Gamma and transpose them back."""
    cdef int64_t i, l
    skwfm_finish_block(b.sign, b.inverse, g.shape[1], b.u, b.h)
    for i in range(n):
        for l in range(g.shape[1]):
            g[start + i, l] = b.h[l * _LANES + i]
            gamma[start + i, l] = b.u[l * _LANES + i]


cdef inline double _log_of(double z, double z_other) noexcept nogil:
    """log z, from whichever of z and 1 - z is small."""
    return log(z) if z < 0.5 else log1p(-z_other)


def committee(const double[:, ::1] mean, const double[:, ::1] var,
              const double[::1] labels,
              double[::1] log_z, double[:, ::1] g, double[:, ::1] gamma,   # OUT
              double[::1] scratch):
    """Majority of an odd number of units."""
    cdef int64_t start = 0, i, n, n_hidden = mean.shape[1]
    cdef _Block b = _make_block(&scratch[0], n_hidden)
    with nogil:
        while start < mean.shape[0]:
            n = _load(mean, var, labels, start, True, b)
            skwfm_committee_block(b.u, n_hidden, b.rest, b.first, b.second, b.h)
            for i in range(n):
                if b.first[i] > _SAFE:
                    log_z[start + i] = _log_of(b.first[i], b.second[i])
                else:
                    skwfm_committee_wide(b.u + i, _LANES, n_hidden,
                                         <skwfm_wide *> b.rest, &log_z[start + i],
                                         b.h + i)
            _store(b, start, n, g, gamma)
            start += _LANES


cdef double _parity_pattern(_Block b, int64_t i, int64_t n_hidden) noexcept nogil:
    """log z of one lane; h becomes d log z / d u."""
    cdef int64_t l
    cdef double right, wrong, log_z, sign = b.label[i], odd = b.first[i]
    for l in range(n_hidden):
        if b.u[l * _LANES + i] < 0:
            sign = -sign
    # An even number of flips is right if the signs as they are give the label.
    right = 1 - odd if sign > 0 else odd
    wrong = odd if sign > 0 else 1 - odd
    if right <= _SAFE:
        skwfm_parity_wide(b.u + i, _LANES, n_hidden, &log_z, b.h + i)
        return log_z
    for l in range(n_hidden):
        b.h[l * _LANES + i] *= b.label[i] / right
    return _log_of(right, wrong)


def parity(const double[:, ::1] mean, const double[:, ::1] var,
           const double[::1] labels,
           double[::1] log_z, double[:, ::1] g, double[:, ::1] gamma,   # OUT
           double[::1] scratch):
    """Product of any number of units."""
    cdef int64_t start = 0, i, n, n_hidden = mean.shape[1]
    cdef _Block b = _make_block(&scratch[0], n_hidden)
    with nogil:
        while start < mean.shape[0]:
            n = _load(mean, var, labels, start, False, b)
            skwfm_parity_block(b.u, n_hidden, b.rest, b.first, b.h)
            for i in range(n):
                log_z[start + i] = _parity_pattern(b, i, n_hidden)
            _store(b, start, n, g, gamma)
            start += _LANES
