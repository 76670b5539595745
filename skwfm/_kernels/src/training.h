/* Kernels of the training loops and products with the inputs, included by levels.h once
 * per instruction set:
 *   blocks.h   passes over the patterns, for one precision and one storage of inputs
 *   smooth.h   elementwise functions of one precision
 *   signs.h    products of matrices of +-1 with doubles
 *
 * A pass over the patterns exists for four pairs (inputs, weights):
 *   bf (bits, float), bd (bits, double), ff (float, float), dd (double, double).
 * Bits are +-1 inputs, eight to a byte, set for -1. Passes on bits may be fused: a
 * product with +-1 is exact, so one rounding is as good as two.
 */
#define SKWFM_PAIRS(DO, f, level) \
    DO(f##_bf, level) DO(f##_bd, level) DO(f##_ff, level) DO(f##_dd, level)
#define SKWFM_PRECISIONS(DO, f, level) DO(f##_f, level) DO(f##_d, level)
#define SKWFM_KERNELS(DO, level)               \
    SKWFM_PAIRS(DO, fields, level)             \
    SKWFM_PAIRS(DO, outer, level)              \
    SKWFM_PAIRS(DO, add_row, level)            \
    SKWFM_PRECISIONS(DO, normalise, level)     \
    SKWFM_PRECISIONS(DO, tanh, level)          \
    SKWFM_PRECISIONS(DO, cross_entropy, level) \
    DO(sign_sums_d, level)

/* One name for all pairs, by the types that the first two arguments point to, or for
 * both precisions, by the first. */
#define skwfm_fields(...) SKWFM_OF_PAIR(fields, __VA_ARGS__)
#define skwfm_outer(...) SKWFM_OF_PAIR(outer, __VA_ARGS__)
#define skwfm_add_row(...) SKWFM_OF_PAIR(add_row, __VA_ARGS__)
#define skwfm_normalise(...) SKWFM_OF_PRECISION(normalise, __VA_ARGS__)
#define skwfm_tanh(...) SKWFM_OF_PRECISION(tanh, __VA_ARGS__)
#define skwfm_cross_entropy(...) SKWFM_OF_PRECISION(cross_entropy, __VA_ARGS__)

#define SKWFM_OF_PAIR(f, x, w, ...)                            \
    _Generic(*(x),                                             \
        uint8_t: _Generic(*(w), float: skwfm_active->f##_bf,   \
                                double: skwfm_active->f##_bd), \
        float: _Generic(*(w), float: skwfm_active->f##_ff,     \
                              double: skwfm_no_pair),          \
        double: _Generic(*(w), double: skwfm_active->f##_dd,   \
                               float: skwfm_no_pair))(x, w, __VA_ARGS__)
#define SKWFM_OF_PRECISION(f, x, ...)          \
    _Generic(*(x), float: skwfm_active->f##_f, \
                   double: skwfm_active->f##_d)(x, __VA_ARGS__)

#ifndef SKWFM_TRAINING_H
#define SKWFM_TRAINING_H
/* What Cython compiles for the other two pairs and refuses before it is reached. */
static inline void skwfm_no_pair(const void *x, ...) { (void)x; }
#endif

#define SKWFM_S f
#include "simd/lanes.h"
#include "simd/smooth.h"
#define SKWFM_P bf
#define SKWFM_X uint8_t
#define SKWFM_LOAD SKWFM_MATH(load_bits)
#define SKWFM_COLUMNS(n) ((n) / 8)
SKWFM_BEGIN_FUSED
#include "blocks.h"
SKWFM_END_FUSED
#define SKWFM_P ff
#define SKWFM_X SKWFM_T
#define SKWFM_LOAD SKWFM_MATH(load)
#define SKWFM_COLUMNS(n) (n)
#include "blocks.h"
#undef SKWFM_S

#define SKWFM_S d
#include "simd/lanes.h"
#include "simd/smooth.h"
#include "signs.h"
#define SKWFM_P bd
#define SKWFM_X uint8_t
#define SKWFM_LOAD SKWFM_MATH(load_bits)
#define SKWFM_COLUMNS(n) ((n) / 8)
SKWFM_BEGIN_FUSED
#include "blocks.h"
SKWFM_END_FUSED
#define SKWFM_P dd
#define SKWFM_X SKWFM_T
#define SKWFM_LOAD SKWFM_MATH(load)
#define SKWFM_COLUMNS(n) (n)
#include "blocks.h"
#undef SKWFM_S
