/* Channels of committee and parity machines: eight patterns side by side in a vector.
 *
 * Arrays of a block are (n_hidden, 8): one vector per unit, one lane per pattern.
 * Sums of probabilities have positive terms only and nothing is divided out, so their
 * relative error grows like the number of units.
 */
#ifndef SKWFM_CHANNEL_H
#define SKWFM_CHANNEL_H

#include "simd.h"

#define SKWFM_SQRT1_2 0.70710678118654752440
#define SKWFM_INV_SQRT_2PI 0.39894228040143267794

/* (1 + 2 x) exp(x^2) erfc(x) for x >= 0 is a Chebyshev series in
 * (x - 3.75) / (x + 3.75); the terms left out are below 5e-17. The idea is Shepherd and
 * Laframboise's (Math. Comp. 36, 1981); the coefficients were computed with 50 digits. */
#define SKWFM_ERFCX_TERMS 24
static const double skwfm_erfcx_series[SKWFM_ERFCX_TERMS] = {
    2.3551578691348035082, -0.0045900545806464773309, -0.084249133366517915584,
    0.059209939998191890498, -0.026658668435305752277, 0.0090749976707052650939,
    -0.0024131635404176081909, 0.00049077583652580863229, -0.000069169733025012063671,
    4.1390279860730101675e-6, 7.7403830661984906686e-7, -2.1886401049234395661e-7,
    1.0764999465670910377e-8, 4.5219598112182868979e-9, -7.7544002088313511065e-10,
    -6.3180883408866844944e-11, 2.8687950109306698981e-11, 1.945586854577734723e-13,
    -9.6546967484334389059e-13, 3.2525481481487398415e-14, 3.3478119482868053878e-14,
    -1.8645628804193131015e-15, -1.2507950530688647085e-15, 7.418235256624043463e-17,
};

/* exp(x^2) erfc(x) for x >= 0, for n values side by side: the sum is a chain of dependent
 * operations, several chains hide each other's latency. */
#define SKWFM_CHAINS 3
#define SKWFM_DEFINE_ERFCX(NAME, V)                                                     \
    SKWFM_INLINE void NAME(const V *x, int n, V *value)                                 \
    {                                                                                   \
        V y[SKWFM_CHAINS], b1[SKWFM_CHAINS], b2[SKWFM_CHAINS];                          \
        for (int i = 0; i < n; i++) {                                                   \
            y[i] = 2 * (x[i] - 3.75) / (x[i] + 3.75);                                   \
            b1[i] = b2[i] = 0 * x[i];                                                   \
        }                                                                               \
        for (int k = SKWFM_ERFCX_TERMS - 1; k > 0; k--)                                 \
            for (int i = 0; i < n; i++) {                                               \
                V b = y[i] * b1[i] + (skwfm_erfcx_series[k] - b2[i]);                   \
                b2[i] = b1[i];                                                          \
                b1[i] = b;                                                              \
            }                                                                           \
        for (int i = 0; i < n; i++)                                                     \
            value[i] = (0.5 * y[i] * b1[i] + (0.5 * skwfm_erfcx_series[0] - b2[i]))     \
                / (1 + 2 * x[i]);                                                       \
    }
SKWFM_DEFINE_ERFCX(skwfm_erfcx_d, skwfm_d)
SKWFM_DEFINE_ERFCX(skwfm_erfcx_1, double)

SKWFM_INLINE skwfm_d skwfm_abs_d(skwfm_d x)
{
    return (skwfm_d)((skwfm_di)x & INT64_MAX);
}

/* Phi(-|u|) and the density phi(u) of n values; both stop at 1e-308 instead of
 * underflowing. */
SKWFM_INLINE void skwfm_tails_d(const skwfm_d *u, int n, skwfm_d *tail, skwfm_d *density)
{
    skwfm_d x[SKWFM_CHAINS], power[SKWFM_CHAINS], scaled[SKWFM_CHAINS];
    for (int i = 0; i < n; i++) {
        skwfm_expm1_d(-0.5 * u[i] * u[i], power + i);
        x[i] = SKWFM_SQRT1_2 * skwfm_abs_d(u[i]);
    }
    skwfm_erfcx_d(x, n, scaled);
    for (int i = 0; i < n; i++) {
        density[i] = SKWFM_INV_SQRT_2PI * power[i];
        tail[i] = 0.5 * power[i] * scaled[i];
    }
}

SKWFM_INLINE void skwfm_all_tails_d(
    const skwfm_d *u, int64_t n_hidden, skwfm_d *tail, skwfm_d *density)
{
    int64_t l = 0;
    for (; l + SKWFM_CHAINS <= n_hidden; l += SKWFM_CHAINS)
        skwfm_tails_d(u + l, SKWFM_CHAINS, tail + l, density + l);
    for (; l < n_hidden; l++)
        skwfm_tails_d(u + l, 1, tail + l, density + l);
}

