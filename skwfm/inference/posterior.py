"""Result of an engine: marginals, free entropy, and whether it converged."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skwfm.architectures import Layout
from skwfm.inference.ep.light import plain_spreads, spreads_of
from skwfm.inference.factors import Factors
from skwfm.problem.validation import check_squares

# Status of a run, and the advice that goes into the warning.
ADVICE = {
    "converged": "",
    "max_sweeps": (
        "{method} stopped at max_sweeps={n_iter} with residual {residual:.2g}: raise "
        "max_sweeps, raise damping, start from a posterior nearby (warm_start), or "
        "{instead}."
    ),
    "diverged": (
        "{method} diverged after {n_iter} sweeps: raise damping, start from a "
        "posterior nearby (warm_start), {instead}, or scale the features. {errors}"
    ),
    "impossible": (
        "{method} converged to marginals or a volume that cannot be, such as more "
        "solutions than there are weights: what it assumes does not hold here, or no "
        "weights satisfy all patterns; {instead}. {errors}"
    ),
    "contradiction": (
        "two equal patterns have different labels, or two opposite ones labels that "
        "no weights can give both, so that the log-volume is minus infinity, whatever "
        "{method} says: remove one (Factors.contradiction has their indices). {errors}"
    ),
    "interrupted": (
        "{method} was interrupted after {n_iter} sweeps; the posterior reached so far "
        "is kept."
    ),
    "stopped": (
        "a callback stopped {method} after {n_iter} sweeps, before it had converged."
    ),
    "no_correction": (
        "{method} converged, but the units depend on each other so strongly that its "
        "volume cannot be corrected: sample (local_entropy with method='mc'), or pass "
        "corrected=False for the uncorrected number."
    ),
}
# What to do where patterns cannot all be satisfied.
_ALLOW_ERRORS = (
    "If no weights can satisfy all patterns allow errors, or more of them: label_noise "
    "or beta_ne of Factors, max_errors of local_entropy, label_noise='auto' of "
    "FBPClassifier."
)
# Variance of a field of size 1 whose sign is certain.
_CERTAIN_VARIANCE = 0.01
# What to try in place of an engine: amp and bp take inputs as uncorrelated.
_INSTEAD = {
    "ep": "sample (local_entropy with method='mc')",
    None: "use method='ep' if the inputs are correlated",
}


@dataclass(frozen=True)
class Posterior:
    """Marginals of the weights and the log-volume of solutions.

    Parameters
    ----------
    layout : Layout
        How flat weights become matrices.
    flat_mean, flat_variance : ndarray of shape (n_weights,)
        Marginals of the weights, unit after unit, in the theory's norm
        ``||w_l||^2 = n_l``.
    log_evidence : float
        log Z of the Bethe (or EP) free entropy at the final multipliers, constants
        included; NaN if not converged, or if the prior couples replicas. With the
        correction, if one was asked for.
    converged : bool
        Whether the means changed by less than the tolerance in the last sweep, and the
        volumes exist.
    n_iter : int
        Sweeps done.
    residuals : ndarray of shape (n_iter,)
        Largest undamped change of a mean in each sweep.
    method : str
        The engine.
    status : str
        "converged", or why not: "max_sweeps", "diverged", "impossible",
        "contradiction", "interrupted", "stopped", "no_correction".
    n_samples : int
        Number of patterns.
    entropy : float, default=nan
        Entropy per weight of the weights that make as many errors as expected, less
        that of the prior: ``log_volume + beta_ne * expected_errors / n_weights``, in
        nats. `log_volume` itself at zero temperature.
    absolute_entropy : float, default=nan
        The same without subtracting the prior's: the Legendre transform of
        `log_evidence`. For +-1 weights the log of their number, per weight.
    correction : float, default=0.0
        Part of `log_evidence` that corrects the engine's own value, in nats.
    error : float, default=nan
        Estimated error of the corrected `log_evidence`, in nats.
    log_volume : float, default=nan
        Log of the fraction of weights that make no error, per weight; V1 if the prior
        holds an overlap. At finite temperature it is a free entropy: log Z per weight
        less the prior's volume.
    expected_errors : float, default=nan
        Mean number of errors under the posterior, patterns counted by their weights;
        NaN if the engine does not know it. Also with coupled replicas.
    log_predictive : float, default=nan
        Sum over patterns of the log-probability of the label given all others, at
        finite temperature: what leave-one-out would give, in nats. With coupled
        replicas it is optimistic, because the others have seen the pattern.
    cavity : tuple of two ndarrays of shape (n_samples, n_hidden) or None, default=None
        Means and variances of the fields of each pattern as all others have them, at
        finite temperature. None if the engine does not know them.
    multipliers : dict, default={}
        Final multipliers of the prior: "norm" (Lambda) and "overlap" (lambda), each an
        ndarray with one entry, or one per unit.
    spreads : list of n_hidden Spread or None, default=None
        Covariance of each unit's weights, if it was asked to be kept.
    state : object, default=None
        Messages for a warm start, in the engine's own form.
    """

    layout: Layout = field(repr=False)
    flat_mean: np.ndarray
    flat_variance: np.ndarray
    log_evidence: float
    converged: bool
    n_iter: int
    residuals: np.ndarray
    method: str
    status: str
    n_samples: int
    entropy: float = np.nan
    absolute_entropy: float = np.nan
    correction: float = 0.0
    error: float = np.nan
    log_volume: float = np.nan
    expected_errors: float = np.nan
    log_predictive: float = np.nan
    cavity: tuple | None = field(default=None, repr=False)
    multipliers: dict = field(default_factory=dict)
    spreads: list | None = field(default=None, repr=False)
    state: object = field(default=None, repr=False)

    def __getstate__(self):
        return {**vars(self), "spreads": plain_spreads(self.spreads)}

    def __setstate__(self, state):
        vars(self).update(state, spreads=spreads_of(state["spreads"]))

    @property
    def mean(self) -> np.ndarray:
        """Means as a matrix (n_hidden, n_features + fit_intercept)."""
        return self.layout.dense(self.flat_mean)

    @property
    def variance(self) -> np.ndarray:
        """Variances as such a matrix, zero outside the receptive fields."""
        return self.layout.dense(self.flat_variance)

    def field_moments(self, factors: Factors) -> tuple[np.ndarray, np.ndarray]:
        """Compute means and variances of the fields of any patterns.

        Parameters
        ----------
        factors : Factors
            Patterns for the same machine, usually new ones.

        Returns
        -------
        mean, variance : ndarray of shape (n_samples, n_hidden)
            From the covariances of the weights if they were kept; otherwise weights
            count as independent. Where no weight moves a field, as that of zeros, its
            sign is certain, + at 0, and it is given as ten standard deviations.

        Raises
        ------
        ValueError
            If squares of the inputs overflow.
        """
        check_squares(factors.inputs)
        mean = factors.fields(self.flat_mean)
        variance = self._field_variances(factors)
        certain = variance <= 0
        if certain.any():
            mean = np.where(certain, np.where(mean >= 0, 1.0, -1.0), mean)
            variance = np.where(certain, _CERTAIN_VARIANCE, variance)
        return mean, variance

    def _field_variances(self, factors):
        if self.spreads is None:
            return factors.variances(self.flat_variance)
        variance = [
            spread.field_variances(factors.unit_inputs(unit))
            for unit, spread in enumerate(self.spreads)
        ]
        return np.column_stack(variance)

    @property
    def advice(self) -> str:
        """What to do if the run did not converge, otherwise an empty string."""
        residual = self.residuals[-1] if len(self.residuals) else np.nan
        return ADVICE[self.status].format(
            method=self.method,
            n_iter=self.n_iter,
            residual=residual,
            instead=_INSTEAD.get(self.method, _INSTEAD[None]),
            errors=_ALLOW_ERRORS,
        )
