/* Channels of committee and parity machines, included by levels.h once per instruction
 * set: as many patterns side by side as a vector has lanes, one vector per unit.
 *
 * Lanes do not meet, so that results depend neither on the instruction set nor on a
 * pattern's neighbours. Sums of probabilities have positive terms only and nothing is
 * divided out: their relative error grows like the number of units.
 */
#include "wide_channel.h"

#define SKWFM_KERNELS(DO, level) DO(committee_d, level) DO(parity_d, level)

#define SKWFM_S d
#include "simd/lanes.h"
#include "simd/smooth.h"
#define SKWFM_CHAINS 9

/* Vectors of a block: one per unit, but for the counts. */
typedef struct {
    SKWFM_V *u, *inverse, *density, *tail, *right, *wrong, *pivot, *counts;
} SKWFM_MATH(block);

static SKWFM_MATH(block) SKWFM_MATH(make_block)(double *memory, int64_t n_hidden)
{
    /* The first address that is a multiple of a vector's 64 bytes. */
    SKWFM_V *first = (SKWFM_V *)(((uintptr_t)memory + 63) / 64 * 64);
    return (SKWFM_MATH(block)){
        first, first + n_hidden, first + 2 * n_hidden, first + 3 * n_hidden,
        first + 4 * n_hidden, first + 5 * n_hidden, first + 6 * n_hidden,
        first + 7 * n_hidden};
}

SKWFM_INLINE SKWFM_V SKWFM_MATH(inverse_root)(SKWFM_V x)
{
    SKWFM_T root[SKWFM_LANES];
    memcpy(root, &x, sizeof x);
    for (int i = 0; i < SKWFM_LANES; i++)
        root[i] = sqrt(root[i]);
    memcpy(&x, root, sizeof x);
    return 1 / x;
}

/* Lanes of one unit; lanes beyond n_lanes repeat the first. */
SKWFM_INLINE SKWFM_V SKWFM_MATH(gather)(
    const SKWFM_T *x, int64_t stride, int64_t n_lanes)
{
    SKWFM_T lane[SKWFM_LANES];
    SKWFM_V v;
    if (stride == 1 && n_lanes == SKWFM_LANES)
        return SKWFM_MATH(load)(x, 0);
    for (int i = 0; i < SKWFM_LANES; i++)
        lane[i] = x[i < n_lanes ? i * stride : 0];
    memcpy(&v, lane, sizeof v);
    return v;
}

SKWFM_INLINE void SKWFM_MATH(scatter)(
    SKWFM_V v, SKWFM_T *x, int64_t stride, int64_t n_lanes)
{
    if (stride == 1 && n_lanes == SKWFM_LANES)
        memcpy(x, &v, sizeof v);
    else
        for (int i = 0; i < n_lanes; i++)
            x[i * stride] = v[i];
}

/* 1 / sqrt(var) of all units for the patterns from `start`. */
SKWFM_INLINE void SKWFM_MATH(read_variances)(
    const skwfm_patterns *p, int64_t n_hidden, int64_t start, int64_t n_lanes,
    SKWFM_MATH(block) b)
{
    const SKWFM_T *var = p->var + start * p->var_stride[0];
    for (int64_t l = 0; l < n_hidden; l++)
        b.inverse[l] = SKWFM_MATH(inverse_root)(SKWFM_MATH(gather)(
            var + l * p->var_stride[1], p->var_stride[0], n_lanes));
}

/* u = sign mean / sqrt(var) of the patterns from `start`. */
SKWFM_INLINE void SKWFM_MATH(read_means)(
    const skwfm_patterns *p, int64_t n_hidden, int64_t start, int64_t n_lanes,
    SKWFM_V sign, SKWFM_MATH(block) b)
{
    const SKWFM_T *mean = p->mean + start * p->mean_stride[0];
    if (p->var_stride[0] != 0)
        SKWFM_MATH(read_variances)(p, n_hidden, start, n_lanes, b);
    for (int64_t l = 0; l < n_hidden; l++) {
        SKWFM_V m = SKWFM_MATH(gather)(
            mean + l * p->mean_stride[1], p->mean_stride[0], n_lanes);
        b.u[l] = sign * m * b.inverse[l];
    }
}