/* u = sign mean / sqrt(var) and 1 / sqrt(var) of a block; `sign` is one vector. */
static SKWFM_CLONES void skwfm_prepare_block(
    const double *mean, const double *var, const double *sign, int64_t n_hidden,
    double *u, double *inverse)
{
    const skwfm_d *m = (const skwfm_d *)mean, *v = (const skwfm_d *)var;
    for (int64_t l = 0; l < n_hidden; l++) {
        skwfm_d root;
        for (int i = 0; i < 8; i++)
            root[i] = sqrt(v[l][i]);
        ((skwfm_d *)u)[l] = *(const skwfm_d *)sign * m[l] / root;
        ((skwfm_d *)inverse)[l] = 1 / root;
    }
}

/* h = d log z / d u becomes g, `u` becomes Gamma. */
static SKWFM_CLONES void skwfm_finish_block(
    const double *sign, const double *inverse, int64_t n_hidden, double *u, double *h)
{
    const skwfm_d s = *(const skwfm_d *)sign, *scale = (const skwfm_d *)inverse;
    skwfm_d *a = (skwfm_d *)u, *b = (skwfm_d *)h;
    for (int64_t l = 0; l < n_hidden; l++) {
        a[l] = b[l] * (a[l] + b[l]) * scale[l] * scale[l];
        b[l] = s * b[l] * scale[l];
    }
}

/* One block of a committee. `right` and `wrong` are the probabilities that a unit votes
 * for and against the label, m = (n_hidden - 1) / 2. Writes the probability `z` that a
 * majority is right, `z_wrong` that it is not, and for each unit the probability
 * `pivot` that exactly m of the others are right: then it decides. `table` holds
 * (n_hidden + 1) * (m + 1) vectors: how many are right among the units before. */
SKWFM_INLINE void skwfm_majority(
    const skwfm_d *right, const skwfm_d *wrong, int64_t n_hidden, skwfm_d *table,
    skwfm_d *z, skwfm_d *z_wrong, skwfm_d *pivot)
{
    const int64_t m = (n_hidden - 1) / 2, width = m + 1;
    skwfm_d *row = table, *after = table + n_hidden * width;
    for (int64_t j = 0; j <= m; j++)
        row[j] = (skwfm_d){0} + (j == 0);
    *z = *z_wrong = (skwfm_d){0};
    for (int64_t l = 0; l < n_hidden; l++) {
        skwfm_d *next = row + width, p = right[l], q = wrong[l];
        /* The unit that brings the majority comes after exactly m right ones. */
        *z += p * row[m];
        next[0] = q * row[0];
        for (int64_t j = 1; j <= m; j++)
            next[j] = q * row[j] + p * row[j - 1];
        row = next;
    }
    for (int64_t j = 0; j <= m; j++) {
        *z_wrong += after[j];
        after[j] = (skwfm_d){0} + (j == 0);
    }
    for (int64_t l = n_hidden - 1; l >= 0; l--) {
        row = table + l * width;
        skwfm_d sum = {0}, p = right[l], q = wrong[l];
        for (int64_t j = 0; j <= m; j++)
            sum += row[j] * after[m - j];
        pivot[l] = sum;
        for (int64_t j = m; j > 0; j--)
            after[j] = q * after[j] + p * after[j - 1];
        after[0] *= q;
    }
}

/* u (n_hidden vectors) -> z, z_wrong and h_l = d log z / d u_l. Where z is below 1e-100
 * probabilities may have underflown: the caller does those patterns again. `scratch`
 * holds (n_hidden + 1) * (m + 1) + 3 n_hidden vectors. */
static SKWFM_CLONES void skwfm_committee_block(
    const double *u, int64_t n_hidden, double *scratch, double *z, double *z_wrong,
    double *h)
{
    const skwfm_d *x = (const skwfm_d *)u;
    skwfm_d *right = (skwfm_d *)scratch, *wrong = right + n_hidden;
    skwfm_d *pivot = wrong + n_hidden, *table = pivot + n_hidden, *slope = (skwfm_d *)h;
    skwfm_all_tails_d(x, n_hidden, pivot, slope);
    for (int64_t l = 0; l < n_hidden; l++) {
        skwfm_d tail = pivot[l];
        skwfm_di negative = x[l] < 0;
        right[l] = SKWFM_SELECT(skwfm_d, skwfm_di, negative, tail, 1 - tail);
        wrong[l] = SKWFM_SELECT(skwfm_d, skwfm_di, negative, 1 - tail, tail);
    }
    skwfm_majority(right, wrong, n_hidden, table, (skwfm_d *)z, (skwfm_d *)z_wrong,
                   pivot);
    for (int64_t l = 0; l < n_hidden; l++)
        slope[l] *= pivot[l] / *(skwfm_d *)z;
}

