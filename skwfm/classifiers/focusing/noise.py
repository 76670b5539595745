"""The noise of labels, found before focusing belief propagation decides what to do."""

from functools import partial

import numpy as np

from skwfm._shown import shown
from skwfm.architectures.layout import unit_norm
from skwfm.architectures.optional import offers
from skwfm.classifiers.cesgd import CeSGDClassifier
from skwfm.classifiers.focusing.found import FoundNoise, best_machine
from skwfm.classifiers.focusing.protocol import (
    protocol_steps,
    start_noises_are_given,
)
from skwfm.classifiers.focusing.tasks import Tasks
from skwfm.inference.noise.held_out import N_FOLDS
from skwfm.inference.noise.search import GAMMA, LABEL_NOISES, NoiseSearch
from skwfm.inference.noise.step import NoiseStep, believed_errors
from skwfm.inference.priors import SphericalPrior
from skwfm.problem.intercepts import join_intercept

# Epochs of the machine that the search starts from, too.
_EPOCHS = 100
# Of so many classes or more each tries every other level, and leaves out one third of
# the patterns, not all in turn: that takes about half the time.
_MANY_CLASSES = 8
# At the lowest level, patterns are taken as separable if fewer errors are expected.
_SEPARABLE = 0.5


class NoPosteriorError(ValueError):
    """No posterior was found at a given noise and coupling."""


def find_noise(classifier, factors, rng, context):
    """Find the noise of labels, or learn at a given one.

    Parameters
    ----------
    classifier : FBPClassifier
        Its `label_noise`, `gammas`, `n_replicas`, `method_` and `verbose` count.
    factors : Factors
        The patterns, at zero temperature.
    rng : numpy.random.Generator
        Source of randomness.
    context : CallbackContext
        That of the fit; each level is a task of its own, after which callbacks may end
        the search.

    Returns
    -------
    found : FoundNoise
        The result.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C before there is a result.
    ValueError
        If weights are +-1: the posterior at a noise is that of real weights; if
        `start_noises` are given without `gammas`; or if nothing was found at a given
        noise.
    """
    _check_parameters(classifier)
    noise, is_fixed = classifier.label_noise, classifier.label_noise != "auto"
    levels = _Levels(classifier, factors, context)
    if is_fixed and classifier.gammas is not None:
        return _follow_couplings(classifier, factors, rng, levels)
    above = (*(level for level in LABEL_NOISES if is_fixed and level > noise),)
    step, n_folds = (1, N_FOLDS) if classifier._n_classes < _MANY_CLASSES else (2, 1)
    seed = int(rng.integers(2**31))
    search = NoiseSearch(
        factors.soft(),
        SphericalPrior(),
        references=_references(classifier, factors, seed),
        label_noises=(*above, float(noise)) if is_fixed else LABEL_NOISES[::step],
        n_replicas=classifier.n_replicas,
        is_fixed=is_fixed,
        n_folds=n_folds,
        random_state=seed,
        options=_options(classifier.method_),
        report=levels.add,
    )
    best = search.run()
    if search.runs.is_interrupted and best is None:
        raise KeyboardInterrupt
    status = levels.status(search.runs.is_interrupted)
    return FoundNoise(
        best,
        levels.errors,
        search.runs.n_iter,
        status,
        score=levels.score_of(best),
        is_separable=status == "noisy"
        and not is_fixed
        and _is_separable(best, search.factors),
        search=search,
        status_of=levels.status,
    )


def _check_parameters(classifier):
    """Raise ValueError if what is asked for has no posterior at a noise."""
    noise = classifier.label_noise
    if classifier.weights == "binary":
        raise ValueError(
            f"label_noise={shown(noise)} needs weights='spherical', "
            "but weights='binary': pass one of label_noise=0 and weights='spherical'."
        )
    if start_noises_are_given(classifier) and classifier.gammas is None:
        raise ValueError(
            f"start_noises={shown(classifier.start_noises)} lead to a coupling, but at "
            f"label_noise={shown(noise)} there is none: pass gammas, too, or leave "
            "start_noises out."
        )


