"""Answers of a fitted classifier: decision values, probabilities and classes."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skwfm import plugins
from skwfm.architectures.base import signs
from skwfm.architectures.optional import offers
from skwfm.classifiers.answers.calibration import NoisyMachine, log_odds
from skwfm.problem.inputs import validated
from skwfm.problem.intercepts import join_intercept
from skwfm.problem.problem import Problem
from skwfm.problem.validation import check_squares

_ROWS = 1024  # samples predicted at once where the inputs are integers
# Size of the decision where the probabilities disagree with the machine, which decides.
_UNDECIDED = 1e-12
# Relative size of what keeps apart probabilities that round to one.
_LAST_DIGITS = 1e-9


def _gives_probabilities(model):
    machine = getattr(model, "architecture_", None)
    machine = plugins.resolve("architectures", machine or model.architecture)
    if offers(machine, "channel"):
        return True
    raise AttributeError(
        f"{type(model).__name__} has no probabilities with {machine!r}, which has no "
        "`channel`: write one as skwfm.architectures.Architecture describes it, or use "
        "sklearn.calibration.CalibratedClassifierCV."
    )


class AnswersMixin:
    """What the machines say, one for two classes, else one for each class.

    A machine is ``architecture_`` with the weights ``coef_`` and ``intercept_``; with
    ``answer_noise_`` it gives probabilities.
    """

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Give the log-odds of the classes.

        Votes of units are few and often tie. Noise in the units' fields, fitted on the
        training patterns, makes them log-odds of a label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes the log-odds of ``classes_[1]``, whose sign is the machine's
            answer: next to zero where the odds alone would say otherwise. For more
            classes the log-odds of each against all others. Where `architecture_` has
            no channel, the votes: for a committee the sum of the units' signs over
            sqrt(n_hidden), for a parity machine their product.
        """
        check_is_fitted(self)
        # Integers stay what they are: in float64 they take up to 8 times the memory.
        return self._decisions(validated(self, X, reset=False))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Predicted labels: the machine's answers for two classes, else the classes
            with the highest decision values.
        """
        check_is_fitted(self)
        return self._predicted(validated(self, X, reset=False))

    @available_if(_gives_probabilities)
    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Give the probabilities of the classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities of ``classes_``: for two classes those of the log-odds, for
            more those of each against all others, divided by their sum.
        """
        return _probabilities(self.decision_function(X))

    @available_if(_gives_probabilities)
    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Give the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Logarithms of what `predict_proba` gives, from the log-odds: no digits are
            lost next to a probability of one. -inf where it gives zero.
        """
        decision = self.decision_function(X)
        if decision.ndim == 1:
            logs = log_expit(_both_classes(decision))
        else:
            logs = log_softmax(_unnormalised(decision), axis=1)
            # Unless no class is possible, which makes them equally likely.
            is_possible = decision > -np.inf
            is_impossible = ~is_possible & is_possible.any(axis=1)[:, None]
            logs = _highest_at(np.where(is_impossible, -np.inf, logs), decision)
        return np.where(_probabilities(decision) > 0, logs, -np.inf)

    def _decisions(self, X, problem=None):
        if len(self.classes_) == 2:
            return self._decision(X)
        first = self.machines_[0]
        problem = first._laid_out(X) if problem is None else problem
        return np.column_stack([m._decision(X, problem) for m in self.machines_])

    def _laid_out(self, X):
        """The machine on inputs, which those of the other classes share, if needed."""
        has_noise = getattr(self, "answer_noise_", None) is not None
        return self._problem_on(X) if has_noise else None

    def _predicted(self, X, problem=None):
        """Classes of inputs that have been validated, and have no names any more."""
        if len(self.classes_) > 2:
            return self.classes_[self._decisions(X, problem).argmax(axis=1)]
        return self._named(self._choices(X))

    def _choices(self, X):
        """Numbers whose signs are the classes that are predicted, of two."""
        return self._answers(X)

    def _answers(self, X):
        """Numbers whose signs are the answers of the machine `coef_`."""
        if X.dtype.kind == "f":
            return self._votes(X)
        # NumPy would turn all the integers into floats at once.
        rows = (X[i : i + _ROWS] for i in range(0, len(X), _ROWS))
        return np.concatenate([self._votes(block) for block in rows])

    def _votes(self, X):
        fields = X @ self.coef_.T + self.intercept_
        return self.architecture_.decision(signs(fields))

    def _decision(self, X, problem=None):
        votes = self._answers(X)
        # Users may set the weights themselves; then nothing is known about noise.
        if getattr(self, "answer_noise_", None) is None:
            return votes
        return decide(self._log_odds(X, problem), votes)

    def _log_odds(self, X, problem=None):
        noise = self.answer_noise_
        machine = NoisyMachine(self._problem_on(X, problem), self._dense_weights())
        return log_odds(machine.log_probabilities(noise.field_noise), noise.label_noise)

    @property
    def _has_intercept(self):
        """Whether units were fitted with intercepts, whatever `set_params` says."""
        # Models saved by older versions, or put together by hand, have no more to tell.
        return vars(self).get("_fitted_intercept", self.fit_intercept)

    def _dense_weights(self):
        """Weights of each unit, that on the constant input last."""
        if not self._has_intercept:
            return self.coef_
        return join_intercept(self.coef_, self.intercept_, self.intercept_scaling_)

    def _problem_on(self, X, problem=None):
        """The machine on inputs whose labels do not matter.

        That may be the problem of another class, if their constant inputs are equal.
        """
        if problem is not None and np.array_equal(
            problem.intercept_scaling, self.intercept_scaling_
        ):
            return problem
        check_squares(X)
        machine = self.architecture_, self._has_intercept, self.intercept_scaling_
        return Problem(X, np.ones(X.shape[0]), *machine)

    def _with_names(self, X):
        """Inputs as callbacks may hand them on to this classifier."""
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            return X
        try:
            import pandas as pd
        except ImportError:  # names came from another library's frames
            return X
        return pd.DataFrame(X, columns=names, copy=False)

    def _named(self, answers):
        return self.classes_[(answers > 0).astype(int)]


def _probabilities(decision):
    if decision.ndim == 1:
        # Not one minus the other, which would round to zero from odds of 37.
        return expit(_both_classes(decision))
    return _highest_at(softmax(_unnormalised(decision), axis=1), decision)


def _both_classes(log_odds):
    """Log-odds of each of two classes, from those of the second."""
    return np.column_stack([-log_odds, log_odds])


def _unnormalised(decision):
    """Log-probabilities of each class against all others, which need not sum to one.

    In logs: all may be next to zero, and several next to one, where the last digits
    still tell their order.
    """
    finite = np.nan_to_num(decision)
    return log_expit(finite) + _LAST_DIGITS * finite / (1 + np.abs(finite))


def _highest_at(proba, decision):
    """Break ties of rounding: the class that is predicted has the highest.

    Of probabilities or their logarithms, in place.
    """
    chosen = np.nan_to_num(decision).argmax(axis=1)
    rows = np.arange(len(proba))
    is_tied = proba.argmax(axis=1) != chosen
    above = np.nextafter(proba.max(axis=1), 1)
    proba[rows[is_tied], chosen[is_tied]] = above[is_tied]
    return proba


def decide(log_odds, answers):
    """Let log-odds have the sign of the answers, next to zero if it is the other one.

    Parameters
    ----------
    log_odds : ndarray of shape (n_samples,)
        Log-odds.
    answers : ndarray of shape (n_samples,)
        Numbers whose signs are the answers; zero counts as -1.

    Returns
    -------
    decision : ndarray of shape (n_samples,)
        Log-odds with the sign of the answers.
    """
    sign = np.where(answers > 0, 1.0, -1.0)
    return np.where(log_odds * sign > 0, log_odds, sign * _UNDECIDED)