/* 2 / sqrt(pi) / (n! (2 n + 1)). On x^2 < 1/2 the terms left out are below 1e-18. */
#define SKWFM_ERF_TERMS 15
static const double skwfm_erf_series[SKWFM_ERF_TERMS] = {
    1.12837916709551257390e+0,
    3.76126389031837524632e-1,
    1.12837916709551257390e-1,
    2.68661706451312517594e-2,
    5.22397762544218784211e-3,
    8.54832702345085283255e-4,
    1.20553329817896642510e-4,
    1.49256503584062509775e-5,
    1.64621143658892474016e-6,
    1.63658446912349243174e-7,
    1.48071928158792172395e-8,
    1.22905553017179273530e-9,
    9.42275906465041097062e-11,
    6.71136685516411037793e-12,
    4.46322426328647734493e-13,
};

/* erf(x) for x^2 < 1/2. */
SKWFM_INLINE skwfm_d skwfm_erf_small_d(skwfm_d x)
{
    skwfm_d s = -x * x, sum = (skwfm_d){0};
    for (int n = SKWFM_ERF_TERMS - 1; n >= 0; n--)
        sum = sum * s + skwfm_erf_series[n];
    return x * sum;
}

/* One block of a parity machine. Flips: unit l votes against the sign of its u_l with
 * probability Phi(-|u_l|). Writes the probability `odd` of an odd number of flips and,
 * for each unit, density phi(u_l) times the product of the others' 2 Phi(u) - 1 (the
 * derivative of z by u_l, up to the label). `scratch` holds 2 n_hidden vectors. */
static SKWFM_CLONES void skwfm_parity_block(
    const double *u, int64_t n_hidden, double *scratch, double *odd, double *slope)
{
    const skwfm_d *x = (const skwfm_d *)u;
    skwfm_d *bias = (skwfm_d *)scratch, *tail = bias + n_hidden;
    skwfm_d *value = (skwfm_d *)slope, flips = {0}, product = (skwfm_d){0} + 1;
    skwfm_all_tails_d(x, n_hidden, tail, value);
    for (int64_t l = 0; l < n_hidden; l++) {
        flips = flips * (1 - tail[l]) + (1 - flips) * tail[l];
        skwfm_d big = 1 - 2 * tail[l];
        big = SKWFM_SELECT(skwfm_d, skwfm_di, (skwfm_di)(x[l] < 0), -big, big);
        skwfm_di near_zero = skwfm_abs_d(x[l]) < 1;
        skwfm_d small = skwfm_erf_small_d(SKWFM_SELECT(
            skwfm_d, skwfm_di, near_zero, SKWFM_SQRT1_2 * x[l], (skwfm_d){0}));
        bias[l] = SKWFM_SELECT(skwfm_d, skwfm_di, near_zero, small, big);
        value[l] *= product;
        product *= bias[l];
    }
    product = (skwfm_d){0} + 1;
    for (int64_t l = n_hidden - 1; l >= 0; l--) {
        value[l] *= product;
        product *= bias[l];
    }
    *(skwfm_d *)odd = flips;
}

/* A positive number mantissa * 2^exponent, for probabilities beyond the range of a
 * double: 101 units at -40 standard deviations have 10^-17800. */
typedef struct {
    double mantissa, exponent;
} skwfm_wide;

SKWFM_INLINE skwfm_wide skwfm_wide_make(double mantissa, double exponent)
{
    int shift;
    skwfm_wide w;
    w.mantissa = frexp(mantissa, &shift);
    w.exponent = mantissa == 0 ? -INFINITY : exponent + shift;
    return w;
}

SKWFM_INLINE skwfm_wide skwfm_wide_times(skwfm_wide a, skwfm_wide b)
{
    return skwfm_wide_make(a.mantissa * b.mantissa, a.exponent + b.exponent);
}

SKWFM_INLINE skwfm_wide skwfm_wide_plus(skwfm_wide a, skwfm_wide b)
{
    if (a.exponent < b.exponent) {
        skwfm_wide c = a;
        a = b;
        b = c;
    }
    if (b.mantissa == 0 || a.exponent - b.exponent > 1100)
        return a;
    return skwfm_wide_make(
        a.mantissa + ldexp(b.mantissa, (int)(b.exponent - a.exponent)), a.exponent);
}

