/* Elementwise functions of the smooth losses, and the normalisation, included by the
 * kernels' headers once per precision. Lengths are multiples of 16 (the caller pads its
 * scratch). */
#define SKWFM_CONSTANT(name) SKWFM_JOIN(skwfm, constants, SKWFM_S).name

/* expm1(z) and exp(z) for z <= 0: z = n log 2 + r, expm1(z) = 2^n expm1(r) + (2^n - 1).
 * Adding `magic` rounds to the nearest integer and leaves it in the last bits. */
SKWFM_INLINE SKWFM_V SKWFM_MATH(expm1)(SKWFM_V z, SKWFM_V *exp_z)
{
    const SKWFM_V lowest = (SKWFM_V){0} + SKWFM_CONSTANT(lowest);
    const SKWFM_V magic = (SKWFM_V){0} + SKWFM_CONSTANT(magic);
    z = SKWFM_MATH(select)(z < lowest, lowest, z);
    SKWFM_V shifted = z * SKWFM_CONSTANT(log2_e) + magic;
    SKWFM_V n = shifted - magic;
    SKWFM_V r = (z - n * SKWFM_CONSTANT(ln2_high)) - n * SKWFM_CONSTANT(ln2_low);
    SKWFM_I exponent = (SKWFM_I)shifted - (SKWFM_I)magic + SKWFM_CONSTANT(bias);
    SKWFM_V power = (SKWFM_V)(exponent << SKWFM_CONSTANT(mantissa));
    SKWFM_V series = (SKWFM_V){0} + SKWFM_CONSTANT(expm1[0]);
    for (int k = 1; k < SKWFM_CONSTANT(n_expm1); k++)
        series = series * r + SKWFM_CONSTANT(expm1[k]);
    SKWFM_V part = power * (series * r * r + r);
    *exp_z = power + part;
    return part + (power - 1);
}

/* value = tanh(scale x), slope = 1 - value^2, both to relative accuracy: with
 * m = expm1(-2 |scale x|), tanh = -m / (2 + m) and slope = 4 (1 + m) / (2 + m)^2. */
static void SKWFM_MATH(tanh)(
    const SKWFM_T *x, int64_t n, SKWFM_T scale, SKWFM_T *value, SKWFM_T *slope)
{
    for (int64_t i = 0; i < n; i += SKWFM_LANES) {
        SKWFM_V z, e, v, s;
        memcpy(&z, x + i, sizeof z);
        z = z * scale;
        SKWFM_I negative = z < 0;
        SKWFM_V m = SKWFM_MATH(expm1)(
            -2 * SKWFM_MATH(select)(negative, -z, z), &e);
        SKWFM_V inverse = 1 / (2 + m);
        v = m * inverse;
        v = SKWFM_MATH(select)(negative, v, -v);
        s = 4 * e * inverse * inverse;
        memcpy(value + i, &v, sizeof v);
        memcpy(slope + i, &s, sizeof s);
    }
}

/* Cross-entropy f(t) = log(1 + exp(-2 gamma t)) / (2 gamma), pull = -f'(t).
 * With e = exp(-2 gamma |t|): pull = e/(1+e) or 1/(1+e), and
 * log(1 + e) = 2 atanh(e / (2 + e)), a series in (e / (2 + e))^2 <= 1/9.
 * `t` is overwritten by the loss of each entry. */
static void SKWFM_MATH(cross_entropy)(
    SKWFM_T *t, int64_t n, SKWFM_T gamma, SKWFM_T *pull)
{
    const SKWFM_V zero = {0};
    for (int64_t i = 0; i < n; i += SKWFM_LANES) {
        SKWFM_V x, e, p;
        memcpy(&x, t + i, sizeof x);
        SKWFM_I negative = x < 0;
        SKWFM_V magnitude = SKWFM_MATH(select)(negative, -x, x);
        SKWFM_MATH(expm1)(-2 * gamma * magnitude, &e);
        p = SKWFM_MATH(select)(negative, zero + 1, e) / (1 + e);
        SKWFM_V ratio = e / (2 + e), square = ratio * ratio, series = zero;
        for (int k = SKWFM_CONSTANT(n_log1p) - 1; k >= 0; k--)
            series = series * square + (SKWFM_T)1 / (SKWFM_T)(2 * k + 1);
        SKWFM_V loss = ratio * series / gamma
                       + SKWFM_MATH(select)(negative, magnitude, zero);
        memcpy(t + i, &loss, sizeof loss);
        memcpy(pull + i, &p, sizeof p);
    }
}

/* Divide each unit's weights by their norm and clear its padding. A unit without weight
 * stays as it is. */
static void SKWFM_MATH(normalise)(
    SKWFM_T *w, const skwfm_group *groups, int64_t n_groups)
{
    for (int64_t g = 0; g < n_groups; g++) {
        const skwfm_group f = groups[g];
        for (int64_t u = 0; u < f.n_units; u++) {
            SKWFM_T *unit = w + f.weight + u * f.width;
            SKWFM_V sum[SKWFM_PARTS] = {{0}};
            for (int64_t j = f.length; j < f.width; j++)
                unit[j] = 0;
            for (int64_t j = 0; j < f.width; j += SKWFM_SUM_LANES)
                for (int p = 0; p < SKWFM_PARTS; p++) {
                    SKWFM_V v = SKWFM_MATH(load)(unit + j, p);
                    sum[p] += v * v;
                }
            SKWFM_T square = SKWFM_MATH(total)(sum);
            if (square <= 0)
                continue;
            SKWFM_T scale = 1 / (SKWFM_T)sqrt((double)square);
            for (int64_t j = 0; j < f.width; j++)
                unit[j] *= scale;
        }
    }
}
#undef SKWFM_CONSTANT
