"""The noise of labels, found before focusing belief propagation decides what to do."""

from dataclasses import dataclass

import numpy as np

from skwfm._shown import shown
from skwfm.architectures.optional import check_offers
from skwfm.classifiers.cesgd import CeSGDClassifier
from skwfm.inference.evidence import LABEL_NOISES, NoiseSearch, NoiseStep
from skwfm.inference.priors import SphericalPrior
from skwfm.problem.intercepts import join_intercept

# What is not searched: weights +-1 have no start that a trained machine could give.
NO_SEARCH = ("auto", "binary")
# Epochs of the machine that the search starts from, too.
_EPOCHS = 100
# At the lowest level, patterns are taken as separable if fewer errors are expected.
_SEPARABLE = 0.5


@dataclass(frozen=True, eq=False)
class FoundNoise:
    """What a search for the noise found.

    Parameters
    ----------
    best : NoiseStep or None
        The noise and the posteriors there; None if labels are to be taken as they are.
    errors : list of int
        Training errors of the machine at each level.
    n_iter : int
        Sweeps done.
    status : str
        "noisy", or "interrupted".
    """

    best: NoiseStep | None
    errors: list
    n_iter: int
    status: str


def find_noise(classifier, factors, rng):
    """Find the noise of labels, or learn at a given one.

    Parameters
    ----------
    classifier : FBPClassifier
        Its `label_noise`, `n_replicas` and `method_` count.
    factors : Factors
        The patterns, at zero temperature.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    found : FoundNoise
        The result.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C before there is a result.
    ValueError
        If weights are +-1: the posterior at a noise is that of real weights.
    """
    if classifier.weights == "binary":
        raise ValueError(
            f"label_noise={shown(classifier.label_noise)} needs weights='spherical', "
            "but weights='binary': pass one of label_noise=0 and weights='spherical'."
        )
    noise, is_fixed = classifier.label_noise, classifier.label_noise != "auto"
    levels = LABEL_NOISES
    if is_fixed:
        levels = (*(level for level in LABEL_NOISES if level > noise), float(noise))
    seed = int(rng.integers(2**31))
    search = NoiseSearch(
        factors.soft(),
        SphericalPrior(),
        references=_trained(classifier, factors, seed),
        label_noises=levels,
        n_replicas=classifier.n_replicas,
        is_fixed=is_fixed,
        random_state=seed,
        options=_options(classifier.method_),
    )
    best = search.run()
    if search.is_interrupted and best is None:
        raise KeyboardInterrupt
    status = "interrupted" if search.is_interrupted else "noisy"
    if status == "noisy" and not is_fixed and best is not None and _is_separable(best):
        best = None
    errors = [_errors(factors, step) for step in search.steps]
    return FoundNoise(best, errors, search.n_iter, status)


def _options(method):
    options = {"method": method}
    return {**options, "keep_covariance": True} if method == "ep" else options


def _is_separable(step):
    lowest = step.label_noise <= LABEL_NOISES[-1]
    return lowest and step.posterior.expected_errors < _SEPARABLE


def _errors(factors, step):
    return int(factors.problem.wrong(factors.fields(step.focused.flat_mean)).sum())


def _trained(classifier, factors, seed):
    """Weights of a machine trained by gradients, if the machine is smooth."""
    machine = factors.architecture
    try:
        check_offers(machine, CeSGDClassifier._needs, "a start from gradients")
    except NotImplementedError:
        return ()
    scaling = factors.intercept_scaling
    model = CeSGDClassifier(
        architecture=machine,
        n_hidden=machine.n_hidden,
        fit_intercept=factors.fit_intercept,
        intercept_scaling=scaling if np.ndim(scaling) == 0 else "auto",
        max_iter=_EPOCHS,
        random_state=seed,
    ).fit(factors.inputs, factors.labels)
    if not factors.fit_intercept:
        return (model.coef_,)
    return (join_intercept(model.coef_, model.intercept_, model.intercept_scaling_),)
