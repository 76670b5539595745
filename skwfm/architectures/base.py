"""The interface of a two-layer machine of sign units with a fixed output rule."""

from abc import ABC, abstractmethod
from numbers import Integral
from typing import Literal

import numpy as np

from skwfm._shown import shown
from skwfm.architectures.pairs import sum_over_states
from skwfm.architectures.parameters import Parametrised
from skwfm.architectures.symmetries import try_mirror_sign

# Properties that a class declares, and the methods on which they depend. A subclass
# that overrides one of these methods does not inherit the property.
_CLAIMS = {
    "_compiled_rule": ("output", "smooth", "unit_to_fix"),
    "mirror_sign": ("output",),
    "is_monotone": ("output", "smooth"),
    "theory_name": ("output", "receptive_fields"),
}


class Architecture(Parametrised, ABC):
    """A layer of sign units, and the rule that combines them into one output.

    To write your own, subclass this, implement `receptive_fields` and `output`, and
    whichever of the optional methods your algorithms need. Plain NumPy is enough: the
    two costly stages of every loop (fields from weights, weights from fields) are
    compiled and do not depend on the output rule. Check it with
    :func:`skwfm.testing.check_architecture`.

    Parameters
    ----------
    n_hidden : int, default=9
        Number of hidden units K. Store every parameter of your constructor under its
        name, as scikit-learn's estimators do: then it can be searched, as
        ``architecture__n_hidden`` for instance.

    Attributes
    ----------
    is_monotone : bool
        Whether the smooth decision never decreases with a field; False by default.
    theory_name : str or None
        Name of the machine in :mod:`skwfm.theory`, if there are formulas for it.

    Notes
    -----
    Arrays have shape (n_samples, n_hidden) for fields (preactivations
    ``x_l = w_l . xi_l + b_l``) and hidden units, (n_samples,) for outputs and labels,
    which are +-1. A field of exactly 0 counts as +1 everywhere.
    """

    _compiled_rule = None  # or one of those in skwfm/_kernels/src/training.pyx
    is_monotone = False
    theory_name = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for claim, methods in _CLAIMS.items():
            owner = next(c for c in cls.__mro__ if claim in vars(c))
            differ = (getattr(cls, m) is not getattr(owner, m, None) for m in methods)
            if any(differ) and owner is not Architecture:
                setattr(cls, claim, vars(Architecture)[claim])

    def __init__(self, n_hidden: int = 9):
        is_integer = isinstance(n_hidden, Integral) and not isinstance(n_hidden, bool)
        if not is_integer or n_hidden < 1:
            raise ValueError(
                f"n_hidden={shown(n_hidden)} is not a number of hidden units: pass an "
                "integer >= 1."
            )
        self.n_hidden = n_hidden

    @property
    def mirror_sign(self) -> int | None:
        """Factor of the answer when all hidden units change sign.

        Returns
        -------
        mirror_sign : {1, -1} or None
            None if there is no such factor. By default it is found by trying all states
            of up to 12 units, and None for more.
        """
        return try_mirror_sign(self)

    @abstractmethod
    def receptive_fields(self, n_features: int) -> list[np.ndarray]:
        """Return the inputs that each unit sees.

        Parameters
        ----------
        n_features : int
            Number of inputs N.

        Returns
        -------
        receptive_fields : list of n_hidden ndarrays of int
            Indices of the inputs of each unit, without repeats.

        Raises
        ------
        ValueError
            If there are too few inputs.
        """

    @abstractmethod
    def output(self, hidden: np.ndarray) -> np.ndarray:
        """Return the machine's answer.

        Parameters
        ----------
        hidden : ndarray of shape (n_samples, n_hidden)
            States of the units, +-1.

        Returns
        -------
        output : ndarray of shape (n_samples,)
            The answers, +-1.
        """

    def decision(self, hidden: np.ndarray) -> np.ndarray:
        """Return a real value whose sign is the answer.

        Parameters
        ----------
        hidden : ndarray of shape (n_samples, n_hidden)
            States of the units, +-1.

        Returns
        -------
        decision : ndarray of shape (n_samples,)
            By default the answer itself.
        """
        return self.output(hidden)

    def smooth(
        self, fields: np.ndarray, beta: float, order: Literal[1, 2] = 1
    ) -> tuple[np.ndarray, ...]:
        """Replace every sign by tanh(beta x) and differentiate.

        Parameters
        ----------
        fields : ndarray of shape (n_samples, n_hidden)
            Preactivations.
        beta : float
            Steepness of the units.
        order : {1, 2}, default=1
            Highest derivative wanted.

        Returns
        -------
        value : ndarray of shape (n_samples,)
            Smooth decision Delta.
        gradient : ndarray of shape (n_samples, n_hidden)
            Its derivatives dDelta / dx_l.
        hessian : ndarray of shape (n_samples, n_hidden, n_hidden)
            Second derivatives d2Delta / dx_l dx_m, only for ``order=2``.

        Raises
        ------
        NotImplementedError
            If the machine has no smooth surrogate.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no smooth surrogate: gradient methods need "
            "its `smooth` method."
        )

    def unit_to_fix(self, fields: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Choose the unit that least-action learning flips, for each wrong pattern.

        Parameters
        ----------
        fields : ndarray of shape (n_samples, n_hidden)
            Preactivations on patterns that the machine gets wrong.
        labels : ndarray of shape (n_samples,)
            Right answers, +-1.

        Returns
        -------
        unit : ndarray of shape (n_samples,) of int
            The unit whose weights are changed towards the other sign.

        Raises
        ------
        NotImplementedError
            If the machine has no least-action rule.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no least-action rule: LAL and eLAL need its "
            "`unit_to_fix` method."
        )

    def channel(
        self, mean: np.ndarray, var: np.ndarray, labels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Compute the message-passing channel of independent Gaussian fields.

        Parameters
        ----------
        mean, var : ndarray of shape (n_samples, n_hidden)
            Means and variances of the units' fields.
        labels : ndarray of shape (n_samples,)
            Right answers, +-1.

        Returns
        -------
        log_z : ndarray of shape (n_samples,)
            Log-probability of the right answer.
        g : ndarray of shape (n_samples, n_hidden)
            Derivatives d log_z / d mean.
        gamma : ndarray of shape (n_samples, n_hidden)
            Minus the second derivatives, -d2 log_z / d mean2.

        Raises
        ------
        NotImplementedError
            If the machine has no channel.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no channel: message passing needs its "
            "`channel` method."
        )

    def pair_probability(
        self, joint: np.ndarray, first: np.ndarray, second: np.ndarray
    ) -> np.ndarray:
        """Return the probability that the machine is right on both of two patterns.

        Corrections to expectation propagation need it. The default sums over all states
        of the units, in time that doubles with each unit.

        Parameters
        ----------
        joint : ndarray of shape (2, 2, n_hidden, n_pairs)
            ``joint[a, b, l]`` is the probability that unit l is +1 (a = 1) or -1
            (a = 0) on the first pattern, and likewise (b) on the second.
        first, second : ndarray of shape (n_pairs,)
            Right answers, +-1.

        Returns
        -------
        probability : ndarray of shape (n_pairs,)
            Probability of two right answers.
        """
        return sum_over_states(self, joint, first, second)


def signs(fields):
    """Return the states of units: +1 where the field is not negative, else -1.

    Parameters
    ----------
    fields : ndarray
        Preactivations.

    Returns
    -------
    hidden : ndarray
        Signs in float64, of the same shape.
    """
    return np.where(fields >= 0, 1.0, -1.0)


def tanh_and_slopes(fields, beta, order):
    """Compute tanh(beta x) and its derivatives in x, each with small relative error.

    Parameters
    ----------
    fields : ndarray
        Preactivations x.
    beta : float
        Steepness.
    order : {1, 2}
        Highest derivative wanted.

    Returns
    -------
    derivatives : list of order + 1 ndarrays
        Values of tanh(beta x), its slope and, for order 2, its curvature.
    """
    if order not in (1, 2):
        raise ValueError(f"order={shown(order)} is not available: pass 1 or 2.")
    z = beta * np.abs(fields)
    e = np.exp(-2 * z)
    value = np.tanh(beta * fields)
    slope = beta * 4 * e / (1 + e) ** 2
    return [value, slope, -2 * beta * value * slope][: order + 1]


def disjoint_fields(n_features, n_hidden):
    """Split the inputs into consecutive parts whose sizes differ by at most 1.

    Parameters
    ----------
    n_features : int
        Number of inputs.
    n_hidden : int
        Number of units.

    Returns
    -------
    receptive_fields : list of n_hidden ndarrays of int
        Indices of the inputs of each unit.

    Raises
    ------
    ValueError
        If a unit would see nothing.
    """
    if n_features < n_hidden:
        raise ValueError(
            f"n_hidden={n_hidden} units cannot share n_features={n_features} inputs on "
            "a tree, where every unit needs an input of its own: lower n_hidden or use "
            "architecture='full'."
        )
    return np.array_split(np.arange(n_features), n_hidden)
