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
#define SKWFM_SQRT_PI_2 1.25331413731550025121
#define SKWFM_2_SQRT_PI 1.12837916709551257390

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

/* exp(x^2) erfc(x) for x >= 0. */
#define SKWFM_DEFINE_ERFCX(NAME, V)                                                     \
    SKWFM_INLINE V NAME(V x)                                                            \
    {                                                                                   \
        V y = (x - 3.75) / (x + 3.75), b1 = 0 * x, b2 = 0 * x;                             \
        for (int k = SKWFM_ERFCX_TERMS - 1; k > 0; k--) {                               \
            V b = 2 * y * b1 - b2 + skwfm_erfcx_series[k];                              \
            b2 = b1;                                                                    \
            b1 = b;                                                                     \
        }                                                                               \
        return (y * b1 - b2 + 0.5 * skwfm_erfcx_series[0]) / (1 + 2 * x);               \
    }
SKWFM_DEFINE_ERFCX(skwfm_erfcx_d, skwfm_d)
SKWFM_DEFINE_ERFCX(skwfm_erfcx_1, double)

SKWFM_INLINE skwfm_d skwfm_abs_d(skwfm_d x)
{
    return (skwfm_d)((skwfm_di)x & INT64_MAX);
}

/* Phi(-|u|) and the density phi(u); both stop at 1e-308 instead of underflowing. */
SKWFM_INLINE skwfm_d skwfm_tail_d(skwfm_d u, skwfm_d *density)
{
    skwfm_d power;
    skwfm_expm1_d(-0.5 * u * u, &power);
    *density = SKWFM_INV_SQRT_2PI * power;
    return 0.5 * power * skwfm_erfcx_d(SKWFM_SQRT1_2 * skwfm_abs_d(u));
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
    skwfm_d *right = (skwfm_d *)scratch, *wrong = right + n_hidden;
    skwfm_d *pivot = wrong + n_hidden, *table = pivot + n_hidden;
    skwfm_d total, total_wrong;
    for (int64_t l = 0; l < n_hidden; l++) {
        skwfm_d x, density, tail;
        memcpy(&x, u + 8 * l, sizeof x);
        tail = skwfm_tail_d(x, &density);
        skwfm_di negative = x < 0;
        right[l] = SKWFM_SELECT(skwfm_d, skwfm_di, negative, tail, 1 - tail);
        wrong[l] = SKWFM_SELECT(skwfm_d, skwfm_di, negative, 1 - tail, tail);
        memcpy(h + 8 * l, &density, sizeof density);
    }
    skwfm_majority(right, wrong, n_hidden, table, &total, &total_wrong, pivot);
    for (int64_t l = 0; l < n_hidden; l++) {
        skwfm_d density;
        memcpy(&density, h + 8 * l, sizeof density);
        density *= pivot[l] / total;
        memcpy(h + 8 * l, &density, sizeof density);
    }
    memcpy(z, &total, sizeof total);
    memcpy(z_wrong, &total_wrong, sizeof total_wrong);
}

/* erf(x) on |x| < 1 by its Taylor series, elsewhere 1 - erfc(|x|). */
SKWFM_INLINE skwfm_d skwfm_erf_small_d(skwfm_d x)
{
    skwfm_d s = -x * x, sum = (skwfm_d){0}, c = x * SKWFM_2_SQRT_PI;
    for (int n = 0; n < 20; n++) {
        sum += c / (2 * n + 1);
        c *= s / (n + 1);
    }
    return sum;
}

/* One block of a parity machine. Flips: unit l votes against the sign of its u_l with
 * probability Phi(-|u_l|). Writes the probability `odd` of an odd number of flips and,
 * for each unit, density phi(u_l) times the product of the others' 2 Phi(u) - 1 (the
 * derivative of z by u_l, up to the label). `scratch` holds 2 n_hidden vectors. */
static SKWFM_CLONES void skwfm_parity_block(
    const double *u, int64_t n_hidden, double *scratch, double *odd, double *slope)
{
    skwfm_d *bias = (skwfm_d *)scratch, *density = bias + n_hidden;
    skwfm_d flips = {0}, product = (skwfm_d){0} + 1;
    for (int64_t l = 0; l < n_hidden; l++) {
        skwfm_d x, tail, small;
        memcpy(&x, u + 8 * l, sizeof x);
        tail = skwfm_tail_d(x, density + l);
        flips = flips * (1 - tail) + (1 - flips) * tail;
        skwfm_d big = 1 - 2 * tail;
        big = SKWFM_SELECT(skwfm_d, skwfm_di, (skwfm_di)(x < 0), -big, big);
        skwfm_di near_zero = skwfm_abs_d(x) < 1;
        small = skwfm_erf_small_d(SKWFM_SELECT(
            skwfm_d, skwfm_di, near_zero, SKWFM_SQRT1_2 * x, (skwfm_d){0}));
        bias[l] = SKWFM_SELECT(skwfm_d, skwfm_di, near_zero, small, big);
        density[l] *= product;
        product *= bias[l];
    }
    product = (skwfm_d){0} + 1;
    for (int64_t l = n_hidden - 1; l >= 0; l--) {
        skwfm_d value = density[l] * product;
        product *= bias[l];
        memcpy(slope + 8 * l, &value, sizeof value);
    }
    memcpy(odd, &flips, sizeof flips);
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
    return skwfm_wide_make(0.5 * part * skwfm_erfcx_1(SKWFM_SQRT1_2 * fabs(u)), n);
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
