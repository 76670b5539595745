/* The two passes over the patterns, included by training.h once per pair of types.
 *
 * A packed row holds each receptive field padded to a multiple of 16 columns; `rows`
 * lists the samples of a batch, visited where they lie. Padded weights must be zero
 * when fields are computed: skwfm_normalise sees to it after each update. */

/* x_s . w_u for n_rows samples and n_units units at once: as many independent sums hide
 * the latency of the additions, every load is used several times. One part of the lanes
 * of a sum after the other: all sums of a part fit in the registers. */
SKWFM_INLINE void SKWFM_NAME(dot_block)(
    const SKWFM_X *const *x, int n_rows, const SKWFM_T *w, int n_units, int64_t width,
    SKWFM_T *out, int64_t stride)
{
    SKWFM_V parts[SKWFM_ROWS][3][SKWFM_PARTS];
    for (int p = 0; p < SKWFM_PARTS; p++) {
        SKWFM_V sum[SKWFM_ROWS][3] = {{{0}}}, weight[3];
        for (int64_t j = 0; j < width; j += SKWFM_SUM_LANES) {
            for (int u = 0; u < n_units; u++)
                weight[u] = SKWFM_MATH(load)(w + u * width + j, p);
            for (int s = 0; s < n_rows; s++) {
                SKWFM_V input = SKWFM_LOAD(x[s] + SKWFM_COLUMNS(j), p);
                for (int u = 0; u < n_units; u++)
                    sum[s][u] += input * weight[u];
            }
        }
        for (int s = 0; s < n_rows; s++)
            for (int u = 0; u < n_units; u++)
                parts[s][u][p] = sum[s][u];
    }
    for (int s = 0; s < n_rows; s++)
        for (int u = 0; u < n_units; u++)
            out[s * stride + u] = SKWFM_MATH(total)(parts[s][u]);
}

SKWFM_INLINE void SKWFM_NAME(dot_units)(
    const SKWFM_X *const *x, int n_rows, const SKWFM_T *w, int64_t n_units,
    int64_t width, SKWFM_T *out, int64_t stride)
{
    int64_t u = 0;
    for (; u + 3 <= n_units; u += 3)
        SKWFM_NAME(dot_block)(x, n_rows, w + u * width, 3, width, out + u, stride);
    for (; u < n_units; u++)
        SKWFM_NAME(dot_block)(x, n_rows, w + u * width, 1, width, out + u, stride);
}

/* out[s, l] = x_s . w_l for every unit l; row s of `out` has n_hidden entries. */
static void SKWFM_NAME(fields)(
    const SKWFM_X *x, const SKWFM_T *w, int64_t row_length, const int64_t *rows,
    int64_t n_rows, const skwfm_group *groups, int64_t n_groups, SKWFM_T *out,
    int64_t n_hidden)
{
    const SKWFM_X *block[SKWFM_ROWS];
    for (int64_t g = 0, unit = 0; g < n_groups; unit += groups[g++].n_units) {
        const skwfm_group f = groups[g];
        int64_t s = 0;
        for (; s + SKWFM_ROWS <= n_rows; s += SKWFM_ROWS) {
            for (int k = 0; k < SKWFM_ROWS; k++)
                block[k] = x + rows[s + k] * row_length + SKWFM_COLUMNS(f.column);
            SKWFM_NAME(dot_units)(block, SKWFM_ROWS, w + f.weight, f.n_units, f.width,
                                  out + s * n_hidden + unit, n_hidden);
        }
        for (; s < n_rows; s++) {
            block[0] = x + rows[s] * row_length + SKWFM_COLUMNS(f.column);
            SKWFM_NAME(dot_units)(block, 1, w + f.weight, f.n_units, f.width,
                                  out + s * n_hidden + unit, n_hidden);
        }
    }
}

/* w_u += sum_s coef[s, u] x_s on n_vectors vectors of columns and n_units units, kept
 * in registers while the batch streams by. */
