"""Training loops over packed patterns: least-action and cross-entropy epochs.

Conventions of every function: `x` (n_samples, n_columns) packed inputs of the dtype of
the weights, or bits in uint8 for +-1 inputs; `rows` the samples to visit, in order; `w`
the flat packed weights; `groups` (n_groups, 5) the receptive fields (see levels.h);
`labels` (n_samples,) +-1; `importance` (n_samples,) factors of the samples' steps, or
None where all are 1. `rule` is COMMITTEE or PARITY. Scratch is the caller's. The
batch is visited in place, nothing is copied.
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef extern from *:
    """
    #define SKWFM_KERNELS_FILE "training.h"
    """

include "instruction_sets.pxi"

# For every pair of types of inputs and weights that `_check_pair` lets pass.
cdef extern from * nogil:
    void skwfm_fields(...)
    void skwfm_outer(...)
    void skwfm_add_row(...)
    void skwfm_normalise(...)
    void skwfm_tanh(...)
    void skwfm_cross_entropy(...)
    void skwfm_sign_sums "skwfm_active->sign_sums_d"(...)

ctypedef fused weights_t:
    float
    double

ctypedef fused inputs_t:
    uint8_t
    float
    double

cdef enum:
    _COMMITTEE = 0
    _PARITY = 1
    # Samples looked at together when searching for errors: enough for the blocks of
    # four, few enough to stop early.
    _SEARCH = 64

COMMITTEE = _COMMITTEE
PARITY = _PARITY
SEARCH = _SEARCH


cdef int _check_pair(const inputs_t[:, ::1] x, const weights_t[::1] w) except -1:
    if inputs_t is float and weights_t is double:
        raise TypeError("float32 inputs need float32 weights")
    elif inputs_t is double and weights_t is float:
        raise TypeError("float64 inputs need float64 weights")
    else:
        return 0


cdef inline const weights_t *_first(const weights_t[::1] numbers) noexcept:
    """Where an optional vector begins; NULL if it is None."""
    return NULL if numbers is None else &numbers[0]


cdef inline const inputs_t *_at(const inputs_t *row, int64_t column) noexcept nogil:
    """Where a column of a packed row begins; bits share bytes."""
    if inputs_t is uint8_t:
        return row + column // 8
    return row + column


cdef inline bint _is_wrong(const weights_t *h, int64_t n_hidden, weights_t label,
                           int rule) noexcept nogil:
    cdef int64_t l, positive = 0
    for l in range(n_hidden):
        positive += h[l] >= 0
    if rule == _COMMITTEE:
        return (2 * positive > n_hidden) != (label > 0)
    return ((n_hidden - positive) % 2 == 0) != (label > 0)


cdef inline int64_t _unit_to_fix(const weights_t *h, int64_t n_hidden, weights_t label,
                                 int rule) noexcept nogil:
    """The unit easiest to flip among those whose flip helps."""
    cdef int64_t l, best = -1
    cdef weights_t size, smallest = 0
    for l in range(n_hidden):
        if rule == _COMMITTEE and (h[l] >= 0) == (label > 0):
            continue
        size = -h[l] if h[l] < 0 else h[l]
        if best < 0 or size < smallest:
            best = l
            smallest = size
    return best


cdef int64_t _lal_batch(const inputs_t *x, int64_t row_length, const int64_t *rows,
                        int64_t n_rows, const weights_t *labels,
                        const weights_t *importance, weights_t *w,
                        const skwfm_group *groups, int64_t n_groups, int64_t n_hidden,
                        weights_t eta, int rule, weights_t *h) noexcept nogil:
    cdef int64_t s, unit, g, n_wrong = 0
    cdef weights_t step
    cdef const weights_t *field
    cdef skwfm_group f
    skwfm_fields(x, w, row_length, rows, n_rows, groups, n_groups, h, n_hidden)
    for s in range(n_rows):
        field = h + s * n_hidden
        if not _is_wrong(field, n_hidden, labels[rows[s]], rule):
            continue
        n_wrong += 1
        unit = _unit_to_fix(field, n_hidden, labels[rows[s]], rule)
        step = -eta if field[unit] >= 0 else eta
        if importance is not NULL:
            step *= importance[rows[s]]
        g = 0
        while unit >= groups[g].n_units:
            unit -= groups[g].n_units
            g += 1
        f = groups[g]
        skwfm_add_row(_at(x + rows[s] * row_length, f.column),
                      w + f.weight + unit * f.width, step, f.width)
    return n_wrong


def fields(const inputs_t[:, ::1] x, const int64_t[::1] rows, const weights_t[::1] w,
           const int64_t[:, ::1] groups,
           weights_t[:, ::1] h):   # OUT (n_rows, n_hidden)
    """Preactivation of every unit on the given samples."""
    _check_pair(x, w)
    if rows.shape[0] == 0:
        return
    with nogil:
        skwfm_fields(&x[0, 0], &w[0], x.shape[1], &rows[0], rows.shape[0],
                     <const skwfm_group *> &groups[0, 0], groups.shape[0], &h[0, 0],
                     h.shape[1])


def outer(const inputs_t[:, ::1] x, const int64_t[::1] rows,
          const weights_t[:, ::1] coef, const int64_t[:, ::1] groups,
          weights_t[::1] w):       # IN/OUT
    """Add sum_s coef[s, l] x_s to the weights of every unit l."""
    _check_pair(x, w)
    if rows.shape[0] == 0:
        return
    with nogil:
        skwfm_outer(&x[0, 0], &w[0], x.shape[1], &rows[0], rows.shape[0], &coef[0, 0],
                    <const skwfm_group *> &groups[0, 0], groups.shape[0],
                    coef.shape[1])


def sign_sums(const uint64_t[::1] words, const int64_t[:, ::1] products,
              const double[::1] terms, double[::1] table,
              double[::1] out):    # OUT
    """Products of matrices of signs with vectors; see signs.h.

    A row of `products` is one of them: its first word, the words from one block of
    eight rows to the next, the number of rows, its first term, the number of terms and
    where its sums go. `table` holds 4 n_terms + 32 numbers.
    """
    cdef int64_t k
    with nogil:
        for k in range(products.shape[0]):
            skwfm_sign_sums(
                &words[products[k, 0]], products[k, 1], products[k, 2],
                &terms[products[k, 3]], products[k, 4], &table[0], &out[products[k, 5]])


def normalise(const int64_t[:, ::1] groups,
              weights_t[::1] w):   # IN/OUT
    """Give every unit's weights norm one."""
    with nogil:
        skwfm_normalise(&w[0], <const skwfm_group *> &groups[0, 0], groups.shape[0])


