"""The primitives of simd.h under one name each, for every pair of types."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

ctypedef fused weights_t:
    float
    double

ctypedef fused inputs_t:
    uint8_t
    float
    double

cdef extern from "simd.h" nogil:
    ctypedef struct skwfm_group:
        int64_t column
        int64_t length
        int64_t width
        int64_t weight
        int64_t n_units

    ctypedef struct skwfm_kernels:
        const char *name
        void (*fields_bf)(
            const uint8_t *, int64_t, const int64_t *, int64_t, const float *,
            const skwfm_group *, int64_t, float *, int64_t) noexcept nogil
        void (*fields_bd)(
            const uint8_t *, int64_t, const int64_t *, int64_t, const double *,
            const skwfm_group *, int64_t, double *, int64_t) noexcept nogil
        void (*fields_ff)(
            const float *, int64_t, const int64_t *, int64_t, const float *,
            const skwfm_group *, int64_t, float *, int64_t) noexcept nogil
        void (*fields_dd)(
            const double *, int64_t, const int64_t *, int64_t, const double *,
            const skwfm_group *, int64_t, double *, int64_t) noexcept nogil
        void (*outer_bf)(
            const uint8_t *, int64_t, const int64_t *, int64_t, const float *,
            const skwfm_group *, int64_t, float *, int64_t) noexcept nogil
        void (*outer_bd)(
            const uint8_t *, int64_t, const int64_t *, int64_t, const double *,
            const skwfm_group *, int64_t, double *, int64_t) noexcept nogil
        void (*outer_ff)(
            const float *, int64_t, const int64_t *, int64_t, const float *,
            const skwfm_group *, int64_t, float *, int64_t) noexcept nogil
        void (*outer_dd)(
            const double *, int64_t, const int64_t *, int64_t, const double *,
            const skwfm_group *, int64_t, double *, int64_t) noexcept nogil
        void (*add_row_bf)(const uint8_t *, float, int64_t, float *) noexcept nogil
        void (*add_row_bd)(const uint8_t *, double, int64_t, double *) noexcept nogil
        void (*add_row_ff)(const float *, float, int64_t, float *) noexcept nogil
        void (*add_row_dd)(const double *, double, int64_t, double *) noexcept nogil
        void (*normalise_f)(float *, const skwfm_group *, int64_t) noexcept nogil
        void (*tanh_f)(const float *, int64_t, float, float *, float *) noexcept nogil
        void (*cross_entropy_f)(float *, int64_t, float, float *) noexcept nogil
        void (*normalise_d)(double *, const skwfm_group *, int64_t) noexcept nogil
        void (*tanh_d)(
            const double *, int64_t, double, double *, double *) noexcept nogil
        void (*cross_entropy_d)(double *, int64_t, double, double *) noexcept nogil
        void (*sign_sums_d)(
            const uint64_t *, int64_t, int64_t, const double *, int64_t, double *,
            double *) noexcept nogil

    const skwfm_kernels *skwfm_active
    const skwfm_kernels *skwfm_levels
    int SKWFM_N_LEVELS
    bint skwfm_has_level(int)
    void skwfm_use(int)


# One name per primitive. Inputs are bits or of the weights' dtype; the other two pairs
# must be refused before any of these is reached.

cdef inline void simd_fields(
        const inputs_t *x, int64_t row_length, const int64_t *rows, int64_t n_rows,
        const weights_t *w, const skwfm_group *groups, int64_t n_groups,
        weights_t *out, int64_t n_hidden) noexcept nogil:
    if inputs_t is uint8_t and weights_t is float:
        skwfm_active.fields_bf(
            x, row_length, rows, n_rows, w, groups, n_groups, out, n_hidden)
    elif inputs_t is uint8_t and weights_t is double:
        skwfm_active.fields_bd(
            x, row_length, rows, n_rows, w, groups, n_groups, out, n_hidden)
    elif inputs_t is float and weights_t is float:
        skwfm_active.fields_ff(
            x, row_length, rows, n_rows, w, groups, n_groups, out, n_hidden)
    elif inputs_t is double and weights_t is double:
        skwfm_active.fields_dd(
            x, row_length, rows, n_rows, w, groups, n_groups, out, n_hidden)


cdef inline void simd_outer(
        const inputs_t *x, int64_t row_length, const int64_t *rows, int64_t n_rows,
        const weights_t *coef, const skwfm_group *groups, int64_t n_groups,
        weights_t *w, int64_t n_hidden) noexcept nogil:
    if inputs_t is uint8_t and weights_t is float:
        skwfm_active.outer_bf(
            x, row_length, rows, n_rows, coef, groups, n_groups, w, n_hidden)
    elif inputs_t is uint8_t and weights_t is double:
        skwfm_active.outer_bd(
            x, row_length, rows, n_rows, coef, groups, n_groups, w, n_hidden)
    elif inputs_t is float and weights_t is float:
        skwfm_active.outer_ff(
            x, row_length, rows, n_rows, coef, groups, n_groups, w, n_hidden)
    elif inputs_t is double and weights_t is double:
        skwfm_active.outer_dd(
            x, row_length, rows, n_rows, coef, groups, n_groups, w, n_hidden)


cdef inline void simd_add_row(
        const inputs_t *x, weights_t step, int64_t width,
        weights_t *w) noexcept nogil:
    if inputs_t is uint8_t and weights_t is float:
        skwfm_active.add_row_bf(x, step, width, w)
    elif inputs_t is uint8_t and weights_t is double:
        skwfm_active.add_row_bd(x, step, width, w)
    elif inputs_t is float and weights_t is float:
        skwfm_active.add_row_ff(x, step, width, w)
    elif inputs_t is double and weights_t is double:
        skwfm_active.add_row_dd(x, step, width, w)


cdef inline const inputs_t *simd_at(const inputs_t *row, int64_t column) noexcept nogil:
    """Where a column of a packed row begins; bits share bytes."""
    if inputs_t is uint8_t:
        return row + column // 8
    return row + column


cdef inline void simd_normalise(
        weights_t *w, const skwfm_group *groups, int64_t n_groups) noexcept nogil:
    if weights_t is float:
        skwfm_active.normalise_f(w, groups, n_groups)
    else:
        skwfm_active.normalise_d(w, groups, n_groups)


cdef inline void simd_tanh(
        const weights_t *x, int64_t n, weights_t scale, weights_t *value,
        weights_t *slope) noexcept nogil:
    if weights_t is float:
        skwfm_active.tanh_f(x, n, scale, value, slope)
    else:
        skwfm_active.tanh_d(x, n, scale, value, slope)


cdef inline void simd_cross_entropy(
        weights_t *t, int64_t n, weights_t gamma, weights_t *pull) noexcept nogil:
    if weights_t is float:
        skwfm_active.cross_entropy_f(t, n, gamma, pull)
    else:
        skwfm_active.cross_entropy_d(t, n, gamma, pull)
