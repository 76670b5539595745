/* Portable wide-vector primitives of the training and message-passing loops.
 *
 * Cython has neither vector types nor function multiversioning, so the innermost
 * blocks are here, in C with the vector extension of GCC and Clang. A vector is
 * always 64 bytes wide: compilers lower it to what the machine has. Sums run over
 * lanes in a fixed order and nothing is contracted (-ffp-contract=off), so every
 * clone, and every machine, gives the same bits.
 *
 * The functions are instantiated for four pairs (inputs, weights):
 *   bf (bits, float), bd (bits, double), ff (float, float), dd (double, double).
 * Bits are +-1 inputs, eight to a byte, set for -1: multiplying by them flips the sign
 * of the other factor, so the results are those of the multiplication.
 */
#ifndef SKWFM_SIMD_H
#define SKWFM_SIMD_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define SKWFM_CLONES \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SKWFM_CLONES
#endif
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SKWFM_LITTLE(bits, word) __builtin_bswap##bits(word)
#else
#define SKWFM_LITTLE(bits, word) (word)
#endif
#define SKWFM_INLINE static inline __attribute__((always_inline))

/* One receptive field: its first column in a packed row, its number of inputs, that
 * number padded to a multiple of 16, its block of weights, and how many consecutive
 * units share it. Mirrors the int64 table made by skwfm.architectures.layout. */
typedef struct {
    int64_t column, length, width, weight, n_units;
} skwfm_group;

typedef float skwfm_f __attribute__((vector_size(64)));
typedef double skwfm_d __attribute__((vector_size(64)));
typedef int32_t skwfm_fi __attribute__((vector_size(64)));
typedef int64_t skwfm_di __attribute__((vector_size(64)));

/* Sums over lanes by halving: the order does not depend on the instruction set. */
SKWFM_INLINE float skwfm_sum_f(skwfm_f v)
{
    typedef float half __attribute__((vector_size(32)));
    typedef float quarter __attribute__((vector_size(16)));
    union { skwfm_f v; half h[2]; } a = {v};
    union { half h; quarter q[2]; } b = {a.h[0] + a.h[1]};
    quarter q = b.q[0] + b.q[1];
    return (q[0] + q[2]) + (q[1] + q[3]);
}

SKWFM_INLINE double skwfm_sum_d(skwfm_d v)
{
    typedef double half __attribute__((vector_size(32)));
    union { skwfm_d v; half h[2]; } a = {v};
    half h = a.h[0] + a.h[1];
    return (h[0] + h[2]) + (h[1] + h[3]);
}

/* expm1 on [-log(2)/2, log(2)/2] by its Taylor series: degree 8 and 14 are below half
 * a unit in the last place there. */
SKWFM_INLINE skwfm_f skwfm_expm1_poly_f(skwfm_f r)
{
    skwfm_f p = r * (1.0f / 40320) + 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    return p * r * r + r;
}

SKWFM_INLINE skwfm_d skwfm_expm1_poly_d(skwfm_d r)
{
    skwfm_d p = r * (1.0 / 87178291200.0) + 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    return p * r * r + r;
}

/* Lanes of a where the mask is set, of b elsewhere. */
#define SKWFM_SELECT(V, I, mask, a, b) \
    ((V)(((mask) & (I)(a)) | (~(mask) & (I)(b))))

/* expm1(z) and exp(z) for z <= 0: z = n log 2 + r, expm1(z) = 2^n expm1(r) + (2^n - 1).
 * Adding and subtracting 1.5 * 2^(mantissa bits) rounds to the nearest integer. Below
 * `lowest` the argument is clipped, where expm1 is -1 to the last bit. */
#define SKWFM_DEFINE_EXPM1(S, V, I, bits, bias, magic, lowest, ln2_hi, ln2_lo, log2e)   \
    SKWFM_INLINE V skwfm_expm1_##S(V z, V *exp_z)                                       \
    {                                                                                   \
        V floor_ = (V){0} + lowest;                                                     \
        z = SKWFM_SELECT(V, I, z < floor_, floor_, z);                                  \
        V n = (z * log2e + magic) - magic;                                              \
        V r = (z - n * ln2_hi) - n * ln2_lo;                                            \
        V power = (V)((__builtin_convertvector(n, I) + bias) << bits);                  \
        V part = power * skwfm_expm1_poly_##S(r);                                       \
        *exp_z = power + part;                                                          \
        return part + (power - 1);                                                      \
    }