def tanh(const weights_t[::1] x, double scale,
         weights_t[::1] value,     # OUT
         weights_t[::1] slope):    # OUT
    """Put tanh(scale x) and its slope 1 - tanh^2; lengths are multiples of 16."""
    with nogil:
        skwfm_tanh(&x[0], x.shape[0], <weights_t> scale, &value[0], &slope[0])


def cross_entropy(weights_t[::1] t,        # IN/OUT: becomes the loss
                  double gamma,
                  weights_t[::1] pull):    # OUT
    """Put f_gamma(t) and -f_gamma'(t); lengths are multiples of 16."""
    with nogil:
        skwfm_cross_entropy(&t[0], t.shape[0], <weights_t> gamma, &pull[0])


def count_errors(const inputs_t[:, ::1] x, const weights_t[::1] labels,
                 const weights_t[::1] w, const int64_t[:, ::1] groups, int rule,
                 const int64_t[::1] rows,
                 weights_t[:, ::1] h,      # scratch (>= 64, n_hidden)
                 bint stop_at_first=False):
    """Number of wrong patterns, or 1 as soon as one is found."""
    _check_pair(x, w)
    cdef const skwfm_group *g = <const skwfm_group *> &groups[0, 0]
    cdef int64_t start, n, s, n_wrong = 0, n_hidden = h.shape[1]
    with nogil:
        start = 0
        while start < rows.shape[0]:
            n = min(<int64_t> _SEARCH, rows.shape[0] - start)
            skwfm_fields(&x[0, 0], &w[0], x.shape[1], &rows[start], n, g,
                         groups.shape[0], &h[0, 0], n_hidden)
            for s in range(n):
                n_wrong += _is_wrong(&h[s, 0], n_hidden, labels[rows[start + s]], rule)
            if stop_at_first and n_wrong:
                n_wrong = 1
                break
            start += n
    return n_wrong


