/* Sums of numbers with signs, included by training.h for doubles.
 *
 * A product of a matrix of +-1 with a vector takes four of its signs at once, as an
 * index into the 16 sums that four terms can have. `words` (n_blocks, n_words, 8) holds
 * the bits of eight rows side by side: bit j of word k of a row is set where the sign
 * of term 64 k + j is minus.
 *
 * Each row has two sums, of its even and odd indices: the order of the additions does
 * not depend on the instruction set. */

/* The sums of four terms: the bits of an index tell which of them are subtracted. */
SKWFM_INLINE void SKWFM_MATH(sums_of_four)(const SKWFM_T *t, SKWFM_T *table)
{
    typedef SKWFM_T four __attribute__((vector_size(4 * sizeof(SKWFM_T))));
    const four first = {1, -1, 1, -1}, second = {1, 1, -1, -1};
    const four low = t[0] * first + t[1] * second;
    const SKWFM_T sum = t[2] + t[3], difference = t[3] - t[2];
    const four part[4] = {low + sum, low + difference, low - difference, low - sum};
    memcpy(table, part, sizeof part);
}

/* table[16 k + i]: the sums of terms 4 k to 4 k + 3. Missing terms are zero. */
static void SKWFM_MATH(sign_table)(const SKWFM_T *terms, int64_t n_terms, SKWFM_T *table)
{
    int64_t k = 0;
    for (; k + 4 <= n_terms; k += 4, table += 16)
        SKWFM_MATH(sums_of_four)(terms + k, table);
    if (k < n_terms) {
        SKWFM_T last[4] = {0};
        memcpy(last, terms + k, (n_terms - k) * sizeof *last);
        SKWFM_MATH(sums_of_four)(last, table);
    }
}

/* Sums of 8 n_blocks rows; the blocks are `stride` words apart. */
SKWFM_INLINE void SKWFM_MATH(sign_block)(
    const uint64_t *words, int64_t stride, int n_blocks, int64_t n_lookups,
    const SKWFM_T *table, SKWFM_T *sums)
{
#if SKWFM_PERMUTES
    __m512d even[4], odd[4];
    for (int b = 0; b < n_blocks; b++)
        even[b] = odd[b] = _mm512_setzero_pd();
    for (int64_t k = 0; k < n_lookups; words += 8) {
        __m512i word[4];
        for (int b = 0; b < n_blocks; b++)
            word[b] = _mm512_loadu_si512(words + b * stride);
        const int64_t end = k + 16 < n_lookups ? k + 16 : n_lookups;
        for (; k < end; k += 2, table += 32)
            for (int b = 0; b < n_blocks; b++) {
                /* Only the last four bits of a lane are its index. */
                even[b] = _mm512_add_pd(even[b], _mm512_permutex2var_pd(
                    _mm512_loadu_pd(table), word[b], _mm512_loadu_pd(table + 8)));
                word[b] = _mm512_srli_epi64(word[b], 4);
                odd[b] = _mm512_add_pd(odd[b], _mm512_permutex2var_pd(
                    _mm512_loadu_pd(table + 16), word[b], _mm512_loadu_pd(table + 24)));
                word[b] = _mm512_srli_epi64(word[b], 4);
            }
    }
    for (int b = 0; b < n_blocks; b++)
        _mm512_storeu_pd(sums + 8 * b, _mm512_add_pd(even[b], odd[b]));
#else
    for (int64_t r = 0; r < 8 * n_blocks; r += 2) {
        const uint64_t *row = words + r / 8 * stride + r % 8;
        const SKWFM_T *t = table;
        /* Two rows at once hide the latency of the additions. */
        SKWFM_T even[2] = {0}, odd[2] = {0};
        for (int64_t k = 0; k < n_lookups; row += 8) {
            uint64_t first = row[0], second = row[1];
            const int64_t end = k + 16 < n_lookups ? k + 16 : n_lookups;
            for (; k < end; k += 2, t += 32) {
                even[0] += t[first & 15];
                even[1] += t[second & 15];
                odd[0] += t[16 + (first >> 4 & 15)];
                odd[1] += t[16 + (second >> 4 & 15)];
                first >>= 8;
                second >>= 8;
            }
        }
        sums[r] = even[0] + odd[0];
        sums[r + 1] = even[1] + odd[1];
    }
#endif
}

/* out[r] = sum over j of +-terms[j] for every row of one product; `table` holds
 * 4 n_terms + 32 numbers. */
static void SKWFM_MATH(sign_sums)(
    const uint64_t *words, int64_t stride, int64_t n_rows, const SKWFM_T *terms,
    int64_t n_terms, SKWFM_T *table, SKWFM_T *out)
{
    /* An even number of lookups: the last one may be all zeros. */
    const int64_t n_lookups = (n_terms + 7) / 8 * 2;
    memset(table + 16 * (n_lookups - 1), 0, 16 * sizeof *table);
    SKWFM_MATH(sign_table)(terms, n_terms, table);
    int64_t r = 0;
    for (; r + 32 <= n_rows; r += 32)
        SKWFM_MATH(sign_block)(words + r / 8 * stride, stride, 4, n_lookups, table,
                               out + r);
    for (; r < n_rows; r += 8) {
        SKWFM_T last[8];
        SKWFM_MATH(sign_block)(words + r / 8 * stride, stride, 1, n_lookups, table,
                               last);
        memcpy(out + r, last, (n_rows - r < 8 ? n_rows - r : 8) * sizeof *out);
    }
}