/* h = d log z / d u, in b.density, becomes g and Gamma. */
SKWFM_INLINE void SKWFM_MATH(write)(
    const skwfm_patterns *p, int64_t n_hidden, int64_t start, int64_t n_lanes,
    SKWFM_V sign, SKWFM_MATH(block) b)
{
    for (int64_t l = 0; l < n_hidden; l++) {
        const int64_t at = start * p->out_stride[0] + l * p->out_stride[1];
        SKWFM_V scale = b.inverse[l], h = b.density[l];
        SKWFM_MATH(scatter)(sign * h * scale, p->g + at, p->out_stride[0], n_lanes);
        SKWFM_MATH(scatter)(h * (b.u[l] + h) * scale * scale, p->gamma + at,
                            p->out_stride[0], n_lanes);
    }
}

/* Phi(-|u|) and sqrt(2 pi) times the density phi(u) of n units; both stop at 1e-308
 * instead of underflowing. The sum is a chain of dependent operations: several chains
 * hide each other's latency. */
SKWFM_INLINE void SKWFM_MATH(tails)(
    const SKWFM_V *u, int n, SKWFM_V *tail, SKWFM_V *power)
{
    SKWFM_V r[SKWFM_CHAINS], y[SKWFM_CHAINS], sum[SKWFM_CHAINS];
    for (int i = 0; i < n; i++) {
        r[i] = 1 / (SKWFM_SQRT1_2 * (SKWFM_V)((SKWFM_I)u[i] & INT64_MAX) + 4);
        y[i] = 1 - 8 * r[i];
        sum[i] = (SKWFM_V){0} + skwfm_tail_series[SKWFM_TAIL_TERMS - 1];
    }
    for (int k = SKWFM_TAIL_TERMS - 2; k >= 0; k--)
        for (int i = 0; i < n; i++)
            sum[i] = sum[i] * y[i] + skwfm_tail_series[k];
    for (int i = 0; i < n; i++) {
        SKWFM_MATH(expm1)(-0.5 * u[i] * u[i], power + i);
        tail[i] = power[i] * r[i] * sum[i];
    }
}

SKWFM_INLINE void SKWFM_MATH(all_tails)(int64_t n_hidden, SKWFM_MATH(block) b)
{
    int64_t l = 0;
    for (; l + SKWFM_CHAINS <= n_hidden; l += SKWFM_CHAINS)
        SKWFM_MATH(tails)(b.u + l, SKWFM_CHAINS, b.tail + l, b.density + l);
    for (; l + 3 <= n_hidden; l += 3)
        SKWFM_MATH(tails)(b.u + l, 3, b.tail + l, b.density + l);
    for (; l < n_hidden; l++)
        SKWFM_MATH(tails)(b.u + l, 1, b.tail + l, b.density + l);
}

/* Log of z from whichever of z and 1 - z is small: 2 atanh of a ratio below 1/3. */
SKWFM_INLINE SKWFM_V SKWFM_MATH(log_of)(SKWFM_V z, SKWFM_V z_other)
{
    /* z = m 2^n with m in [sqrt(1/2), sqrt(2)). */
    const SKWFM_I root = (SKWFM_I)((SKWFM_V){0} + SKWFM_SQRT1_2);
    SKWFM_I shifted = ((SKWFM_I)z - root) & ((SKWFM_I){0} + ~(((int64_t)1 << 52) - 1));
    SKWFM_V m = (SKWFM_V)((SKWFM_I)z - shifted);
    const SKWFM_V magic = (SKWFM_V){0} + skwfm_constants_d.magic;
    SKWFM_V n = (SKWFM_V)((shifted >> 52) + (SKWFM_I)magic) - magic;
    SKWFM_I small = z < 0.5;
    SKWFM_V ratio = SKWFM_MATH(select)(small, m - 1, -z_other)
                    / SKWFM_MATH(select)(small, m + 1, 2 - z_other);
    SKWFM_V square = ratio * ratio, series = (SKWFM_V){0};
    for (int k = skwfm_constants_d.n_log1p - 1; k >= 0; k--)
        series = series * square + 2.0 / (2 * k + 1);
    n = SKWFM_MATH(select)(small, n, (SKWFM_V){0});
    return n * skwfm_constants_d.ln2_high
           + (ratio * series + n * skwfm_constants_d.ln2_low);
}

/* One block of a committee. `right` and `wrong` are the probabilities that a unit votes
 * for and against the label, m = (n_hidden - 1) / 2. Writes the probability `z` that a
 * majority is right, `z_wrong` that it is not, and for each unit the probability
 * `pivot` that exactly m of the others are right: then it decides. `counts` holds rows of
 * m + 1: how many are right among the units before, kept from the least number that can
 * still become m without one unit to the largest below m + 1. */
