/* All training kernels of one instruction set, included by levels.h once per level.
 * Those on bits may be fused: a product with +-1 is exact, so one rounding is as good as
 * two. */
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
