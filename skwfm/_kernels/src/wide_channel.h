/* Constants of the channels, and channels of one pattern whose probabilities are beyond
 * the range of a double. */
#ifndef SKWFM_WIDE_CHANNEL_H
#define SKWFM_WIDE_CHANNEL_H

#include <math.h>
#include <stdint.h>

#define SKWFM_INLINE static inline __attribute__((always_inline))

#define SKWFM_SQRT1_2 0.70710678118654752440
#define SKWFM_INV_SQRT_2PI 0.39894228040143267794

/* (x + 4) exp(x^2) erfc(x) / 2 for x >= 0 is a series in y = (x - 4) / (x + 4), whose
 * Chebyshev coefficients beyond these are below 3e-17; the sum is at least 0.28, the
 * terms' sizes add up to at most seven times as much. The idea is Shepherd and
 * Laframboise's (Math. Comp. 36, 1981); the coefficients were computed with 60 digits. */
#define SKWFM_TAIL_TERMS 23
static const double skwfm_tail_series[SKWFM_TAIL_TERMS] = {
    0.54799783050024557068, -0.48827436454044121212, 0.38660435113261534488,
    -0.27042691565659880379, 0.16542579393915792249, -0.087005468620446152245,
    0.038190757451855403408, -0.013185026664590511034, 0.0030560278541931958618,
    -0.00014047946796956005642, -0.00022752648582846402251, 0.000088406540328020339647,
    -1.8171019074734857438e-6, -9.4307366894906770614e-6, 2.3461919568773197631e-6,
    7.1247320866523505629e-7, -4.2182580602808968594e-7, -3.7984496643347511164e-8,
    6.1264410353226258507e-8, 4.1191204280738006204e-10, -7.6376444499532392983e-9,
    1.3272272541740084608e-10, 6.036908297032762841e-10,
};

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

/* What a channel is given and fills, see channels.pyx. A stride is the distance in
 * doubles from pattern to pattern, and from unit to unit; that of `var` from pattern to
 * pattern is 0 if all have the same. */
typedef struct {
    int64_t n_samples, n_hidden;
    const double *mean, *var, *labels;
    int64_t mean_stride[2], var_stride[2];
    double *log_z, *g, *gamma;
    int64_t out_stride[2];
    double *scratch;
} skwfm_patterns;

/* Probabilities above this were computed without underflow. */
#define SKWFM_SAFE 1e-100

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
    double r = 1 / (SKWFM_SQRT1_2 * fabs(u) + 4), y = 1 - 8 * r, sum = 0;
    for (int k = SKWFM_TAIL_TERMS - 1; k >= 0; k--)
        sum = sum * y + skwfm_tail_series[k];
    return skwfm_wide_make(part * r * sum, n);
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