def lal_epoch(const inputs_t[:, ::1] x, const weights_t[::1] labels,
              const int64_t[::1] rows, int64_t batch_size, weights_t[::1] w,
              const int64_t[:, ::1] groups, double eta, int rule,
              weights_t[:, ::1] h,         # scratch (>= batch_size, n_hidden)
              const weights_t[::1] importance=None):
    """Least-action learning over all batches; returns the errors met on the way."""
    _check_pair(x, w)
    cdef const weights_t *importances = _first(importance)
    cdef const skwfm_group *g = <const skwfm_group *> &groups[0, 0]
    cdef int64_t start, n, n_wrong = 0
    with nogil:
        start = 0
        while start < rows.shape[0]:
            n = min(batch_size, rows.shape[0] - start)
            n_wrong += _lal_batch(&x[0, 0], x.shape[1], &rows[start], n, &labels[0],
                                  importances, &w[0], g, groups.shape[0], h.shape[1],
                                  <weights_t> eta, rule, &h[0, 0])
            skwfm_normalise(&w[0], g, groups.shape[0])
            start += n
    return n_wrong


def elal_batch(const inputs_t[:, ::1] x, const weights_t[::1] labels,
               const int64_t[:, ::1] rows,     # (n_replicas, n_samples) permutations
               int64_t start, int64_t n_rows,
               weights_t[:, ::1] replicas,     # IN/OUT (n_replicas, n_weights)
               const weights_t[::1] mean,
               const int64_t[:, ::1] groups, double eta, double coupling, int rule,
               weights_t[:, ::1] h,            # scratch (>= n_rows, n_hidden)
               const weights_t[::1] importance=None):
    """One batch of every replica: least action, pull to the mean, renormalise."""
    _check_pair(x, mean)
    cdef const weights_t *importances = _first(importance)
    cdef const skwfm_group *g = <const skwfm_group *> &groups[0, 0]
    cdef int64_t a, i, n_wrong = 0
    cdef weights_t pull = <weights_t> (coupling * eta)
    cdef weights_t *w
    with nogil:
        for a in range(replicas.shape[0]):
            w = &replicas[a, 0]
            n_wrong += _lal_batch(&x[0, 0], x.shape[1], &rows[a, start], n_rows,
                                  &labels[0], importances, w, g, groups.shape[0],
                                  h.shape[1], <weights_t> eta, rule, &h[0, 0])
            for i in range(replicas.shape[1]):
                w[i] += pull * (mean[i] - w[i])
            skwfm_normalise(w, g, groups.shape[0])
    return n_wrong


def replica_mean(const weights_t[:, ::1] replicas,
                 weights_t[::1] mean):         # OUT
    """Mean over replicas, summed in their order: the same bits on any thread."""
    cdef int64_t a, i
    with nogil:
        for i in range(mean.shape[0]):
            mean[i] = 0
        for a in range(replicas.shape[0]):
            for i in range(mean.shape[0]):
                mean[i] += replicas[a, i]
        for i in range(mean.shape[0]):
            mean[i] /= replicas.shape[0]


