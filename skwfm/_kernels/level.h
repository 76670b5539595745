/* All kernels of one instruction set, included by simd.h once per level. Those on bits
 * may be fused: a product with +-1 is exact, so one rounding is as good as two. */
#define SKWFM_MATH(f) SKWFM_JOIN(skwfm_##f, SKWFM_S, SKWFM_LEVEL)
#define SKWFM_NAME(f) SKWFM_JOIN(skwfm_##f, SKWFM_P, SKWFM_LEVEL)
#define SKWFM_V SKWFM_MATH(floats)
#define SKWFM_I SKWFM_MATH(integers)
#define SKWFM_LANES ((int)(SKWFM_BYTES / sizeof(SKWFM_T)))
#define SKWFM_PARTS (SKWFM_SUM_BYTES / SKWFM_BYTES)
#define SKWFM_SUM_LANES (SKWFM_PARTS * SKWFM_LANES)

#define SKWFM_S f
#define SKWFM_T float
#define SKWFM_INTEGER int32_t
#include "lanes.h"
#include "smooth.h"
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
#undef SKWFM_T
#undef SKWFM_INTEGER

#define SKWFM_S d
#define SKWFM_T double
#define SKWFM_INTEGER int64_t
#include "lanes.h"
#include "smooth.h"
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
#undef SKWFM_T
#undef SKWFM_INTEGER

#undef SKWFM_MATH
#undef SKWFM_NAME
#undef SKWFM_V
#undef SKWFM_I
#undef SKWFM_LANES
#undef SKWFM_PARTS
#undef SKWFM_SUM_LANES
#undef SKWFM_LEVEL
#undef SKWFM_BYTES
#undef SKWFM_ROWS
#undef SKWFM_SHIFTS
#undef SKWFM_PERMUTES
