/* Edge messages of relaxed belief propagation, between patterns and weights; included by
 * levels.h once per instruction set.
 *
 * Arrays over edges are (n_samples, size): a packed row of weights per pattern. `x` holds
 * scaled inputs in doubles (n_samples, n_columns), zero in the padding. `linear` and
 * `precision` (size) are what all messages and the prior add up to at each weight; the
 * precision of the padding must not be zero.
 */
#define SKWFM_KERNELS(DO, level) DO(cavities_d, level) DO(absorb_d, level)

#define SKWFM_S d
#include "simd/lanes.h"
#include "simd/smooth.h"

SKWFM_INLINE void SKWFM_MATH(store)(SKWFM_T *x, SKWFM_V v) { memcpy(x, &v, sizeof v); }

/* tanh and its slope, as in smooth.h but within a register. */
SKWFM_INLINE SKWFM_V SKWFM_MATH(tanh_slope)(SKWFM_V x, SKWFM_V *slope)
{
    SKWFM_V e, size = (SKWFM_V)((SKWFM_I)x & INT64_MAX);
    SKWFM_V m = SKWFM_MATH(expm1)(-2 * size, &e), inverse = 1 / (2 + m);
    *slope = 4 * e * inverse * inverse;
    return (SKWFM_V)((SKWFM_I)(-m * inverse) | ((SKWFM_I)x & INT64_MIN));
}

/* Mean of every weight of a unit without one pattern's message, and the sums of x times
 * means and x^2 times variances. Returns whether all cavities are normalisable. */
SKWFM_INLINE int SKWFM_MATH(cavity_row)(
    const double *x, const double *message, double gamma, const double *linear,
    const double *precision, int64_t width, int binary, double *mean, double *omega,
    double *variance)
{
    SKWFM_V sum_mean[SKWFM_PARTS] = {{0}}, sum_variance[SKWFM_PARTS] = {{0}};
    SKWFM_I bad = {0};
    for (int64_t j = 0; j < width; j += SKWFM_SUM_LANES)
        for (int p = 0; p < SKWFM_PARTS; p++) {
            SKWFM_V input = SKWFM_MATH(load)(x + j, p), square = input * input, m, v;
            SKWFM_V field = SKWFM_MATH(load)(linear + j, p)
                            - SKWFM_MATH(load)(message + j, p);
            if (binary) {
                m = SKWFM_MATH(tanh_slope)(field, &v);
            } else {
                SKWFM_V rest = SKWFM_MATH(load)(precision + j, p) - square * gamma;
                bad |= rest <= 0;
                v = 1 / rest;
                m = field * v;
            }
            SKWFM_MATH(store)(mean + j + p * SKWFM_LANES, m);
            sum_mean[p] += input * m;
            sum_variance[p] += square * v;
        }
    *omega = SKWFM_MATH(total)(sum_mean);
    *variance = SKWFM_MATH(total)(sum_variance);
    int64_t any = 0;
    for (int i = 0; i < SKWFM_LANES; i++)
        any |= bad[i];
    return any == 0;
}

/* Means without the message of each of some patterns (`mean`, n_rows rows), and the
 * fields' means and variances under them. Returns the number of units with a cavity that
 * cannot be normalised. */
static int64_t SKWFM_MATH(cavities)(
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
                n_bad += !SKWFM_MATH(cavity_row)(
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
static void SKWFM_MATH(absorb)(
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
                for (int64_t j = 0; j < groups[f].width; j += SKWFM_LANES) {
                    SKWFM_V xi = SKWFM_MATH(load)(input + j, 0);
                    SKWFM_V a = SKWFM_MATH(load)(message + j, 0);
                    SKWFM_V m = SKWFM_MATH(load)(mean + s * size + w + j, 0);
                    SKWFM_V next = keep * a + xi * (push + pull * xi * m);
                    SKWFM_MATH(store)(message + j, next);
                    SKWFM_MATH(store)(linear + w + j,
                                      SKWFM_MATH(load)(linear + w + j, 0) + (next - a));
                    SKWFM_MATH(store)(precision + w + j,
                                      SKWFM_MATH(load)(precision + w + j, 0)
                                          + xi * xi * change);
                }
                *old += change;
            }
}

#undef SKWFM_S
