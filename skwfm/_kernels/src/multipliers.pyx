"""Newton's method for the multiplier that holds the norm of Gaussian weights.

The equations are those of skwfm/inference/priors/multipliers.py. Weights next to each
other with the same precision, as +-1 inputs make them, enter only by sums of squares:
a step costs as much as there are different precisions.
"""

from libc.math cimport fabs, INFINITY, NAN
from libc.stdint cimport int64_t


cdef struct _Runs:
    # Of each run of weights with one precision: their number, that precision, and the
    # sums of A^2, A r and r^2.
    int64_t n_runs
    double *count
    double *precision
    double *squares
    double *products
    double *references


cdef struct _Trial:
    # At a trial Lambda: lambda, the mean of m^2 + v and its derivative by Lambda.
    double pull
    double size
    double slope


cdef int64_t _collect(const double[::1] linear, const double[::1] precision,
                      const double *reference, _Runs *runs) noexcept nogil:
    """Fill the runs; returns how many there are, 0 if a number is not finite."""
    cdef int64_t i, k = -1
    cdef double r, check = 0
    for i in range(linear.shape[0]):
        if k < 0 or precision[i] != runs.precision[k]:
            k += 1
            runs.precision[k] = precision[i]
            runs.count[k] = runs.squares[k] = 0
            runs.products[k] = runs.references[k] = 0
        r = 0 if reference == NULL else reference[i]
        runs.count[k] += 1
        runs.squares[k] += linear[i] * linear[i]
        runs.products[k] += linear[i] * r
        runs.references[k] += r * r
        # NaN once a number is infinite or NaN.
        check += 0 * linear[i] + 0 * precision[i]
    runs.n_runs = k + 1
    return runs.n_runs if check == 0 else 0


cdef double _pull(const _Runs *runs, double norm, double target,
                  double *seen) noexcept nogil:
    """The lambda that holds the overlap at a trial Lambda."""
    cdef int64_t k
    cdef double free = 0
    seen[0] = 0
    for k in range(runs.n_runs):
        seen[0] += runs.references[k] / (norm + runs.precision[k])
        free += runs.products[k] / (norm + runs.precision[k])
    return (target - free) / seen[0]


cdef _Trial _moments(const _Runs *runs, double norm, bint has_reference, double target,
                     double n_weights, double n_replicas, double gamma) noexcept nogil:
    cdef int64_t k
    cdef double alone, rho, variance, length, stiffening, seen = 1, along = 0
    cdef double others = max(n_replicas - 1, 1.0)
    cdef _Trial t
    t.size = t.slope = 0
    t.pull = _pull(runs, norm, target, &seen) if has_reference else 0
    for k in range(runs.n_runs):
        alone = 1 / (norm + runs.precision[k])
        length = (runs.squares[k] + t.pull * (2 * runs.products[k]
                                              + t.pull * runs.references[k]))
        length *= alone * alone
        rho = (n_replicas - 1) * gamma / (gamma * alone + n_replicas)
        variance = alone / (1 + rho * alone)
        # rho depends on the variance without it, hence the second factor.
        stiffening = rho * alone * rho * alone / others
        t.size += length + runs.count[k] * variance
        t.slope -= (2 * length * alone
                    + runs.count[k] * variance * variance * (1 + stiffening))
        along += (runs.products[k] + t.pull * runs.references[k]) * alone * alone
    if has_reference:
        t.slope += 2 * along * along / seen
    t.size /= n_weights
    t.slope /= n_weights
    return t


cdef double _solve(const _Runs *runs, bint has_reference, double target,
                   double n_weights, double n_replicas, double gamma, double start,
                   double tol, int64_t max_steps, _Trial *t) noexcept nogil:
    """Newton within brackets, bisection where it leaves them."""
    cdef int64_t k, _step
    cdef double least = INFINITY, low, high = INFINITY, norm, following
    for k in range(runs.n_runs):
        least = min(least, runs.precision[k])
    low = -least
    norm = start if start > low else low + 1
    for _step in range(max_steps):
        t[0] = _moments(runs, norm, has_reference, target, n_weights, n_replicas, gamma)
        if t.size > 1:
            low = norm
        else:
            high = norm
        # Newton on 1/size, which is nearly linear in Lambda.
        following = norm + t.size * (1 - t.size) / t.slope
        # Measured from the pole, where the digits of Lambda matter.
        if fabs(following - norm) <= tol * (fabs(norm) + norm + least):
            break
        if low < following < high:
            norm = following
        elif high == INFINITY:
            norm = low + 2 * max(norm - low, 1.0)
        else:
            norm = (low + high) / 2
    return norm


def solve_norm(const double[::1] linear, const double[::1] precision,
               const double[::1] reference, double overlap, double n_replicas,
               double gamma, double start, double tol, int64_t max_steps,
               double[:, ::1] scratch,     # (5, n)
               double[::1] mean,           # OUT
               double[::1] variance):      # OUT
    """Lambda and lambda, or a pair of NaN if A or B is not finite.

    `reference` may be None: then there is no lambda.
    """
    cdef int64_t i, n = linear.shape[0]
    cdef bint has_reference = reference is not None
    cdef const double *r = &reference[0] if has_reference else NULL
    cdef double norm, alone, rho
    cdef _Runs runs
    cdef _Trial t
    runs.count, runs.precision, runs.squares = (
        &scratch[0, 0], &scratch[1, 0], &scratch[2, 0])
    runs.products, runs.references = &scratch[3, 0], &scratch[4, 0]
    with nogil:
        if _collect(linear, precision, r, &runs) == 0:
            norm = t.pull = NAN
        else:
            norm = _solve(&runs, has_reference, overlap * n, n, n_replicas, gamma,
                          start, tol, max_steps, &t)
            for i in range(n):
                alone = 1 / (norm + precision[i])
                rho = (n_replicas - 1) * gamma / (gamma * alone + n_replicas)
                variance[i] = alone / (1 + rho * alone)
                mean[i] = linear[i] * alone
            if has_reference:
                for i in range(n):
                    mean[i] += t.pull * r[i] / (norm + precision[i])
    return norm, t.pull
