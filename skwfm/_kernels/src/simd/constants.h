/* Types and constants of lanes.h and smooth.h in each precision. */
typedef float skwfm_number_f;
typedef double skwfm_number_d;
typedef int32_t skwfm_integer_f;
typedef int64_t skwfm_integer_d;

#define SKWFM_CONSTANTS(T) \
    struct { T log2_e, ln2_high, ln2_low, lowest, magic; \
             int mantissa, bias, n_expm1, n_log1p; T expm1[13]; }

/* exp: log2(e), log(2) in two pieces, the argument below which expm1 is -1 to the last
 * bit, the number that pushes fractions out of the mantissa (1.5 * 2^bits), and the
 * format. expm1: 1/8! ... 1/2! and 1/14! ... 1/2!, beyond which is less than half a
 * unit in the last place for |r| <= log(2)/2. n_log1p: terms of the series in
 * smooth.h. */
static const SKWFM_CONSTANTS(float) skwfm_constants_f = {
    .log2_e = 1.44269504088896341f, .ln2_high = 0.693359375f,
    .ln2_low = -2.12194440e-4f, .lowest = -87.0f, .magic = 12582912.0f,
    .mantissa = 23, .bias = 127, .n_expm1 = 7, .n_log1p = 10,
    .expm1 = {1.0f / 40320, 1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6,
              0.5f},
};
static const SKWFM_CONSTANTS(double) skwfm_constants_d = {
    .log2_e = 1.44269504088896338700, .ln2_high = 6.93147180369123816490e-1,
    .ln2_low = 1.90821492927058770002e-10, .lowest = -708.0,
    .magic = 6755399441055744.0, .mantissa = 52, .bias = 1023, .n_expm1 = 13,
    .n_log1p = 18,
    .expm1 = {1.0 / 87178291200.0, 1.0 / 6227020800.0, 1.0 / 479001600.0,
              1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0,
              1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5},
};

/* How far the bit of each lane is from the sign of its word. */
static const int32_t skwfm_place_f[] = {31, 30, 29, 28, 27, 26, 25, 24,
                                        23, 22, 21, 20, 19, 18, 17, 16};
static const int64_t skwfm_place_d[] = {63, 62, 61, 60, 59, 58, 57, 56};

/* What 16 bytes of lanes hold for each value of their bits. */
#define SKWFM_2_SIGNS(...) {1, 1, __VA_ARGS__}, {-1, 1, __VA_ARGS__}, \
                           {1, -1, __VA_ARGS__}, {-1, -1, __VA_ARGS__}
static const float skwfm_signs_f[16][4] __attribute__((aligned(16))) = {
    SKWFM_2_SIGNS(1, 1), SKWFM_2_SIGNS(-1, 1), SKWFM_2_SIGNS(1, -1),
    SKWFM_2_SIGNS(-1, -1)};
static const double skwfm_signs_d[4][2] __attribute__((aligned(16))) = {
    {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};

/* The words of bits are little endian. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SKWFM_LITTLE(word) \
    (sizeof(word) == 4 ? __builtin_bswap32(word) : __builtin_bswap64(word))
#else
#define SKWFM_LITTLE(word) (word)
#endif
