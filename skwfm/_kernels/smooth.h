/* Elementwise functions of the smooth losses, included by simd.h once per precision.
 * Lengths are multiples of SKWFM_LANES (the caller pads its scratch). */
#define SKWFM_CAT_(a, b) a##b
#define SKWFM_CAT(a, b) SKWFM_CAT_(a, b)
#define SKWFM_MATH(f) SKWFM_CAT(SKWFM_CAT(f, _), SKWFM_S)

/* value = tanh(scale x), slope = 1 - value^2, both to relative accuracy: with
 * m = expm1(-2 |scale x|), tanh = -m / (2 + m) and slope = 4 (1 + m) / (2 + m)^2. */
static SKWFM_CLONES void SKWFM_MATH(skwfm_tanh)(
    const SKWFM_T *x, int64_t n, SKWFM_T scale, SKWFM_T *value, SKWFM_T *slope)
{
    for (int64_t i = 0; i < n; i += SKWFM_LANES) {
        SKWFM_V z, e, v, s;
        memcpy(&z, x + i, sizeof z);
        z = z * scale;
        SKWFM_I negative = z < 0;
        SKWFM_V m = SKWFM_MATH(skwfm_expm1)(
            -2 * SKWFM_SELECT(SKWFM_V, SKWFM_I, negative, -z, z), &e);
        SKWFM_V inverse = 1 / (2 + m);
        v = m * inverse;
        v = SKWFM_SELECT(SKWFM_V, SKWFM_I, negative, v, -v);
        s = 4 * e * inverse * inverse;
        memcpy(value + i, &v, sizeof v);
        memcpy(slope + i, &s, sizeof s);
    }
}

/* Cross-entropy f(t) = log(1 + exp(-2 gamma t)) / (2 gamma), pull = -f'(t).
 * With e = exp(-2 gamma |t|): pull = e/(1+e) or 1/(1+e), and
 * log(1 + e) = 2 atanh(e / (2 + e)), a series in (e / (2 + e))^2 <= 1/9.
 * `t` is overwritten by the loss of each entry. */
static SKWFM_CLONES void SKWFM_MATH(skwfm_cross_entropy)(
    SKWFM_T *t, int64_t n, SKWFM_T gamma, SKWFM_T *pull)
{
    const SKWFM_V zero = {0};
    for (int64_t i = 0; i < n; i += SKWFM_LANES) {
        SKWFM_V x, e, p;
        memcpy(&x, t + i, sizeof x);
        SKWFM_I negative = x < 0;
        SKWFM_V magnitude = SKWFM_SELECT(SKWFM_V, SKWFM_I, negative, -x, x);
        SKWFM_MATH(skwfm_expm1)(-2 * gamma * magnitude, &e);
        p = SKWFM_SELECT(SKWFM_V, SKWFM_I, negative, zero + 1, e) / (1 + e);
        SKWFM_V ratio = e / (2 + e), square = ratio * ratio, series = zero;
        for (int k = SKWFM_LOG1P_TERMS; k >= 0; k--)
            series = series * square + (SKWFM_T)1 / (SKWFM_T)(2 * k + 1);
        SKWFM_V loss = ratio * series / gamma
                       + SKWFM_SELECT(SKWFM_V, SKWFM_I, negative, magnitude, zero);
        memcpy(t + i, &loss, sizeof loss);
        memcpy(pull + i, &p, sizeof p);
    }
}

/* Divide each unit's weights by their norm and clear its padding. A unit without weight
 * stays as it is. */
static SKWFM_CLONES void SKWFM_MATH(skwfm_normalise)(
    SKWFM_T *w, const skwfm_group *groups, int64_t n_groups)
{
    for (int64_t g = 0; g < n_groups; g++) {
        const skwfm_group f = groups[g];
        for (int64_t u = 0; u < f.n_units; u++) {
            SKWFM_T *unit = w + f.weight + u * f.width;
            SKWFM_V sum = {0}, v;
            for (int64_t j = f.length; j < f.width; j++)
                unit[j] = 0;
            for (int64_t j = 0; j < f.width; j += SKWFM_LANES) {
                memcpy(&v, unit + j, sizeof v);
                sum += v * v;
            }
            SKWFM_T square = SKWFM_SUM(sum);
            if (square <= 0)
                continue;
            SKWFM_T scale = 1 / (SKWFM_T)sqrt((double)square);
            for (int64_t j = 0; j < f.width; j++)
                unit[j] *= scale;
        }
    }
}
#undef SKWFM_MATH
#undef SKWFM_CAT
#undef SKWFM_CAT_