cdef void _output_slopes(const weights_t *tanhs, weights_t *slopes, int64_t n_hidden,
                         int rule, weights_t *delta) noexcept nogil:
    """Delta of one pattern; slopes become its derivatives by beta x_l."""
    cdef int64_t l
    cdef weights_t root, product = 1
    delta[0] = 0
    if rule == _COMMITTEE:
        root = <weights_t> (1 / sqrt(<double> n_hidden))
        for l in range(n_hidden):
            delta[0] += tanhs[l]
            slopes[l] *= root
        delta[0] *= root
        return
    # Products of all the others, from both ends, so that a zero never divides.
    for l in range(n_hidden):
        slopes[l] *= product
        product *= tanhs[l]
    delta[0] = product
    product = 1
    for l in range(n_hidden - 1, -1, -1):
        slopes[l] *= product
        product *= tanhs[l]


cdef double _loss_and_pulls(const weights_t *h, int64_t n_rows, int64_t n_hidden,
                            const int64_t *rows, const weights_t *labels,
                            const weights_t *importance, double gamma, double beta,
                            int rule, weights_t *tanhs, weights_t *slopes,
                            weights_t *margin, weights_t *pull) noexcept nogil:
    """Summed loss; `pull` becomes -f' and `slopes` dDelta/d(beta x) of each pattern."""
    cdef int64_t s, padded = (n_rows + 15) & ~15
    cdef double loss = 0
    skwfm_tanh(h, (n_rows * n_hidden + 15) & ~15, <weights_t> beta, tanhs, slopes)
    for s in range(n_rows):
        _output_slopes(tanhs + s * n_hidden, slopes + s * n_hidden, n_hidden, rule,
                       margin + s)
        margin[s] *= labels[rows[s]]
    for s in range(n_rows, padded):
        margin[s] = 0
    skwfm_cross_entropy(margin, padded, <weights_t> gamma, pull)
    if importance is not NULL:
        for s in range(n_rows):
            margin[s] *= importance[rows[s]]
            pull[s] *= importance[rows[s]]
    for s in range(n_rows):
        loss += margin[s]
    return loss


def cesgd_epoch(const inputs_t[:, ::1] x, const weights_t[::1] labels,
                const int64_t[::1] rows, int64_t batch_size, weights_t[::1] w,
                const int64_t[:, ::1] groups, double eta, double gamma, double beta,
                int rule,
                # scratch: (4, >= n_batch * n_hidden + 16), the entries finite
                weights_t[:, ::1] scratch, int64_t n_hidden,
                const weights_t[::1] importance=None):
    """Cross-entropy gradient steps over all batches; returns the loss met on the way.

    With eta = 0 the weights stay and the loss of the given rows is returned.
    """
    _check_pair(x, w)
    cdef const skwfm_group *g = <const skwfm_group *> &groups[0, 0]
    cdef const weights_t *importances = _first(importance)
    cdef weights_t *h = &scratch[0, 0]
    cdef weights_t *slopes = &scratch[1, 0]
    cdef weights_t *tanhs = &scratch[2, 0]
    cdef weights_t *margin = &scratch[3, 0]
    # The pulls are needed when the tanh values are not any more.
    cdef weights_t *pull = tanhs
    cdef int64_t start, n, s, l
    cdef weights_t step
    cdef double loss = 0
    with nogil:
        start = 0
        while start < rows.shape[0]:
            n = min(batch_size, rows.shape[0] - start)
            skwfm_fields(&x[0, 0], &w[0], x.shape[1], &rows[start], n, g,
                         groups.shape[0], h, n_hidden)
            loss += _loss_and_pulls(h, n, n_hidden, &rows[start], &labels[0],
                                    importances, gamma, beta, rule, tanhs, slopes,
                                    margin, pull)
            if eta != 0:
                for s in range(n):
                    step = <weights_t> (eta * beta) * labels[rows[start + s]] * pull[s]
                    for l in range(n_hidden):
                        slopes[s * n_hidden + l] *= step
                skwfm_outer(&x[0, 0], &w[0], x.shape[1], &rows[start], n, slopes, g,
                            groups.shape[0], n_hidden)
                skwfm_normalise(&w[0], g, groups.shape[0])
            start += n
    return loss