SKWFM_INLINE void SKWFM_MATH(majority)(
    int64_t n_hidden, SKWFM_MATH(block) b, SKWFM_V *z, SKWFM_V *z_wrong)
{
    const int64_t m = (n_hidden - 1) / 2, width = m + 1;
    SKWFM_V *row = b.counts, *after = b.counts + n_hidden * width;
    row[0] = (SKWFM_V){0} + 1;
    *z = *z_wrong = (SKWFM_V){0};
    for (int64_t l = 0; l < n_hidden; l++, row += width) {
        SKWFM_V *next = row + width, p = b.right[l], q = b.wrong[l];
        const int64_t least = l < m ? 0 : l - m, most = l < m ? l : m;
        if (l >= m) {
            /* The unit that brings the majority comes after exactly m such votes. */
            *z += p * row[m];
            *z_wrong += q * row[least];
        }
        if (l < m) {
            next[0] = q * row[0];
            next[l + 1] = p * row[l];
        }
        for (int64_t j = least + 1; j <= most; j++)
            next[j] = q * row[j] + p * row[j - 1];
    }
    after[0] = (SKWFM_V){0} + 1;
    for (int64_t l = n_hidden - 1; l >= 0; l--) {
        SKWFM_V sum = {0}, p = b.right[l], q = b.wrong[l];
        const int64_t n_after = n_hidden - 1 - l;
        const int64_t least = l < m ? 0 : l - m, most = l < m ? l : m;
        row = b.counts + l * width;
        for (int64_t j = least; j <= most; j++)
            sum += row[j] * after[m - j];
        b.pivot[l] = sum;
        if (n_after < m)
            after[n_after + 1] = p * after[n_after];
        for (int64_t j = n_after < m ? n_after : m; j > 0; j--)
            after[j] = q * after[j] + p * after[j - 1];
        after[0] *= q;
    }
}

SKWFM_INLINE void SKWFM_MATH(committee_block)(
    const skwfm_patterns *p, int64_t n_hidden, int64_t start, SKWFM_MATH(block) b)
{
    const int64_t left = p->n_samples - start;
    const int64_t n_lanes = left < SKWFM_LANES ? left : SKWFM_LANES;
    SKWFM_V sign = SKWFM_MATH(gather)(p->labels + start, 1, n_lanes), z, z_wrong;
    SKWFM_MATH(read_means)(p, n_hidden, start, n_lanes, sign, b);
    SKWFM_MATH(all_tails)(n_hidden, b);
    for (int64_t l = 0; l < n_hidden; l++) {
        SKWFM_V tail = b.tail[l];
        SKWFM_I negative = b.u[l] < 0;
        b.right[l] = SKWFM_MATH(select)(negative, tail, 1 - tail);
        b.wrong[l] = SKWFM_MATH(select)(negative, 1 - tail, tail);
    }
    SKWFM_MATH(majority)(n_hidden, b, &z, &z_wrong);
    SKWFM_V log_z = SKWFM_MATH(log_of)(z, z_wrong), inverse = SKWFM_INV_SQRT_2PI / z;
    for (int64_t l = 0; l < n_hidden; l++)
        b.density[l] *= b.pivot[l] * inverse;
    for (int i = 0; i < n_lanes; i++)
        if (!(z[i] > SKWFM_SAFE)) {
            double exact;
            skwfm_committee_wide((double *)b.u + i, SKWFM_LANES, n_hidden,
                                 (skwfm_wide *)b.tail, &exact,
                                 (double *)b.density + i);
            log_z[i] = exact;
        }
    SKWFM_MATH(scatter)(log_z, p->log_z + start, 1, n_lanes);
    SKWFM_MATH(write)(p, n_hidden, start, n_lanes, sign, b);
}

static void SKWFM_MATH(committee)(const skwfm_patterns *p)
{
    const SKWFM_MATH(block) b = SKWFM_MATH(make_block)(p->scratch, p->n_hidden);
    if (p->var_stride[0] == 0)
        SKWFM_MATH(read_variances)(p, p->n_hidden, 0, SKWFM_LANES, b);
    for (int64_t start = 0; start < p->n_samples; start += SKWFM_LANES)
        /* The sizes of the papers, with all loops over units unrolled. */
        switch (p->n_hidden) {
        case 3: SKWFM_MATH(committee_block)(p, 3, start, b); break;
        case 9: SKWFM_MATH(committee_block)(p, 9, start, b); break;
        default: SKWFM_MATH(committee_block)(p, p->n_hidden, start, b);
        }
}

