"""Rules of damping: which fraction of the old messages a sweep keeps.

A rule has a `value` for the next sweep and is told of each sweep by `follow`.
"""

import numpy as np

from skwfm._checks import as_number
from skwfm._shown import shown

# More damping than this never helps: a run that needs more is diverging.
_MAX_DAMPING = 0.97

# StepDamping decides once in so many sweeps, by the mean cosine of successive steps.
_SWEEPS_PER_CHANGE = 4
# Below the first cosine steps undo each other, above the second they follow each other.
_OSCILLATING_COSINE, _CREEPING_COSINE = -0.2, 0.2
# The undamped fraction, 1 - damping, is multiplied by these then.
_SHRINK_STEP, _GROW_STEP = 0.7, 1.15

# ResidualDamping multiplies the damping by this while the residual falls, down to the
# minimum; when it rises, the undamped fraction shrinks as above.
_DAMPING_DECAY, _MIN_DAMPING = 0.95, 0.2
# A step with a larger residual is shortened in proportion. Without that a fresh start
# of replicas may be thrown far off.
_FULL_STEP_RESIDUAL = 1.0
# Units that are alike should make this share of the step to their joint fixed point.
_JOINT_STEP = 0.5
# ShortenedDamping shortens for no larger residual: one pattern alone may have it, and
# the others should move on.
_MOST_SHORTENED = 20.0


class FixedDamping:
    """The same damping throughout.

    Parameters
    ----------
    value : float
        Fraction of the old messages to keep.

    Raises
    ------
    ValueError
        If the damping is not in [0, 1).
    """

    def __init__(self, value):
        value = as_number("damping", value)
        if not 0 <= value < 1:
            raise ValueError(
                f"damping={shown(value)} is not the fraction of a message to keep: "
                "pass a number in [0, 1), or None to adapt it."
            )
        self.value = value

    def follow(self, residual, engine):
        """Change nothing.

        Parameters
        ----------
        residual : float
            Residual of the last sweep.
        engine : Engine
            The engine after it.
        """


class ShortenedDamping(FixedDamping):
    """The same damping, except that far from the fixed point steps are shortened.

    Residuals may rise on the way from one phase to another, which may be right; but a
    step with a large one may be thrown far off.

    Parameters
    ----------
    value : float
        Fraction of the old messages to keep near the fixed point.
    """

    def __init__(self, value):
        super().__init__(value)
        self._unscaled = value

    def follow(self, residual, engine):
        """Shorten the next step in proportion to a large residual.

        Parameters
        ----------
        residual : float
            Residual of the last sweep.
        engine : Engine
            The engine after it, by which other rules go.
        """
        self.value = _shortened(self._unscaled, min(residual, _MOST_SHORTENED))


class StepDamping:
    """More damping while steps undo each other, less while they follow each other.

    Parameters
    ----------
    start : float
        Damping of the first sweeps.
    """

    def __init__(self, start):
        self.value = start
        self._mean = self._step = None
        self._cosines = []

    def follow(self, residual, engine):
        """Compare the direction of the last step with the one before.

        Parameters
        ----------
        residual : float
            Residual of the last sweep, by which other rules go.
        engine : Engine
            The engine after it.
        """
        mean, _ = engine.weights()
        if self._mean is not None:
            step = mean - self._mean
            if self._step is not None:
                norms = np.linalg.norm(step) * np.linalg.norm(self._step)
                self._cosines.append(np.vdot(step, self._step) / (norms or 1.0))
            self._step = step
        self._mean = mean.copy()
        if len(self._cosines) == _SWEEPS_PER_CHANGE:
            self._adapt(np.mean(self._cosines))
            self._cosines = []

    def _adapt(self, cosine):
        undamped = 1 - self.value
        if cosine < _OSCILLATING_COSINE:
            undamped *= _SHRINK_STEP
        elif cosine > _CREEPING_COSINE:
            undamped *= _GROW_STEP
        self.value = min(max(1 - undamped, 0.0), _MAX_DAMPING)


class ResidualDamping:
    """Less damping while the residual falls, more when it rises.

    The residual of expectation propagation falls steadily in a stable run, so that one
    sweep is enough to judge by; runs end two to four times sooner than with a fixed
    damping. Steps that are combined from earlier ones are not judged: if they go too
    far, that is not for want of damping.

    Parameters
    ----------
    start : float
        Damping of the first sweep.
    """

    def __init__(self, start):
        self.value = self._unscaled = start
        self._last_residual = np.inf

    def follow(self, residual, engine):
        """Compare a residual with the one before.

        Parameters
        ----------
        residual : float
            Residual of the last sweep.
        engine : object
            The engine after it; it says whether it `has_combined_steps`.
        """
        if not engine.has_combined_steps:
            self._adapt(residual < self._last_residual)
        self._last_residual = residual
        self.value = _shortened(self._unscaled, residual)

    def _adapt(self, has_fallen):
        damping = self._unscaled
        if has_fallen:
            damping = max(_DAMPING_DECAY * damping, min(damping, _MIN_DAMPING))
        else:
            damping = max(min(1 - _SHRINK_STEP * (1 - damping), _MAX_DAMPING), damping)
        self._unscaled = damping


class NearDamping(ResidualDamping):
    """`ResidualDamping` from near a fixed point: no step is thrown far off.

    One pattern alone may have a large residual there, for which the steps of all others
    need not be shortened.
    """

    def follow(self, residual, engine):
        super().follow(residual, engine)
        self.value = self._unscaled


def _shortened(damping, residual):
    return 1 - (1 - damping) / max(1.0, residual / _FULL_STEP_RESIDUAL)


def rule_of_sites(is_soft, starts_near):
    """Choose the rule of damping of expectation propagation.

    Parameters
    ----------
    is_soft : bool
        Whether the temperature is finite.
    starts_near : bool
        Whether the first sites are near the fixed point.

    Returns
    -------
    rule : type
        The rule.
    """
    if starts_near:
        return NearDamping
    # Residuals rise on the way from one phase to another, which may be right.
    return ShortenedDamping if is_soft else ResidualDamping


def joint_damping(n_hidden):
    """Give the damping that units need which answer the same patterns alike.

    Each of them takes the step that one alone would need, so that together they make
    one that is `n_hidden` times as long. Where patterns need not be answered right,
    nothing else holds them: at less damping they may oscillate for ever.

    Parameters
    ----------
    n_hidden : int
        Number of units.

    Returns
    -------
    damping : float
        Fraction of the old messages to keep.
    """
    return 1 - _JOINT_STEP / n_hidden
