"""The protocol: couplings in rising order, at zero temperature."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from skwfm._checks import as_numbers
from skwfm._shown import shown
from skwfm.inference import (
    BinaryPrior,
    SphericalPrior,
    default_method,
    focusing_steps,
    geometric_protocol,
)

# What helps where weights make errors at zero temperature.
_ERRORS_LEFT = (
    "The protocol ended with {{n_errors}} training errors left: raise max_sweeps (it "
    "was {max_sweeps}), scale the features, add hidden units, or start again with "
    "another random_state."
)
_START_SOFTLY = " It may help to come down from noisy labels: start_noises=(0.3, 0.03)."
_ALLOW_ERRORS = " If no machine explains all labels, set "


class NoWeightsError(ValueError):
    """No coupling has finite weights."""


@dataclass(frozen=True)
class Protocol:
    """Which couplings are followed, and how.

    Parameters
    ----------
    gammas : sequence of float
        Couplings in rising order.
    start_noises : sequence of float
        Noises of the labels, falling, from which the first coupling is reached.
    max_sweeps : int
        Most sweeps at each.
    enough : float, default=inf
        Couplings above this are followed only while none has left no errors.
    """

    gammas: Sequence[float]
    start_noises: Sequence[float]
    max_sweeps: int
    enough: float = np.inf


# The published one starts from nothing. Expectation propagation tells units apart in
# few sweeps where labels may be wrong, and need not converge where they may not. Of few
# inputs a last error may need replicas nearer to each other than the published ones.
PUBLISHED = Protocol((*geometric_protocol(),), (), 200)
_OF_REAL_WEIGHTS_BY_EP = Protocol(
    gammas=(1.0, 4.0, 12.0, 30.0, 80.0, 200.0, 500.0, 1000.0),
    start_noises=(0.3, 0.03),
    max_sweeps=20,
    enough=30.0,
)


def protocol_of(classifier, label_noise=0.0):
    """Take what the parameters of a classifier say, and defaults for what they do not.

    Parameters
    ----------
    classifier : FBPClassifier
        Its engine is known.
    label_noise : float, default=0.0
        The noise of the patterns: with it messages converge.

    Returns
    -------
    protocol : Protocol
        What to follow.

    Raises
    ------
    ValueError
        If couplings do not rise, or noises do not fall.
    """
    by_ep = classifier.method_ == "ep" and classifier.weights == "spherical"
    protocol = _OF_REAL_WEIGHTS_BY_EP if by_ep else PUBLISHED
    noises, max_sweeps = classifier.start_noises, classifier.max_sweeps
    if label_noise:
        protocol = replace(protocol, max_sweeps=PUBLISHED.max_sweeps)
    if classifier.gammas is not None:
        gammas = _couplings(classifier.gammas)
        protocol = replace(protocol, gammas=gammas, enough=np.inf)
    if not _is_same(noises, "auto"):
        protocol = replace(protocol, start_noises=_start_noises(noises))
    if not _is_same(max_sweeps, "auto"):
        protocol = replace(protocol, max_sweeps=max_sweeps)
    return protocol


def engine_name(classifier, factors):
    """Choose the engine.

    Parameters
    ----------
    classifier : FBPClassifier
        Its parameters say how.
    factors : Factors
        The patterns.

    Returns
    -------
    method : str
        Key of `skwfm.inference.ENGINES`.
    """
    if classifier.method != "auto":
        return classifier.method
    # On correlated inputs ep does not find binary weights either, and takes longer.
    return "amp" if classifier.weights == "binary" else default_method(factors)


def asks_for_protocol(classifier):
    """Say whether labels are taken for true without looking for noise.

    Parameters
    ----------
    classifier : FBPClassifier
        Its parameters say so.

    Returns
    -------
    is_asked : bool
        Without noise, or if what only the protocol has is given beside "auto".
    """
    is_given = classifier.gammas is not None or start_noises_are_given(classifier)
    if classifier.label_noise == "auto":
        return is_given or classifier.weights == "binary"
    return classifier.label_noise == 0


def asks_for_scales(classifier):
    """Say whether the constant input of intercepts is searched.

    Parameters
    ----------
    classifier : FBPClassifier
        Its parameters say so.

    Returns
    -------
    is_asked : bool
        Not without intercepts, which have no constant input.
    """
    is_asked = _is_same(classifier.intercept_scaling, "search")
    return is_asked and bool(classifier.fit_intercept)


def start_noises_are_given(classifier):
    """Say whether noises to start from are asked for.

    Parameters
    ----------
    classifier : FBPClassifier
        Its parameters say so.

    Returns
    -------
    is_given : bool
        Not if the default is taken, or none.
    """
    noises = classifier.start_noises
    return not (noises is None or _is_same(noises, "auto") or np.size(noises) == 0)


def errors_left_advice(classifier, outcome, factors):
    """Say what helps if the protocol left training errors.

    Parameters
    ----------
    classifier : FBPClassifier
        Its parameters say what has been tried.
    outcome : str
        `outcome` of the last step.
    factors : Factors
        The patterns.

    Returns
    -------
    advice : str
        Empty where the protocol was ended, whose own advice then counts.
    """
    if outcome in ("interrupted", "stopped"):
        return ""
    protocol, advice = protocol_of(classifier), outcome
    if outcome == "converged":
        advice = _ERRORS_LEFT.format(max_sweeps=protocol.max_sweeps)
    # Where equal patterns have two labels there is no way down.
    has_way_down = factors.soft().n_samples == factors.n_samples
    if has_way_down and len(protocol.start_noises) == 0:
        advice += _START_SOFTLY
    wanted = {"label_noise": "auto", "gammas": None, "weights": "spherical"}
    if start_noises_are_given(classifier):
        wanted["start_noises"] = "auto"
    others = [
        f"{name}={shown(value)}"
        for name, value in wanted.items()
        if not _is_same(getattr(classifier, name), value)
    ]
    return f"{advice}{_ALLOW_ERRORS}{' and '.join(others)}." if others else advice


def no_weights(classifier, advice):
    """Say that no coupling had a posterior, and what helps.

    Parameters
    ----------
    classifier : FBPClassifier
        Its parameters may be to blame.
    advice : str
        What helps where patterns cannot be learned.

    Returns
    -------
    message : str
        For an error.
    """
    scaling = classifier.intercept_scaling
    if isinstance(scaling, Real):
        advice += f" Or set intercept_scaling='auto' in place of {shown(scaling)}."
    return f"X and y leave no weights to start from: {advice}"


def _is_same(setting, value):
    # Couplings may be an array, which would be compared entry by entry.
    return setting is value or (isinstance(setting, str) and setting == value)


def protocol_steps(classifier, factors, rng, callback=None):
    """Follow the couplings of a classifier.

    Parameters
    ----------
    classifier : FBPClassifier
        Its parameters say how.
    factors : Factors
        The patterns.
    rng : numpy.random.Generator
        Source of randomness.
    callback : callable or None, default=None
        Called after each sweep; a true return value ends the coupling.

    Yields
    ------
    step : FocusingStep
        One for each coupling.
    """
    keeps = {"keep_covariance": True} if classifier.method_ == "ep" else {}
    protocol, is_solved = protocol_of(classifier, factors.label_noise), False
    for step in focusing_steps(
        factors,
        _prior(classifier, factors, rng),
        protocol.gammas,
        classifier.n_replicas,
        start_noises=protocol.start_noises,
        binary=classifier.weights == "binary",
        method=classifier.method_,
        **keeps,
        damping=classifier.damping,
        tol=classifier.tol,
        max_sweeps=protocol.max_sweeps,
        callback=callback,
        random_state=int(rng.integers(2**31)),
    ):
        yield step
        is_solved = is_solved or (step.is_finite and step.n_errors == 0)
        if is_solved and step.gamma >= protocol.enough:
            return


def _prior(classifier, factors, rng):
    if classifier.weights == "spherical":
        return SphericalPrior()
    shared = len(factors.layout.groups) < factors.n_hidden
    if not shared or classifier.symmetry_breaking == 0:
        return BinaryPrior()
    signs = rng.choice([-1.0, 1.0], size=factors.n_weights)
    return BinaryPrior(field=classifier.symmetry_breaking * factors.dense(signs))


def _start_noises(given):
    noises = as_numbers("start_noises", () if given is None else given)
    inside = noises.ndim == 1 and np.all((noises > 0) & (noises < 0.5))
    if not inside or np.any(np.diff(noises) >= 0):
        raise ValueError(
            f"start_noises={shown(given)} is no way down: pass probabilities above 0 "
            "and below 0.5 in falling order."
        )
    return noises.tolist()


def _couplings(given):
    gammas = as_numbers("gammas", given)
    if gammas.ndim != 1 or len(gammas) == 0 or not np.all(np.isfinite(gammas)):
        raise ValueError(
            f"gammas={shown(given)} is not a protocol: pass one or more finite "
            "couplings."
        )
    if gammas[0] < 0 or np.any(np.diff(gammas) < 0):
        raise ValueError(
            f"gammas={shown(given)} must not be negative nor fall: pass couplings in "
            "rising order."
        )
    return gammas
