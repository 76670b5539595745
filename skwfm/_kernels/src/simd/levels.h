/* Everything for every instruction set, and the choice among them.
 *
 * Cython has neither vector types nor function multiversioning. A module that has inner
 * loops in C defines SKWFM_KERNELS_FILE, the header with the loops, before it includes
 * this file. That header is included once per level and defines
 *   SKWFM_KERNELS(DO, l)   DO(f, l) for each of its functions skwfm_f_l
 * which the module calls by the table `skwfm_active`. In these headers
 *   SKWFM_S                        the precision: f or d, defined before lanes.h
 *   SKWFM_T, SKWFM_INTEGER         numbers of that precision, integers of that size
 *   SKWFM_MATH(f), SKWFM_NAME(f)   names of what exists once per precision, or once per
 *                                  precision and storage of inputs (SKWFM_P)
 *   SKWFM_V, SKWFM_I               native vectors of numbers and of as large integers
 *   SKWFM_LANES                    numbers in a vector
 *
 * The same bits on every instruction set: a sum over lanes always runs in 64 bytes of
 * lanes (16 float, 8 double), made of one, two or four native vectors (SKWFM_PARTS),
 * which are added in a fixed order; and nothing is contracted (-ffp-contract=off) but
 * products with +-1, which are exact.
 *
 *   constants.h   types, tables and coefficients of each precision
 *   lanes.h       native vectors of one precision, and inputs read into them
 *   smooth.h      elementwise functions of one precision
 */
#ifndef SKWFM_LEVELS_H
#define SKWFM_LEVELS_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "constants.h"

#ifndef SKWFM_INLINE
#define SKWFM_INLINE static inline __attribute__((always_inline))
#endif
#define SKWFM_PASTE_(a, b) a##b
#define SKWFM_PASTE(a, b) SKWFM_PASTE_(a, b)
#define SKWFM_JOIN_(a, b, c) a##_##b##_##c
#define SKWFM_JOIN(a, b, c) SKWFM_JOIN_(a, b, c)

#define SKWFM_MATH(f) SKWFM_JOIN(skwfm_##f, SKWFM_S, SKWFM_LEVEL)
#define SKWFM_NAME(f) SKWFM_JOIN(skwfm_##f, SKWFM_P, SKWFM_LEVEL)
#define SKWFM_T SKWFM_PASTE(skwfm_number_, SKWFM_S)
#define SKWFM_INTEGER SKWFM_PASTE(skwfm_integer_, SKWFM_S)
#define SKWFM_V SKWFM_MATH(floats)
#define SKWFM_I SKWFM_MATH(integers)
#define SKWFM_LANES ((int)(SKWFM_BYTES / sizeof(SKWFM_T)))
#define SKWFM_PARTS (SKWFM_SUM_BYTES / SKWFM_BYTES)
#define SKWFM_SUM_LANES (SKWFM_PARTS * SKWFM_LANES)

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
 * samples at once. AVX2 needs its 16 registers for three: nine sums, three weights, an
 * input and the constants that decode it.
 * The baseline is what the compiler may use without asking: SSE2, NEON. */
#define SKWFM_BYTES SKWFM_PASTE(SKWFM_BYTES_, SKWFM_LEVEL)
#define SKWFM_BYTES_baseline 16
#define SKWFM_BYTES_avx2 32
#define SKWFM_BYTES_avx512 64
#define SKWFM_ROWS SKWFM_PASTE(SKWFM_ROWS_, SKWFM_LEVEL)
#define SKWFM_ROWS_baseline 4
#define SKWFM_ROWS_avx2 3
#define SKWFM_ROWS_avx512 4
#define SKWFM_SHIFTS SKWFM_PASTE(SKWFM_SHIFTS_, SKWFM_LEVEL)
#if defined(__SSE2__) && !defined(__AVX2__)
#define SKWFM_SHIFTS_baseline 0
#else
#define SKWFM_SHIFTS_baseline 1
#endif
#define SKWFM_SHIFTS_avx2 1
#define SKWFM_SHIFTS_avx512 1
#define SKWFM_PERMUTES SKWFM_PASTE(SKWFM_PERMUTES_, SKWFM_LEVEL)
#define SKWFM_PERMUTES_baseline 0
#define SKWFM_PERMUTES_avx2 0
#define SKWFM_PERMUTES_avx512 1

#define SKWFM_LEVEL baseline
#include SKWFM_KERNELS_FILE
#undef SKWFM_LEVEL

#ifdef __x86_64__
#define SKWFM_LEVEL avx2
SKWFM_BEGIN_TARGET("avx2,fma")
#include SKWFM_KERNELS_FILE
SKWFM_END_TARGET
#undef SKWFM_LEVEL

#define SKWFM_LEVEL avx512
SKWFM_BEGIN_TARGET("avx2,fma,avx512f,avx512dq")
#include SKWFM_KERNELS_FILE
SKWFM_END_TARGET
#undef SKWFM_LEVEL
#endif

/* The table of a level. */
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
