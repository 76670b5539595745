/* The bits of 64 inputs, set for -1, for every dtype that inputs have.
 *
 * An input is looked at as an unsigned integer of its size: its highest bit is its sign.
 * The vectors of the baseline are as fast as memory on a wide processor too: there are no
 * versions for other instruction sets. */
#ifndef SKWFM_PACKING_H
#define SKWFM_PACKING_H

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/* skwfm_signs_T(x): the signs of 64 inputs. */
#define SKWFM_SIGNS(T, U)                                                            \
    typedef U __attribute__((may_alias)) skwfm_bits_##T;                             \
    static inline uint64_t skwfm_signs_##T(const T *x)                               \
    {                                                                                \
        const skwfm_bits_##T *v = (const skwfm_bits_##T *)x;                         \
        uint8_t negative[64];                                                        \
        uint64_t word = 0;                                                           \
        for (int j = 0; j < 64; j++)                                                 \
            negative[j] = v[j] >> (8 * sizeof(U) - 1);                               \
        for (int j = 0; j < 64; j += 8)                                              \
            word |= skwfm_octet(negative + j) << j;                                  \
        return word;                                                                 \
    }

SKWFM_SIGNS(int8_t, uint8_t)
SKWFM_SIGNS(int16_t, uint16_t)
SKWFM_SIGNS(int32_t, uint32_t)
SKWFM_SIGNS(int64_t, uint64_t)
#ifdef __SSE2__
/* Four signs at once: making bytes of numbers of 8 bytes takes longer than reading them
 * from memory. Compilers do not find this instruction by themselves. */
typedef uint32_t __attribute__((may_alias)) skwfm_bits_float;
typedef uint64_t __attribute__((may_alias)) skwfm_bits_double;

static inline uint64_t skwfm_signs_float(const float *x)
{
    uint64_t word = 0;
    for (int j = 0; j < 64; j += 4)
        word |= (uint64_t)_mm_movemask_ps(_mm_loadu_ps(x + j)) << j;
    return word;
}

static inline uint64_t skwfm_signs_double(const double *x)
{
    uint64_t word = 0;
    for (int j = 0; j < 64; j += 4) {
        /* The upper halves of four numbers. */
        const __m128 upper = _mm_shuffle_ps(_mm_castpd_ps(_mm_loadu_pd(x + j)),
                                            _mm_castpd_ps(_mm_loadu_pd(x + j + 2)),
                                            _MM_SHUFFLE(3, 1, 3, 1));
        word |= (uint64_t)_mm_movemask_ps(upper) << j;
    }
    return word;
}
#else
SKWFM_SIGNS(float, uint32_t)
SKWFM_SIGNS(double, uint64_t)
#endif

/* skwfm_word_T(x, n, strange): the bits of n <= 64 inputs; `strange` becomes non-zero
 * if one is not +-1, which STRANGE(v) tells of the integer v. */
#define SKWFM_WORD(T, U, STRANGE)                                                    \
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
        U others = 0;                                                                \
        for (int j = 0; j < 64; j++)                                                 \
            others |= STRANGE(v[j]);                                                 \
        *strange |= others;                                                          \
        return skwfm_signs_##T(x);                                                   \
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
