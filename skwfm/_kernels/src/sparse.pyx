"""Passes over sparse patterns: fields of units and sums of patterns.

The functions are those of training.pyx with rows of a CSR matrix in place of packed
rows: `values`, `columns` (rising in each row) and `starts` (n_samples + 1,), where the
columns are those of the layout, constant inputs among them. Sums run in the same order
as there (simd/levels.h: in 64 bytes of lanes), so that zeros left out change no bit.
"""

from libc.stdint cimport int32_t, int64_t

ctypedef fused weights_t:
    float
    double

ctypedef fused index_t:
    int32_t
    int64_t


cdef inline weights_t _total(const weights_t *lane) noexcept nogil:
    """Sum of 64 bytes of lanes in the order of simd/lanes.h; halves, then quarters."""
    cdef weights_t quarter[4]
    cdef int k, n = 16 // sizeof(weights_t)
    for k in range(n):
        quarter[k] = (lane[k] + lane[2 * n + k]) + (lane[n + k] + lane[3 * n + k])
    if weights_t is double:
        return quarter[0] + quarter[1]
    else:
        return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3])


cdef inline int64_t _end(const index_t[::1] columns, int64_t entry, int64_t last,
                         int64_t stop) noexcept nogil:
    """The first entry of a row, from the given one on, whose column is not below."""
    while entry < last and columns[entry] < stop:
        entry += 1
    return entry


def fields(const weights_t[::1] values, const index_t[::1] columns,
           const index_t[::1] starts, const int64_t[::1] rows, const weights_t[::1] w,
           const int64_t[:, ::1] groups,
           weights_t[:, ::1] h):    # OUT (n_rows, n_hidden)
    """Preactivation of every unit on the given samples."""
    cdef int64_t s, g, k, unit, first, last, entry, place
    cdef int i, n_lanes = 64 // sizeof(weights_t)
    cdef weights_t lane[16]
    with nogil:
        for s in range(rows.shape[0]):
            last, unit = starts[rows[s]], 0
            for g in range(groups.shape[0]):
                first = last
                last = _end(columns, first, starts[rows[s] + 1],
                            groups[g, 0] + groups[g, 2])
                for k in range(groups[g, 4]):
                    for i in range(n_lanes):
                        lane[i] = 0
                    place = groups[g, 3] + k * groups[g, 2] - groups[g, 0]
                    for entry in range(first, last):
                        lane[columns[entry] & (n_lanes - 1)] += (
                            values[entry] * w[place + columns[entry]])
                    h[s, unit] = _total(&lane[0])
                    unit += 1


def outer(const weights_t[::1] values, const index_t[::1] columns,
          const index_t[::1] starts, const int64_t[::1] rows,
          const weights_t[:, ::1] coef, const int64_t[:, ::1] groups,
          weights_t[::1] w):        # IN/OUT
    """Add sum_s coef[s, l] x_s to the weights of every unit l."""
    cdef int64_t s, g, k, unit, first, last, entry, place
    with nogil:
        for s in range(rows.shape[0]):
            last, unit = starts[rows[s]], 0
            for g in range(groups.shape[0]):
                first = last
                last = _end(columns, first, starts[rows[s] + 1],
                            groups[g, 0] + groups[g, 2])
                for k in range(groups[g, 4]):
                    unit += 1
                    if coef[s, unit - 1] == 0:  # most are, in least-action learning
                        continue
                    place = groups[g, 3] + k * groups[g, 2] - groups[g, 0]
                    for entry in range(first, last):
                        w[place + columns[entry]] += (
                            coef[s, unit - 1] * values[entry])
