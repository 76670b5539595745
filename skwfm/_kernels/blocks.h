/* The two passes over the patterns, included by simd.h once per pair of types.
 *
 * A packed row holds each receptive field padded to a multiple of 16 columns; `rows`
 * lists the samples of a batch, visited where they lie. Padded weights must be zero
 * when fields are computed: skwfm_normalise sees to it after each update. */

/* x_s . w_u for ROWS samples and UNITS units at once: ROWS * UNITS independent sums hide
 * the latency of the additions, every load is used several times. */
SKWFM_INLINE void SKWFM_NAME(skwfm_dot_block)(
    const SKWFM_X *const *x, int n_rows, const SKWFM_T *w, int n_units, int64_t width,
    SKWFM_T *out, int64_t stride)
{
    SKWFM_V sum[4][3] = {{{0}}};
    for (int64_t j = 0; j < width; j += SKWFM_LANES) {
        SKWFM_LOADED input[4];
        for (int s = 0; s < n_rows; s++)
            input[s] = SKWFM_NAME(skwfm_load)(x[s], j);
        for (int u = 0; u < n_units; u++) {
            SKWFM_V weight;
            memcpy(&weight, w + u * width + j, sizeof weight);
            for (int s = 0; s < n_rows; s++)
                sum[s][u] += SKWFM_NAME(skwfm_times)(input[s], weight);
        }
    }
    for (int s = 0; s < n_rows; s++)
        for (int u = 0; u < n_units; u++)
            out[s * stride + u] = SKWFM_SUM(sum[s][u]);
}

SKWFM_INLINE void SKWFM_NAME(skwfm_dot_units)(
    const SKWFM_X *const *x, int n_rows, const SKWFM_T *w, int64_t n_units,
    int64_t width, SKWFM_T *out, int64_t stride)
{
    int64_t u = 0;
    for (; u + 3 <= n_units; u += 3)
        SKWFM_NAME(skwfm_dot_block)(x, n_rows, w + u * width, 3, width, out + u, stride);
    for (; u < n_units; u++)
        SKWFM_NAME(skwfm_dot_block)(x, n_rows, w + u * width, 1, width, out + u, stride);
}

/* out[s, l] = x_s . w_l for every unit l; row s of `out` has n_hidden entries. */
static SKWFM_CLONES void SKWFM_NAME(skwfm_fields)(
    const SKWFM_X *x, int64_t row_length, const int64_t *rows, int64_t n_rows,
    const SKWFM_T *w, const skwfm_group *groups, int64_t n_groups, SKWFM_T *out,
    int64_t n_hidden)
{
    const SKWFM_X *block[4];
    for (int64_t g = 0, unit = 0; g < n_groups; unit += groups[g++].n_units) {
        const skwfm_group f = groups[g];
        int64_t s = 0;
        for (; s + 4 <= n_rows; s += 4) {
            for (int k = 0; k < 4; k++)
                block[k] = x + rows[s + k] * row_length + SKWFM_COLUMNS(f.column);
            SKWFM_NAME(skwfm_dot_units)(block, 4, w + f.weight, f.n_units, f.width,
                                        out + s * n_hidden + unit, n_hidden);
        }
        for (; s < n_rows; s++) {
            block[0] = x + rows[s] * row_length + SKWFM_COLUMNS(f.column);
            SKWFM_NAME(skwfm_dot_units)(block, 1, w + f.weight, f.n_units, f.width,
                                        out + s * n_hidden + unit, n_hidden);
        }
    }
}

/* w_u += sum_s coef[s, u] x_s on VECTORS vectors of columns and UNITS units, kept in
 * registers while the batch streams by. */
SKWFM_INLINE void SKWFM_NAME(skwfm_outer_block)(
    const SKWFM_X *x, int64_t row_length, const int64_t *rows, int64_t n_rows,
    const SKWFM_T *coef, int64_t n_hidden, int n_units, int n_vectors, int64_t width,
    SKWFM_T *w)
{
    SKWFM_V sum[3][4];
    for (int u = 0; u < n_units; u++)
        for (int v = 0; v < n_vectors; v++)
            memcpy(&sum[u][v], w + u * width + v * SKWFM_LANES, sizeof(SKWFM_V));
    for (int64_t s = 0; s < n_rows; s++) {
        const SKWFM_X *row = x + rows[s] * row_length;
        for (int v = 0; v < n_vectors; v++) {
            SKWFM_LOADED input = SKWFM_NAME(skwfm_load)(row, v * SKWFM_LANES);
            for (int u = 0; u < n_units; u++)
                sum[u][v] += SKWFM_NAME(skwfm_times)(
                    input, (SKWFM_V){0} + coef[s * n_hidden + u]);
        }
    }
    for (int u = 0; u < n_units; u++)
        for (int v = 0; v < n_vectors; v++)
            memcpy(w + u * width + v * SKWFM_LANES, &sum[u][v], sizeof(SKWFM_V));
}

SKWFM_INLINE void SKWFM_NAME(skwfm_outer_units)(
    const SKWFM_X *x, int64_t row_length, const int64_t *rows, int64_t n_rows,
    const SKWFM_T *coef, int64_t n_hidden, int n_units, int64_t width, SKWFM_T *w)
{
    int64_t j = 0;
    for (; j + 4 * SKWFM_LANES <= width; j += 4 * SKWFM_LANES)
        SKWFM_NAME(skwfm_outer_block)(x + SKWFM_COLUMNS(j), row_length, rows, n_rows, coef, n_hidden,
                                      n_units, 4, width, w + j);
    for (; j < width; j += SKWFM_LANES)
        SKWFM_NAME(skwfm_outer_block)(x + SKWFM_COLUMNS(j), row_length, rows, n_rows, coef, n_hidden,
                                      n_units, 1, width, w + j);
}

/* w_l += sum_s coef[s, l] x_s for every unit l. */
static SKWFM_CLONES void SKWFM_NAME(skwfm_outer)(
    const SKWFM_X *x, int64_t row_length, const int64_t *rows, int64_t n_rows,
    const SKWFM_T *coef, const skwfm_group *groups, int64_t n_groups, SKWFM_T *w,
    int64_t n_hidden)
{
    for (int64_t g = 0, unit = 0; g < n_groups; unit += groups[g++].n_units) {
        const skwfm_group f = groups[g];
        int64_t u = 0;
        for (; u + 3 <= f.n_units; u += 3)
            SKWFM_NAME(skwfm_outer_units)(x + SKWFM_COLUMNS(f.column), row_length, rows, n_rows,
                                          coef + unit + u, n_hidden, 3, f.width,
                                          w + f.weight + u * f.width);
        for (; u < f.n_units; u++)
            SKWFM_NAME(skwfm_outer_units)(x + SKWFM_COLUMNS(f.column), row_length, rows, n_rows,
                                          coef + unit + u, n_hidden, 1, f.width,
                                          w + f.weight + u * f.width);
    }
}

/* w += step x on one receptive field. */
static SKWFM_CLONES void SKWFM_NAME(skwfm_add_row)(
    const SKWFM_X *x, SKWFM_T step, int64_t width, SKWFM_T *w)
{
    for (int64_t j = 0; j < width; j += SKWFM_LANES) {
        SKWFM_V v;
        memcpy(&v, w + j, sizeof v);
        v += SKWFM_NAME(skwfm_times)(SKWFM_NAME(skwfm_load)(x, j),
                                     (SKWFM_V){0} + step);
        memcpy(w + j, &v, sizeof v);
    }
}

#undef SKWFM_X
#undef SKWFM_LOADED
#undef SKWFM_COLUMNS
#undef SKWFM_NAME