/* erf(x) for x^2 < 1/2. */
SKWFM_INLINE SKWFM_V SKWFM_MATH(erf_small)(SKWFM_V x)
{
    SKWFM_V s = -x * x, sum = (SKWFM_V){0};
    for (int n = SKWFM_ERF_TERMS - 1; n >= 0; n--)
        sum = sum * s + skwfm_erf_series[n];
    return x * sum;
}

/* Biases 2 Phi(u) - 1 of all units into b.right, and the probability of an odd number of
 * flips: unit l votes against the sign of its u_l with probability Phi(-|u_l|). */
SKWFM_INLINE SKWFM_V SKWFM_MATH(flips)(int64_t n_hidden, SKWFM_MATH(block) b)
{
    SKWFM_V odd = {0};
    for (int64_t l = 0; l < n_hidden; l++) {
        SKWFM_V u = b.u[l], tail = b.tail[l], big = 1 - 2 * tail;
        odd = odd * (1 - tail) + (1 - odd) * tail;
        big = SKWFM_MATH(select)(u < 0, -big, big);
        SKWFM_I near_zero = (SKWFM_V)((SKWFM_I)u & INT64_MAX) < 1;
        SKWFM_V small = SKWFM_MATH(erf_small)(SKWFM_MATH(select)(
            near_zero, SKWFM_SQRT1_2 * u, (SKWFM_V){0}));
        b.right[l] = SKWFM_MATH(select)(near_zero, small, big);
    }
    return odd;
}

/* Densities times the product of the other units' biases, from both ends. */
SKWFM_INLINE void SKWFM_MATH(times_others)(
    int64_t n_hidden, SKWFM_V scale, SKWFM_MATH(block) b)
{
    SKWFM_V product = (SKWFM_V){0} + 1;
    for (int64_t l = 0; l < n_hidden; l++) {
        b.density[l] *= product;
        product *= b.right[l];
    }
    product = scale;
    for (int64_t l = n_hidden - 1; l >= 0; l--) {
        b.density[l] *= product;
        product *= b.right[l];
    }
}

SKWFM_INLINE void SKWFM_MATH(parity_block)(
    const skwfm_patterns *p, int64_t start, SKWFM_MATH(block) b)
{
    const int64_t left = p->n_samples - start, n_hidden = p->n_hidden;
    const int64_t n_lanes = left < SKWFM_LANES ? left : SKWFM_LANES;
    const SKWFM_V one = (SKWFM_V){0} + 1;
    SKWFM_V label = SKWFM_MATH(gather)(p->labels + start, 1, n_lanes);
    SKWFM_MATH(read_means)(p, n_hidden, start, n_lanes, one, b);
    SKWFM_MATH(all_tails)(n_hidden, b);
    SKWFM_V odd = SKWFM_MATH(flips)(n_hidden, b);
    /* An even number of flips is right if the signs as they are give the label. */
    SKWFM_I is_wrong = label < 0;
    for (int64_t l = 0; l < n_hidden; l++)
        is_wrong ^= b.u[l] < 0;
    SKWFM_V right = SKWFM_MATH(select)(is_wrong, odd, 1 - odd);
    SKWFM_V wrong = SKWFM_MATH(select)(is_wrong, 1 - odd, odd);
    SKWFM_V log_z = SKWFM_MATH(log_of)(right, wrong);
    SKWFM_MATH(times_others)(n_hidden, label * SKWFM_INV_SQRT_2PI / right, b);
    for (int i = 0; i < n_lanes; i++)
        if (!(right[i] > SKWFM_SAFE)) {
            double exact;
            skwfm_parity_wide((double *)b.u + i, SKWFM_LANES, n_hidden, &exact,
                              (double *)b.density + i);
            log_z[i] = exact;
        }
    SKWFM_MATH(scatter)(log_z, p->log_z + start, 1, n_lanes);
    SKWFM_MATH(write)(p, n_hidden, start, n_lanes, one, b);
}

static void SKWFM_MATH(parity)(const skwfm_patterns *p)
{
    const SKWFM_MATH(block) b = SKWFM_MATH(make_block)(p->scratch, p->n_hidden);
    if (p->var_stride[0] == 0)
        SKWFM_MATH(read_variances)(p, p->n_hidden, 0, SKWFM_LANES, b);
    for (int64_t start = 0; start < p->n_samples; start += SKWFM_LANES)
        SKWFM_MATH(parity_block)(p, start, b);
}

#undef SKWFM_S
#undef SKWFM_CHAINS
