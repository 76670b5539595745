/* Vectors of eight doubles for the channel and the edge messages.
 *
 * These loops are bound by their exponentials and divisions, not by the passes over the
 * patterns that simd.h is made for. A vector is always 64 bytes; compilers lower it to
 * what the machine has, and the widest clone is chosen when the module is loaded.
 */
#ifndef SKWFM_WIDE_H
#define SKWFM_WIDE_H

#include "simd.h"

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define SKWFM_CLONES \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SKWFM_CLONES
#endif

typedef double skwfm_d __attribute__((vector_size(64)));
typedef int64_t skwfm_di __attribute__((vector_size(64)));

/* Sum over lanes by halving: the order does not depend on the instruction set. */
SKWFM_INLINE double skwfm_sum_d(skwfm_d v)
{
    typedef double half __attribute__((vector_size(32)));
    union { skwfm_d v; half h[2]; } a = {v};
    half h = a.h[0] + a.h[1];
    return (h[0] + h[2]) + (h[1] + h[3]);
}

/* expm1 on [-log(2)/2, log(2)/2] by its Taylor series: degree 14 is below half a
 * unit in the last place there. */
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
SKWFM_INLINE skwfm_d skwfm_choose_d(skwfm_di mask, skwfm_d a, skwfm_d b)
{
    return (skwfm_d)((mask & (skwfm_di)a) | (~mask & (skwfm_di)b));
}

/* expm1(z) and exp(z) for z <= 0: z = n log 2 + r, expm1(z) = 2^n expm1(r) + (2^n - 1).
 * Adding and subtracting 1.5 * 2^52 rounds to the nearest integer. Below -708 the
 * argument is clipped, where expm1 is -1 to the last bit. */
SKWFM_INLINE skwfm_d skwfm_expm1_d(skwfm_d z, skwfm_d *exp_z)
{
    const double magic = 6755399441055744.0, log2e = 1.44269504088896338700;
    const skwfm_d lowest = (skwfm_d){0} - 708;
    z = skwfm_choose_d(z < lowest, lowest, z);
    skwfm_d n = (z * log2e + magic) - magic;
    skwfm_d r = (z - n * 6.93147180369123816490e-1) - n * 1.90821492927058770002e-10;
    skwfm_d power = (skwfm_d)((__builtin_convertvector(n, skwfm_di) + 1023) << 52);
    skwfm_d part = power * skwfm_expm1_poly_d(r);
    *exp_z = power + part;
    return part + (power - 1);
}

#endif
