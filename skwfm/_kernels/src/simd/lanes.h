/* Native vectors of one precision, included by the kernels' headers. */
typedef SKWFM_T SKWFM_V __attribute__((vector_size(SKWFM_BYTES)));
typedef SKWFM_INTEGER SKWFM_I __attribute__((vector_size(SKWFM_BYTES)));

/* Lanes of a where the mask is set, of b elsewhere. */
SKWFM_INLINE SKWFM_V SKWFM_MATH(select)(SKWFM_I mask, SKWFM_V a, SKWFM_V b)
{
    return (SKWFM_V)((mask & (SKWFM_I)a) | (~mask & (SKWFM_I)b));
}

/* Sum over the lanes of SKWFM_PARTS vectors by halving, 64 bytes to 16 to one number:
 * the order does not depend on the size of a vector. */
SKWFM_INLINE SKWFM_T SKWFM_MATH(total)(const SKWFM_V *part)
{
    typedef SKWFM_T quarter __attribute__((vector_size(16)));
    union { SKWFM_V v[SKWFM_PARTS]; quarter q[4]; } a;
    for (int p = 0; p < SKWFM_PARTS; p++)
        a.v[p] = part[p];
    const quarter q = (a.q[0] + a.q[2]) + (a.q[1] + a.q[3]);
    const int last = 16 / sizeof(SKWFM_T) - 1;
    return last == 1 ? q[0] + q[1] : (q[0] + q[2 & last]) + (q[1] + q[3 & last]);
}

SKWFM_INLINE SKWFM_V SKWFM_MATH(load)(const SKWFM_T *x, int part)
{
    SKWFM_V v;
    memcpy(&v, x + part * SKWFM_LANES, sizeof v);
    return v;
}

/* The lanes of vector number `part` after the byte x, as +-1. */
SKWFM_INLINE SKWFM_V SKWFM_MATH(load_bits)(const uint8_t *x, int part)
{
    const int first = part * SKWFM_LANES % 8;
    x += part * SKWFM_LANES / 8;
#if SKWFM_SHIFTS
    /* Each lane moves its bit to the place of the sign. More bits are read than used,
     * which makes one broadcast of it; packed rows end with spare bytes for that. */
    const SKWFM_INTEGER sign = (SKWFM_INTEGER)(1ull << (8 * sizeof(SKWFM_T) - 1));
    SKWFM_INTEGER word;
    SKWFM_I place;
    memcpy(&word, x, sizeof word);
    memcpy(&place, SKWFM_JOIN(skwfm, place, SKWFM_S) + first, sizeof place);
    const SKWFM_I signs = ((SKWFM_I){0} + SKWFM_LITTLE(word)) << place;
    return (SKWFM_V)((signs & sign) | (SKWFM_I)((SKWFM_V){0} + 1));
#else
    /* A load from a table takes no vector instruction, and no register for masks. */
    const int bits = (*x >> first) & ((1 << SKWFM_LANES) - 1);
    return SKWFM_MATH(load)(SKWFM_JOIN(skwfm, signs, SKWFM_S)[bits], 0);
#endif
}
