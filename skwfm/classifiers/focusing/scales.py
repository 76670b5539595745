"""The constant input of intercepts, chosen by how well labels are predicted."""

from copy import deepcopy
from dataclasses import replace

import numpy as np

from skwfm._shown import shown
from skwfm.classifiers.focusing.noise import NoPosteriorError, find_noise
from skwfm.classifiers.focusing.patterns import divided, merged_factors
from skwfm.classifiers.focusing.protocol import (
    asks_for_protocol,
    asks_for_scales,
    engine_name,
    start_noises_are_given,
)
from skwfm.problem.validation import largest_size


def find_noise_and_scale(classifier, problem, rng, context):
    """Find the noise of labels, and the constant input if it is searched.

    Parameters
    ----------
    classifier : FBPClassifier
        It is told its engine, `method_`, and a constant input that was searched,
        `intercept_scaling_`.
    problem : Problem
        The patterns, with the default constant input if it is searched.
    rng : numpy.random.Generator
        Source of randomness; a search has one child for all constants.
    context : CallbackContext
        That of the fit.

    Returns
    -------
    factors : Factors
        The patterns at the constant input, at zero temperature.
    found : FoundNoise or None
        None if labels are taken for true without looking for noise.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C before there is a result.
    ValueError
        If a search is asked for where predictions are not compared; or as `find_noise`
        does.
    """
    is_searched = asks_for_scales(classifier)
    if is_searched:
        _check_noise(classifier)
    if asks_for_protocol(classifier):
        return _prepared(classifier, problem), None
    child = rng.spawn(1)[0]
    if is_searched:
        return _search(classifier, problem, child, context)
    factors = _prepared(classifier, problem)
    return factors, find_noise(classifier, factors, child, context)


def _search(classifier, problem, rng, context):
    """Try constants, the default first, until training is to end."""
    best, n_iter, status = None, 0, "noisy"
    for words, scaling in _candidates(problem):
        factors = _prepared(classifier, replace(problem, intercept_scaling=scaling))
        try:
            # The same numbers for all: none is luckier, in whatever order.
            found = find_noise(classifier, factors, deepcopy(rng), context)
        except NoPosteriorError:
            if best is None:
                raise
            continue
        except KeyboardInterrupt:
            status = "interrupted"
            break
        n_iter += found.n_iter
        if _is_better(found, best and best[-1]):
            best = scaling, classifier.method_, factors, found
        if found.status != "noisy":
            status = found.status
            break
        _tell(classifier, words, found)
    if best is None or (best[-1].best is None and status != "noisy"):
        raise KeyboardInterrupt  # there is no posterior that could answer
    classifier.intercept_scaling_, classifier.method_, factors, found = best
    # The protocol without noise does not begin after an interruption.
    is_separable = found.is_separable and status == "noisy"
    changes = {"n_iter": n_iter, "status": status, "is_separable": is_separable}
    return factors, replace(found, **changes)


def _prepared(classifier, problem):
    factors = merged_factors(divided(problem, classifier._power))
    classifier.method_ = engine_name(classifier, factors)
    return factors


def _candidates(problem):
    """Constants to try, those left out that leave the precision of the inputs."""
    default = problem.intercept_scaling
    limit = largest_size(problem.dtype, problem.inputs.shape[1] + 1)
    yield "the default", default
    for words, scaling in (
        ("a third of the default", default / 3),
        ("three times the default", 3 * default),
    ):
        if 1 / limit <= np.min(scaling) and np.max(scaling) <= limit:
            yield words, scaling


def _is_better(found, best):
    if best is None:
        return True
    if found.status != "noisy":
        # What was cut short has not been compared on the same levels.
        return best.best is None and found.best is not None
    return found.score > best.score


def _tell(classifier, words, found):
    if not classifier.verbose:
        return
    said = "labels are not predicted better than chance"
    if found.score > -np.inf:
        said = f"predictive log-likelihood {found.score:.4f} per pattern"
    print(f"[FBPClassifier] intercept_scaling {words}: {said}")


def _check_noise(classifier):
    """Raise ValueError if nothing would be predicted at a noise."""
    noise = classifier.label_noise
    if classifier.weights == "binary":
        why = "but weights='binary' have none: pass weights='spherical'"
    elif not asks_for_protocol(classifier):
        return
    elif noise == 0:
        why = f"but label_noise={shown(noise)}: pass label_noise='auto', or above 0"
    else:
        by_noises = start_noises_are_given(classifier)
        name = "start_noises" if by_noises else "gammas"
        given = shown(getattr(classifier, name))
        why = (
            f"but {name}={given} beside label_noise={shown(noise)} ask for the "
            f"protocol without: leave {name} out, or pass a label_noise above 0 beside "
            "gammas"
        )
    raise ValueError(
        "intercept_scaling='search' compares predictions at a noise of the labels, "
        f"{why}; or pass intercept_scaling='auto' or a number."
    )
