/* The bits of 64 inputs, set for -1, for every dtype that inputs have.
 *
 * An input is looked at as an unsigned integer of its size: its highest bit is its sign.
 * Every compiler makes vectors of the loops of the baseline, which are as fast as memory
 * on a wide processor too: there are no versions for other instruction sets. */
#ifndef SKWFM_PACKING_H
#define SKWFM_PACKING_H

#include <stdint.h>
#include <string.h>

/* Eight bytes that are 0 or 1 as eight bits, the first byte lowest. */
static inline uint64_t skwfm_octet(const uint8_t *bytes)
{
    uint64_t octet;
    memcpy(&octet, bytes, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    octet = __builtin_bswap64(octet);
#endif
    return octet * 0x0102040810204080u >> 56;
}

/* skwfm_word_T(x, n, strange): the bits of n <= 64 inputs; `strange` becomes non-zero
 * if one is not +-1, which STRANGE(v) tells of the integer v. */
#define SKWFM_WORD(T, U, STRANGE)                                                    \
    typedef U __attribute__((may_alias)) skwfm_bits_##T;                             \
    static inline uint64_t skwfm_word_##T(const T *x, int64_t n, uint64_t *strange)  \
    {                                                                                \
        T padded[64];                                                                \
        if (n < 64) {                                                                \
            for (int j = 0; j < 64; j++)                                             \
                padded[j] = 1;                                                       \
            memcpy(padded, x, n * sizeof *x);                                        \
            x = padded;                                                              \
        }                                                                            \
        const skwfm_bits_##T *v = (const skwfm_bits_##T *)x;                         \
        uint8_t negative[64];                                                        \
        uint64_t word = 0;                                                           \
        U others = 0;                                                                \
        for (int j = 0; j < 64; j++)                                                 \
            others |= STRANGE(v[j]);                                                 \
        for (int j = 0; j < 64; j++)                                                 \
            negative[j] = v[j] >> (8 * sizeof(U) - 1);                               \
        for (int j = 0; j < 64; j += 8)                                              \
            word |= skwfm_octet(negative + j) << j;                                  \
        *strange |= others;                                                          \
        return word;                                                                 \
    }

/* 1 and -1 are what becomes 2 and 0. */
#define SKWFM_NO_SIGN(v) (((v) + 1u) & ~UINT64_C(2))
#define SKWFM_NO_FLOAT_SIGN(v) (((v) & 0x7fffffffu) ^ 0x3f800000u)
#define SKWFM_NO_DOUBLE_SIGN(v) \
    (((v) & UINT64_C(0x7fffffffffffffff)) ^ UINT64_C(0x3ff0000000000000))

SKWFM_WORD(int8_t, uint8_t, SKWFM_NO_SIGN)
SKWFM_WORD(int16_t, uint16_t, SKWFM_NO_SIGN)
SKWFM_WORD(int32_t, uint32_t, SKWFM_NO_SIGN)
SKWFM_WORD(int64_t, uint64_t, SKWFM_NO_SIGN)
SKWFM_WORD(float, uint32_t, SKWFM_NO_FLOAT_SIGN)
SKWFM_WORD(double, uint64_t, SKWFM_NO_DOUBLE_SIGN)

#define skwfm_word(x, n, strange)    \
    _Generic(*(x),                   \
        int8_t: skwfm_word_int8_t,   \
        int16_t: skwfm_word_int16_t, \
        int32_t: skwfm_word_int32_t, \
        int64_t: skwfm_word_int64_t, \
        float: skwfm_word_float,     \
        double: skwfm_word_double)(x, n, strange)

/* Transpose 64 x 64 bits: swap ever smaller quarters. */
static inline void skwfm_transpose(uint64_t *rows)
{
    uint64_t mask = 0xffffffffu;
    for (int width = 32; width; width >>= 1, mask ^= mask << width)
        for (int start = 0; start < 64; start += 2 * width)
            for (int k = start; k < start + width; k++) {
                const uint64_t swapped = (rows[k] >> width ^ rows[k + width]) & mask;
                rows[k] ^= swapped << width;
                rows[k + width] ^= swapped;
            }
}

#endif
