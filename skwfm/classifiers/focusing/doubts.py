"""What answers where no noise predicts labels that were left out better than chance.

A machine that stores such labels all the same answers, as of random patterns, but what
it has stored tells little of others. If it does not store them there is more noise than
rule, and the level that predicted best answers.
"""

from dataclasses import replace

from skwfm.classifiers.focusing.protocol import (
    NoWeightsError,
    protocol_steps,
)
from skwfm.inference import Factors
from skwfm.inference.focusing import better
from skwfm.inference.noise.held_out import N_FOLDS, left_out
from skwfm.inference.noise.sharpness import LEAST_SURE, best_scale
from skwfm.inference.noise.step import errors_of

# Share of errors up to which a machine has stored labels, of equally many of both.
_NEARLY_STORED = 0.05
# Labels left out that are enough to tell what stored ones are worth.
_ENOUGH = 300
# Answers are given without noise, which has a probability of no label at all.
_HARDLY_ANY_NOISE = 1e-9


def train_in_doubt(classifier, factors, found, rng):
    """Take labels for true; turn to the best noise if the machine does not store them.

    Parameters
    ----------
    classifier : FBPClassifier
        It follows the protocol and is told what is known.
    factors : Factors
        The patterns, at zero temperature.
    found : FoundNoise
        What the search says, in doubt.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    solution : Solution
        Of the training.

    Raises
    ------
    NoWeightsError
        If there are weights neither without noise nor with.
    """
    try:
        solution = classifier._follow_protocol(factors, rng)
    except NoWeightsError:
        noisy = found.at_the_best_level()
        if noisy is None:
            raise
    else:
        if solution.status in ("interrupted", "stopped"):
            return _cut_short(classifier, solution, solution.status)
        is_stored = _is_stored(solution, factors)
        noisy = None if is_stored else found.at_the_best_level()
        if noisy is None:
            return _with_caution(classifier, factors, solution, rng)
    n_sweeps, solution = classifier.n_sweeps_, noisy.taken_by(classifier, factors)
    classifier.n_sweeps_ += n_sweeps
    return solution


def _is_stored(solution, factors):
    weight = factors.temperature.for_label
    # A constant answer stores the more frequent label, however many there are.
    rarer = min(weight[factors.labels > 0].sum(), weight[factors.labels < 0].sum())
    n_errors = errors_of(factors.flat(solution.weights), factors)
    return n_errors <= 2 * _NEARLY_STORED * rarer


def _with_caution(classifier, factors, solution, rng):
    """Let labels left out say how sure machines may be that are trained like this."""
    asked = []
    for kept, others in _folds(factors, int(rng.integers(2**31))):
        best = None
        for step in protocol_steps(classifier, kept, rng):
            classifier.n_sweeps_ += step.n_iter
            if step.outcome == "interrupted":
                return _cut_short(classifier, solution, "interrupted")
            best = better(best, step)
        if best is not None:
            asked.append((others, best.posterior.field_moments(others)))
    bounds = LEAST_SURE, 1.0
    classifier.odds_scale_ = best_scale(asked, bounds) if asked else LEAST_SURE
    return solution


def _cut_short(classifier, solution, status):
    # Nothing has shown that labels can be predicted.
    classifier.odds_scale_ = LEAST_SURE
    return replace(solution, converged=False, status=status)


def _folds(factors, seed):
    """Patterns to store, at zero temperature, and ones to ask, at nearly that."""
    soft = factors.soft()
    n_folds = -(-_ENOUGH * N_FOLDS // soft.n_samples)
    return left_out(soft, _kept_and_asked, seed, min(n_folds, N_FOLDS))


def _kept_and_asked(kept, asked):
    # Labels of equal patterns that contradict each other cancel.
    excess = kept.temperature.for_label - kept.temperature.against
    hard = Factors.of(kept.problem, sample_weight=excess)
    return hard, asked.at(label_noise=_HARDLY_ANY_NOISE)
