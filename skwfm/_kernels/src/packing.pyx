"""Inputs that are all +-1 as bits, set for -1: for training and for products.

The inputs of a row of `x` lie next to each other. Every function tells whether all are
+-1, and stops soon after one that is not: what it has written is then of no use.
"""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint64_t

cdef extern from "packing.h" nogil:
    uint64_t skwfm_word(...)
    void skwfm_transpose(uint64_t *)

ctypedef fused inputs_t:
    int8_t
    int16_t
    int32_t
    int64_t
    float
    double


def are_signs(const inputs_t[:, :] x):
    """Tell whether all inputs are +-1."""
    cdef int64_t n_columns = x.shape[1], i, c
    cdef uint64_t strange = 0
    with nogil:
        for i in range(x.shape[0]):
            for c in range(0, n_columns, 64):
                skwfm_word(&x[i, c], min(64, n_columns - c), &strange)
            if strange:
                break
    return strange == 0


def pack_rows(const inputs_t[:, :] x,
              uint8_t[:, :] bits):           # OUT (n_rows, at least n_columns / 8)
    """Bits of every row, eight inputs to a byte. Bytes beyond them are left alone."""
    cdef int64_t n_columns = x.shape[1], i, c, k, n
    cdef uint64_t word, strange = 0
    with nogil:
        for i in range(x.shape[0]):
            for c in range(0, n_columns, 64):
                n = min(64, n_columns - c)
                word = skwfm_word(&x[i, c], n, &strange)
                for k in range((n + 7) // 8):
                    bits[i, c // 8 + k] = <uint8_t> (word >> 8 * k)
            if strange:
                break
    return strange == 0


def pack_words(const inputs_t[:, :] x, int64_t first_row,
               uint64_t[:, :, ::1] by_row,       # OUT
               uint64_t[:, :, ::1] by_column):   # OUT
    """Bits of a matrix and of its transpose, as signs.h reads them.

    `x` has the rows of the matrix from `first_row` on, a multiple of 64. Words of rows
    that are not in `x` are left alone.
    """
    cdef int64_t n_rows = x.shape[0], n_columns = x.shape[1], r, c, i, n, row
    cdef uint64_t block[64]
    cdef uint64_t strange = 0
    with nogil:
        for r in range(0, n_rows, 64):
            n = min(64, n_rows - r)
            row = first_row + r
            for i in range(n):
                for c in range(0, n_columns, 64):
                    by_row[(row + i) // 8, c // 64, (row + i) % 8] = skwfm_word(
                        &x[r + i, c], min(64, n_columns - c), &strange)
            if strange:
                break
            for c in range(0, n_columns, 64):
                for i in range(64):
                    block[i] = (by_row[(row + i) // 8, c // 64, (row + i) % 8]
                                if i < n else 0)
                skwfm_transpose(block)
                for i in range(min(64, n_columns - c)):
                    by_column[(c + i) // 8, row // 64, (c + i) % 8] = block[i]
    return strange == 0
