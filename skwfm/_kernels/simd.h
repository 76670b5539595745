/* Kernels of the training loops and products with the inputs, on every instruction set:
 *   blocks.h      passes over the patterns, for one precision and one storage of inputs
 *   signs.h       products of matrices of +-1 with doubles
 *   training.h    all of them for one instruction set
 *   levels.h      training.h for every instruction set, and the choice among them
 *
 * A kernel exists for four pairs (inputs, weights):
 *   bf (bits, float), bd (bits, double), ff (float, float), dd (double, double).
 * Bits are +-1 inputs, eight to a byte, set for -1.
 */
#ifndef SKWFM_SIMD_H
#define SKWFM_SIMD_H

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
#define SKWFM_KERNELS_FILE "training.h"

#include "levels.h"

#endif
