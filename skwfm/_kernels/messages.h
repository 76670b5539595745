/* Edge messages of relaxed belief propagation, between patterns and weights.
 *
 * Arrays over edges are (n_samples, size): a packed row of weights per pattern. `x` holds
 * scaled inputs in doubles (n_samples, n_columns), zero in the padding. `linear` and
 * `precision` (size) are what all messages and the prior add up to at each weight; the
 * precision of the padding must not be zero.
 */
#ifndef SKWFM_MESSAGES_H
#define SKWFM_MESSAGES_H

#include "simd.h"

SKWFM_INLINE skwfm_d skwfm_load_d(const double *x)
{
    skwfm_d v;
    memcpy(&v, x, sizeof v);
    return v;
}

SKWFM_INLINE void skwfm_store_d(double *x, skwfm_d v) { memcpy(x, &v, sizeof v); }

/* tanh and its slope, as in smooth.h but within a register. */
SKWFM_INLINE skwfm_d skwfm_tanh_slope_d(skwfm_d x, skwfm_d *slope)
{
    skwfm_d e, size = (skwfm_d)((skwfm_di)x & INT64_MAX);
    skwfm_d m = skwfm_expm1_d(-2 * size, &e), inverse = 1 / (2 + m);
    *slope = 4 * e * inverse * inverse;
    return (skwfm_d)((skwfm_di)(-m * inverse) | ((skwfm_di)x & INT64_MIN));
}

/* Mean of every weight of a unit without one pattern's message, and the sums of x times
 * means and x^2 times variances. Returns whether all cavities are normalisable. */
SKWFM_INLINE int skwfm_cavity_row(
    const double *x, const double *message, double gamma, const double *linear,
    const double *precision, int64_t width, int binary, double *mean, double *omega,
    double *variance)
{
    skwfm_d sum_mean = {0}, sum_variance = {0};
    skwfm_di bad = {0};
    for (int64_t j = 0; j < width; j += 8) {
        skwfm_d input = skwfm_load_d(x + j), square = input * input, m, v;
        skwfm_d field = skwfm_load_d(linear + j) - skwfm_load_d(message + j);
        if (binary) {
            m = skwfm_tanh_slope_d(field, &v);
        } else {
            skwfm_d rest = skwfm_load_d(precision + j) - square * gamma;
            bad |= rest <= 0;
            v = 1 / rest;
            m = field * v;
        }
        skwfm_store_d(mean + j, m);
        sum_mean += input * m;
        sum_variance += square * v;
    }
    *omega = skwfm_sum_d(sum_mean);
    *variance = skwfm_sum_d(sum_variance);
    int64_t any = 0;
    for (int i = 0; i < 8; i++)
        any |= bad[i];
    return any == 0;
}

/* Means without the message of each of some patterns (`mean`, n_rows rows), and the
 * fields' means and variances under them. Returns the number of units with a cavity that
 * cannot be normalised. */
static SKWFM_CLONES int64_t skwfm_cavities(
    const double *x, int64_t n_columns, const int64_t *rows, int64_t n_rows,
    const double *messages, const double *gamma, const double *linear,
    const double *precision, int64_t size, const skwfm_group *groups, int64_t n_groups,
    int64_t n_hidden, int binary, double *mean, double *omega, double *variance)
{
    int64_t n_bad = 0;
    for (int64_t s = 0; s < n_rows; s++)
        for (int64_t g = 0, unit = 0; g < n_groups; g++)
            for (int64_t k = 0; k < groups[g].n_units; k++, unit++) {
                int64_t w = groups[g].weight + k * groups[g].width;
                n_bad += !skwfm_cavity_row(
                    x + rows[s] * n_columns + groups[g].column,
                    messages + rows[s] * size + w, gamma[rows[s] * n_hidden + unit],
                    linear + w, precision + w, groups[g].width, binary,
                    mean + s * size + w, omega + s * n_hidden + unit,
                    variance + s * n_hidden + unit);
            }
    return n_bad;
}

/* Replace the messages of some patterns by the damped new ones,
 * keep * old + (1 - keep) * (x g + x^2 gamma mean), and add the changes to `linear` and
 * `precision`. `old_gamma` becomes the damped gamma. */
static SKWFM_CLONES void skwfm_absorb(
    const double *x, int64_t n_columns, const int64_t *rows, int64_t n_rows,
    const double *mean, const double *g, const double *gamma, double keep, int64_t size,
    const skwfm_group *groups, int64_t n_groups, int64_t n_hidden, double *messages,
    double *old_gamma, double *linear, double *precision)
{
    for (int64_t s = 0; s < n_rows; s++)
        for (int64_t f = 0, unit = 0; f < n_groups; f++)
            for (int64_t k = 0; k < groups[f].n_units; k++, unit++) {
                int64_t w = groups[f].weight + k * groups[f].width;
                const double *input = x + rows[s] * n_columns + groups[f].column;
                double *message = messages + rows[s] * size + w;
                double *old = old_gamma + rows[s] * n_hidden + unit;
                double push = (1 - keep) * g[s * n_hidden + unit];
                double pull = (1 - keep) * gamma[s * n_hidden + unit];
                double change = pull - (1 - keep) * *old;
                for (int64_t j = 0; j < groups[f].width; j += 8) {
                    skwfm_d xi = skwfm_load_d(input + j), a = skwfm_load_d(message + j);
                    skwfm_d m = skwfm_load_d(mean + s * size + w + j);
                    skwfm_d next = keep * a + xi * (push + pull * xi * m);
                    skwfm_store_d(message + j, next);
                    skwfm_store_d(linear + w + j,
                                  skwfm_load_d(linear + w + j) + (next - a));
                    skwfm_store_d(precision + w + j,
                                  skwfm_load_d(precision + w + j) + xi * xi * change);
                }
                *old += change;
            }
}

#endif