SKWFM_INLINE void SKWFM_NAME(outer_block)(
    const SKWFM_X *x, int64_t row_length, const int64_t *rows, int64_t n_rows,
    const SKWFM_T *coef, int64_t n_hidden, int n_units, int n_vectors, int64_t width,
    SKWFM_T *w)
{
    SKWFM_V sum[3][4];
    for (int u = 0; u < n_units; u++)
        for (int v = 0; v < n_vectors; v++)
            sum[u][v] = SKWFM_MATH(load)(w + u * width, v);
    for (int64_t s = 0; s < n_rows; s++) {
        const SKWFM_X *row = x + rows[s] * row_length;
        for (int v = 0; v < n_vectors; v++) {
            SKWFM_V input = SKWFM_LOAD(row, v);
            for (int u = 0; u < n_units; u++)
                sum[u][v] += input * coef[s * n_hidden + u];
        }
    }
    for (int u = 0; u < n_units; u++)
        for (int v = 0; v < n_vectors; v++)
            memcpy(w + u * width + v * SKWFM_LANES, &sum[u][v], sizeof(SKWFM_V));
}

SKWFM_INLINE void SKWFM_NAME(outer_units)(
    const SKWFM_X *x, int64_t row_length, const int64_t *rows, int64_t n_rows,
    const SKWFM_T *coef, int64_t n_hidden, int n_units, int64_t width, SKWFM_T *w)
{
    int64_t j = 0;
#define SKWFM_BLOCK(n_vectors)                                                      \
    SKWFM_NAME(outer_block)(x + SKWFM_COLUMNS(j), row_length, rows, n_rows, coef,   \
                            n_hidden, n_units, n_vectors, width, w + j)
    for (; j + 4 * SKWFM_LANES <= width; j += 4 * SKWFM_LANES)
        SKWFM_BLOCK(4);
    switch ((width - j) / SKWFM_LANES) {
    case 1: SKWFM_BLOCK(1); break;
    case 2: SKWFM_BLOCK(2); break;
    case 3: SKWFM_BLOCK(3); break;
    }
#undef SKWFM_BLOCK
}

/* w_l += sum_s coef[s, l] x_s for every unit l. */
static void SKWFM_NAME(outer)(
    const SKWFM_X *x, SKWFM_T *w, int64_t row_length, const int64_t *rows,
    int64_t n_rows, const SKWFM_T *coef, const skwfm_group *groups, int64_t n_groups,
    int64_t n_hidden)
{
    for (int64_t g = 0, unit = 0; g < n_groups; unit += groups[g++].n_units) {
        const skwfm_group f = groups[g];
        int64_t u = 0;
        for (; u + 3 <= f.n_units; u += 3)
            SKWFM_NAME(outer_units)(x + SKWFM_COLUMNS(f.column), row_length, rows,
                                    n_rows, coef + unit + u, n_hidden, 3, f.width,
                                    w + f.weight + u * f.width);
        for (; u < f.n_units; u++)
            SKWFM_NAME(outer_units)(x + SKWFM_COLUMNS(f.column), row_length, rows,
                                    n_rows, coef + unit + u, n_hidden, 1, f.width,
                                    w + f.weight + u * f.width);
    }
}

/* w += step x on one receptive field. */
static void SKWFM_NAME(add_row)(
    const SKWFM_X *x, SKWFM_T *w, SKWFM_T step, int64_t width)
{
    for (int64_t j = 0; j < width; j += SKWFM_SUM_LANES)
        for (int p = 0; p < SKWFM_PARTS; p++) {
            SKWFM_V v = SKWFM_MATH(load)(w + j, p);
            v += SKWFM_LOAD(x + SKWFM_COLUMNS(j), p) * step;
            memcpy(w + j + p * SKWFM_LANES, &v, sizeof v);
        }
}

#undef SKWFM_P
#undef SKWFM_X
#undef SKWFM_LOAD
#undef SKWFM_COLUMNS