SKWFM_DEFINE_EXPM1(f, skwfm_f, skwfm_fi, 23, 127, 12582912.0f, -87.0f, 0.693359375f,
                   -2.12194440e-4f, 1.44269504088896341f)
SKWFM_DEFINE_EXPM1(d, skwfm_d, skwfm_di, 52, 1023, 6755399441055744.0, -708.0,
                   6.93147180369123816490e-1, 1.90821492927058770002e-10,
                   1.44269504088896338700)

#define SKWFM_T float
#define SKWFM_V skwfm_f
#define SKWFM_I skwfm_fi
#define SKWFM_S f
#define SKWFM_SUM skwfm_sum_f
#define SKWFM_LANES 16
#define SKWFM_LOG1P_TERMS 9
#include "smooth.h"
/* Lane i has the sign of input i. The four bytes read hold more bits than are used: that
 * makes one broadcast load of it. Packed rows end with spare bytes for it. */
SKWFM_INLINE skwfm_fi skwfm_load_bf(const uint8_t *x, int64_t column)
{
    const skwfm_fi lane = {31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16};
    int32_t word;
    memcpy(&word, x + column / 8, sizeof word);
    return ((skwfm_fi){0} + SKWFM_LITTLE(32, word)) << lane;
}
SKWFM_INLINE skwfm_f skwfm_times_bf(skwfm_fi x, skwfm_f v)
{
    return (skwfm_f)((skwfm_fi)v ^ (x & INT32_MIN));
}
SKWFM_INLINE skwfm_f skwfm_load_ff(const float *x, int64_t column)
{
    skwfm_f v;
    memcpy(&v, x + column, sizeof v);
    return v;
}
SKWFM_INLINE skwfm_f skwfm_times_ff(skwfm_f x, skwfm_f v) { return x * v; }
#define SKWFM_X uint8_t
#define SKWFM_LOADED skwfm_fi
#define SKWFM_COLUMNS(n) ((n) / 8)
#define SKWFM_NAME(f) f##_bf
#include "blocks.h"
#define SKWFM_X float
#define SKWFM_LOADED skwfm_f
#define SKWFM_COLUMNS(n) (n)
#define SKWFM_NAME(f) f##_ff
#include "blocks.h"
#undef SKWFM_T
#undef SKWFM_V
#undef SKWFM_I
#undef SKWFM_S
#undef SKWFM_SUM
#undef SKWFM_LANES
#undef SKWFM_LOG1P_TERMS

#define SKWFM_T double
#define SKWFM_V skwfm_d
#define SKWFM_I skwfm_di
#define SKWFM_S d
#define SKWFM_SUM skwfm_sum_d
#define SKWFM_LANES 8
#define SKWFM_LOG1P_TERMS 17
#include "smooth.h"
SKWFM_INLINE skwfm_di skwfm_load_bd(const uint8_t *x, int64_t column)
{
    const skwfm_di lane = {63, 62, 61, 60, 59, 58, 57, 56};
    int64_t word;
    memcpy(&word, x + column / 8, sizeof word);
    return ((skwfm_di){0} + SKWFM_LITTLE(64, word)) << lane;
}
SKWFM_INLINE skwfm_d skwfm_times_bd(skwfm_di x, skwfm_d v)
{
    return (skwfm_d)((skwfm_di)v ^ (x & INT64_MIN));
}
SKWFM_INLINE skwfm_d skwfm_load_dd(const double *x, int64_t column)
{
    skwfm_d v;
    memcpy(&v, x + column, sizeof v);
    return v;
}
SKWFM_INLINE skwfm_d skwfm_times_dd(skwfm_d x, skwfm_d v) { return x * v; }
#define SKWFM_X uint8_t
#define SKWFM_LOADED skwfm_di
#define SKWFM_COLUMNS(n) ((n) / 8)
#define SKWFM_NAME(f) f##_bd
#include "blocks.h"
#define SKWFM_X double
#define SKWFM_LOADED skwfm_d
#define SKWFM_COLUMNS(n) (n)
#define SKWFM_NAME(f) f##_dd
#include "blocks.h"

#endif
