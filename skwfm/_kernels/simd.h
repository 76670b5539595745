/* Vector primitives of the training loops, the same bits on every instruction set.
 *
 * Cython has neither vector types nor function multiversioning, so the innermost
 * blocks are here, in C with the vector extension of GCC and Clang:
 *   constants.h   tables and coefficients of one precision
 *   lanes.h       native vectors of one precision, and inputs read into them
 *   smooth.h      elementwise functions of one precision
 *   signs.h       products of matrices of +-1 with doubles
 *   blocks.h      passes over the patterns, for one precision and one storage of inputs
 *   level.h       all of them for one instruction set
 *   simd.h        level.h for every instruction set, and the choice among them
 *
 * A kernel exists for four pairs (inputs, weights):
 *   bf (bits, float), bd (bits, double), ff (float, float), dd (double, double).
 * Bits are +-1 inputs, eight to a byte, set for -1.
 *
 * Why the bits of the results agree: a sum always runs in 64 bytes of lanes (16 float,
 * 8 double), made of one, two or four native vectors, which are added in a fixed order;
 * and nothing is contracted (-ffp-contract=off) but products with +-1, which are exact.
 */
#ifndef SKWFM_SIMD_H
#define SKWFM_SIMD_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "constants.h"

#define SKWFM_INLINE static inline __attribute__((always_inline))
#define SKWFM_JOIN_(a, b, c) a##_##b##_##c
#define SKWFM_JOIN(a, b, c) SKWFM_JOIN_(a, b, c)

/* One receptive field: its first column in a packed row, its number of inputs, that
 * number padded to a multiple of 16, its block of weights, and how many consecutive
 * units share it. Mirrors the int64 table made by skwfm.architectures.layout. */
typedef struct {
    int64_t column, length, width, weight, n_units;
} skwfm_group;

/* Bytes of the lanes of a sum: the widest vector of all levels. */
#define SKWFM_SUM_BYTES 64

/* Code between BEGIN and END is compiled for an instruction set, or with products and
 * sums fused. */
#define SKWFM_PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define SKWFM_BEGIN_TARGET(set)                                     \
    SKWFM_PRAGMA(clang attribute push(__attribute__((target(set))), \
                                      apply_to = function))
#define SKWFM_END_TARGET SKWFM_PRAGMA(clang attribute pop)
#define SKWFM_BEGIN_FUSED SKWFM_PRAGMA(clang fp contract(fast))
#define SKWFM_END_FUSED SKWFM_PRAGMA(clang fp contract(off))
#else
#define SKWFM_BEGIN_TARGET(set) \
    SKWFM_PRAGMA(GCC push_options) SKWFM_PRAGMA(GCC target(set))
#define SKWFM_END_TARGET SKWFM_PRAGMA(GCC pop_options)
#define SKWFM_BEGIN_FUSED \
    SKWFM_PRAGMA(GCC push_options) SKWFM_PRAGMA(GCC optimize("fp-contract=fast"))
#define SKWFM_END_FUSED SKWFM_PRAGMA(GCC pop_options)
#endif

/* A level has vectors of SKWFM_BYTES, SKWFM_SHIFTS each lane by its own number or not,
 * SKWFM_PERMUTES 16 doubles by an index or not, and computes the fields of SKWFM_ROWS
 * samples at once. AVX2 needs its 16 registers
 * for three: nine sums, three weights, an input and the constants that decode it.
 * The baseline is what the compiler may use without asking: SSE2, NEON. */
#define SKWFM_LEVEL baseline
#define SKWFM_BYTES 16
#define SKWFM_ROWS 4
#if defined(__SSE2__) && !defined(__AVX2__)
#define SKWFM_SHIFTS 0
#else
#define SKWFM_SHIFTS 1
#endif
#define SKWFM_PERMUTES 0
#include "level.h"

#ifdef __x86_64__
#define SKWFM_LEVEL avx2
#define SKWFM_BYTES 32
#define SKWFM_ROWS 3
#define SKWFM_SHIFTS 1
#define SKWFM_PERMUTES 0
SKWFM_BEGIN_TARGET("avx2,fma")
#include "level.h"
SKWFM_END_TARGET

#define SKWFM_LEVEL avx512
#define SKWFM_BYTES 64
#define SKWFM_ROWS 4
#define SKWFM_SHIFTS 1
#define SKWFM_PERMUTES 1
SKWFM_BEGIN_TARGET("avx2,fma,avx512f,avx512dq")
#include "level.h"
SKWFM_END_TARGET
#endif

/* Every kernel, to make the table of a level. */
#define SKWFM_PAIRS(DO, f, level) \
    DO(f##_bf, level) DO(f##_bd, level) DO(f##_ff, level) DO(f##_dd, level)
#define SKWFM_PRECISIONS(DO, f, level) DO(f##_f, level) DO(f##_d, level)
#define SKWFM_KERNELS(DO, level)              \
    SKWFM_PAIRS(DO, fields, level)            \
    SKWFM_PAIRS(DO, outer, level)             \
    SKWFM_PAIRS(DO, add_row, level)           \
    SKWFM_PRECISIONS(DO, normalise, level)    \
    SKWFM_PRECISIONS(DO, tanh, level)         \
    SKWFM_PRECISIONS(DO, cross_entropy, level) \
    DO(sign_sums_d, level)
#define SKWFM_MEMBER(f, level) __typeof__(skwfm_##f##_##level) *f;
#define SKWFM_ENTRY(f, level) .f = skwfm_##f##_##level,

typedef struct {
    const char *name;
    SKWFM_KERNELS(SKWFM_MEMBER, baseline)
} skwfm_kernels;

#define SKWFM_TABLE(level) {.name = #level, SKWFM_KERNELS(SKWFM_ENTRY, level)}

/* Widest first, the baseline last. */
static const skwfm_kernels skwfm_levels[] = {
#if defined(__x86_64__)
    SKWFM_TABLE(avx512),
    SKWFM_TABLE(avx2),
#endif
    SKWFM_TABLE(baseline),
};
enum { SKWFM_N_LEVELS = sizeof skwfm_levels / sizeof *skwfm_levels };

/* Whether this processor and its operating system have a level. */
static int skwfm_has_level(int level)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (level == 0)
        return avx2 && __builtin_cpu_supports("avx512f")
               && __builtin_cpu_supports("avx512dq");
    if (level == 1)
        return avx2;
#endif
    return level == SKWFM_N_LEVELS - 1;
}

/* The kernels in use; the module that includes this chooses them when it is loaded. */
static const skwfm_kernels *skwfm_active = &skwfm_levels[SKWFM_N_LEVELS - 1];

static void skwfm_use(int level)
{
    skwfm_active = &skwfm_levels[level];
}

#endif