class _Levels:
    """Errors of the machine at each level, and who is told."""

    def __init__(self, classifier, factors, context):
        self._classifier, self._factors = classifier, factors
        self._tasks = Tasks(classifier, context, "noise level", factors.problem)
        self.errors, self._totals = [], {}

    def add(self, step, n_patterns):
        """Note a level; a true return value ends the search."""
        mean = best_machine(step, self._factors).flat_mean
        wrong = self._factors.problem.wrong(self._factors.fields(mean))
        self.errors.append(int(wrong.sum()))
        self._totals[step.posterior.n_samples] = n_patterns
        verbose = int(self._classifier.verbose)
        if verbose and len(self.errors) % verbose == 0:
            print(
                f"[FBPClassifier] noise {step.label_noise:.3g}: {self.errors[-1]} "
                f"errors, predictive log-likelihood {step.score / n_patterns:.4f} "
                "per pattern"
            )
        return self._tasks.end()

    def score_of(self, step):
        """Score per pattern: levels may be compared on some of the patterns."""
        if step is None or not np.isfinite(step.score):
            return -np.inf
        n_samples = step.posterior.n_samples
        return step.score / self._totals.get(n_samples, n_samples)

    def status(self, is_interrupted):
        if self._tasks.status == "stopped":
            return "stopped"
        return "interrupted" if is_interrupted else "noisy"


def _follow_couplings(classifier, factors, rng, levels):
    """Follow given couplings at a given noise; labels left out choose one of them."""
    at_noise = factors.soft().at(label_noise=float(classifier.label_noise))
    found, gamma, n_iter, is_cut = None, GAMMA, 0, False
    for step in protocol_steps(classifier, at_noise, rng):
        n_iter += step.n_iter
        if not step.is_finite:
            break
        both = step.posterior, step.posterior
        score = step.posterior.log_predictive
        level = NoiseStep(at_noise.label_noise, *both, score)
        if found is None or level.score >= found.score:
            found, gamma = level, step.gamma
        is_cut = step.outcome == "interrupted"
        if levels.add(level, at_noise.temperature.total):
            is_cut = True
            break
    if found is None:
        raise NoPosteriorError(
            f"label_noise={shown(classifier.label_noise)} has no posterior at coupling "
            f"{step.gamma:.3g}: raise label_noise, or begin with smaller gammas."
        )
    status, score = levels.status(is_cut), levels.score_of(found)
    return FoundNoise(found, levels.errors, n_iter, status, gamma, score)


def _options(method):
    options = {"method": method}
    return {**options, "keep_covariance": True} if method == "ep" else options


def _is_separable(step, factors):
    if step is None or step.posterior.n_samples != factors.n_samples:
        return False
    is_lowest = step.label_noise <= LABEL_NOISES[-1]
    return is_lowest and believed_errors(step.posterior, factors) < _SEPARABLE


def _references(classifier, factors, seed):
    """How machines to start from are trained; none if the machine is not smooth."""
    if not offers(factors.architecture, "smooth"):
        return ()
    return (partial(_trained, seed=seed),)


def _trained(factors, seed):
    """Weights of a machine trained by gradients; None if there is one class."""
    machine = factors.architecture
    # Samples that contradict each other cancel.
    excess = factors.temperature.for_label - factors.temperature.against
    if len(np.unique(factors.labels[excess > 0])) < 2:
        return None
    scaling = factors.intercept_scaling
    model = CeSGDClassifier(
        architecture=machine,
        n_hidden=machine.n_hidden,
        fit_intercept=factors.fit_intercept,
        intercept_scaling=scaling if np.ndim(scaling) == 0 else "auto",
        max_iter=_EPOCHS,
        random_state=seed,
    ).fit(factors.inputs, factors.labels, sample_weight=excess)
    if model.status_ == "interrupted":
        raise KeyboardInterrupt  # meant for the search, which can keep what it has
    if not factors.fit_intercept:
        return model.coef_
    found = model.intercept_scaling_
    weights = join_intercept(model.coef_, model.intercept_, found)
    if np.array_equal(found, scaling):
        return weights
    # Constants that differ from unit to unit can be no parameter of the machine.
    return unit_norm(join_intercept(model.coef_, model.intercept_, scaling))