/* a / b as a double; what underflows is 0. */
SKWFM_INLINE double skwfm_wide_ratio(skwfm_wide a, skwfm_wide b)
{
    double shift = a.exponent - b.exponent;
    if (a.mantissa == 0 || shift < -1100)
        return 0;
    return ldexp(a.mantissa / b.mantissa, (int)shift);
}

SKWFM_INLINE double skwfm_wide_log(skwfm_wide a)
{
    return log(a.mantissa) + a.exponent * 0.69314718055994530942;
}

/* Phi(-|u|) and phi(u). */
SKWFM_INLINE skwfm_wide skwfm_wide_tail(double u, skwfm_wide *density)
{
    double square = -0.5 * u * u;
    double n = floor(square * 1.44269504088896338700);
    double part = exp((square - n * 6.93147180369123816490e-1)
                      - n * 1.90821492927058770002e-10);
    *density = skwfm_wide_make(SKWFM_INV_SQRT_2PI * part, n);
    double x = SKWFM_SQRT1_2 * fabs(u), scaled;
    skwfm_erfcx_1(&x, 1, &scaled);
    return skwfm_wide_make(0.5 * part * scaled, n);
}

/* One pattern of a committee with probabilities of any size: log z, and h as above.
 * `scratch` holds (n_hidden + 1) * (m + 1) + 3 n_hidden wide numbers. */
static void skwfm_committee_wide(
    const double *u, int64_t stride, int64_t n_hidden, skwfm_wide *scratch,
    double *log_z, double *h)
{
    const int64_t m = (n_hidden - 1) / 2, width = m + 1;
    const skwfm_wide zero = {0, -INFINITY}, one = skwfm_wide_make(1, 0);
    skwfm_wide *right = scratch, *wrong = right + n_hidden;
    skwfm_wide *density = wrong + n_hidden, *table = density + n_hidden;
    skwfm_wide *row = table, *after = table + n_hidden * width, z = zero;
    for (int64_t l = 0; l < n_hidden; l++) {
        double x = u[l * stride];
        skwfm_wide tail = skwfm_wide_tail(x, density + l);
        skwfm_wide rest = skwfm_wide_make(1 - skwfm_wide_ratio(tail, one), 0);
        right[l] = x < 0 ? tail : rest;
        wrong[l] = x < 0 ? rest : tail;
    }
    for (int64_t j = 0; j <= m; j++)
        row[j] = j == 0 ? one : zero;
    for (int64_t l = 0; l < n_hidden; l++, row += width) {
        z = skwfm_wide_plus(z, skwfm_wide_times(right[l], row[m]));
        row[width] = skwfm_wide_times(wrong[l], row[0]);
        for (int64_t j = 1; j <= m; j++)
            row[width + j] = skwfm_wide_plus(skwfm_wide_times(wrong[l], row[j]),
                                             skwfm_wide_times(right[l], row[j - 1]));
    }
    for (int64_t j = 0; j <= m; j++)
        after[j] = j == 0 ? one : zero;
    for (int64_t l = n_hidden - 1; l >= 0; l--) {
        skwfm_wide sum = zero;
        row = table + l * width;
        for (int64_t j = 0; j <= m; j++)
            sum = skwfm_wide_plus(sum, skwfm_wide_times(row[j], after[m - j]));
        h[l * stride] = skwfm_wide_ratio(skwfm_wide_times(sum, density[l]), z);
        for (int64_t j = m; j > 0; j--)
            after[j] = skwfm_wide_plus(skwfm_wide_times(wrong[l], after[j]),
                                       skwfm_wide_times(right[l], after[j - 1]));
        after[0] = skwfm_wide_times(after[0], wrong[l]);
    }
    *log_z = skwfm_wide_log(z);
}

/* One pattern of a parity machine whose odd number of flips is so improbable that it is
 * the sum of the single flips' probabilities. */
static void skwfm_parity_wide(
    const double *u, int64_t stride, int64_t n_hidden, double *log_odd, double *h)
{
    skwfm_wide odd = {0, -INFINITY}, density;
    for (int64_t l = 0; l < n_hidden; l++)
        odd = skwfm_wide_plus(odd, skwfm_wide_tail(u[l * stride], &density));
    for (int64_t l = 0; l < n_hidden; l++) {
        skwfm_wide_tail(u[l * stride], &density);
        /* The flip of unit l mends the pattern: z grows as |u_l| falls. */
        double size = skwfm_wide_ratio(density, odd);
        h[l * stride] = u[l * stride] < 0 ? size : -size;
    }
    *log_odd = skwfm_wide_log(odd);
}

#endif
