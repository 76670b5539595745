"""Engines are objects: built-in ones have names; what is no engine is an error."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from skwfm.architectures import TreeCommittee
from skwfm.classifiers.fbp import FBPClassifier
from skwfm.inference import (
    ENGINES,
    BinaryPrior,
    Engine,
    Focusing,
    SphericalPrior,
    focusing_steps,
    infer,
)
from skwfm.inference.infer import find_engine
from skwfm.landscape.volumes.local_entropy import METHODS


@pytest.fixture
def factors(make_patterns):
    return make_patterns(TreeCommittee(3), 20, 90)


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_is_found_by_name_or_passed(name, factors):
    engine = ENGINES[name]
    assert find_engine(name) is find_engine(engine) is engine
    by_name, passed = (
        infer(factors, SphericalPrior(), method=m) for m in (name, engine)
    )
    assert by_name.method == passed.method == name
    np.testing.assert_array_equal(by_name.mean, passed.mean)
    again = infer(factors, SphericalPrior(), method=name, warm_start=passed)
    assert again.n_iter <= 2


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_options_are_the_keywords_of_the_class(engine):
    parameters = inspect.signature(engine).parameters.values()
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    assert list(engine.options) == keywords


def test_every_room_offers_the_same_engines():
    assert ("auto", *ENGINES, "mc") == METHODS
    (options,) = FBPClassifier._parameter_constraints["method"]
    assert options.options == {"auto", *ENGINES}


class MeanField(Engine):
    """Without the reaction term of amp: a wrong answer by a complete engine."""

    name = "naive"
    options = ("steps",)

    def __init__(self, factors, prior, state=None, rng=None, *, steps=1):
        super().__init__(factors, prior)
        self._steps = steps
        nothing = np.zeros(factors.n_weights)
        self._moments = prior.moments(nothing, nothing) if state is None else state

    @property
    def state(self):
        return self._moments

    def weights(self):
        return self._moments

    def sweep(self, damping):
        for _ in range(self._steps):
            mean, variance = self._moments
            fields = self.factors.fields(mean), self.factors.variances(variance)
            _, g, gamma = self.factors.channel(*fields)
            precision = self.factors.precisions(gamma)
            linear = self.factors.outer(g) + mean * precision
            found = self.prior.moments(linear, precision)
            self._moments = tuple(
                damping * old + (1 - damping) * new
                for old, new in zip(self._moments, found, strict=True)
            )
        return np.abs(found[0] - mean).max()

    def log_evidence(self):
        return -1.0


def test_an_engine_of_ones_own_has_all_that_the_loop_gives(factors):
    swept = []
    found = infer(
        factors, SphericalPrior(), method=MeanField, callback=lambda s: swept.append(s)
    )
    assert found.converged
    assert (found.method, found.log_evidence) == ("naive", -1.0)
    assert len(swept) == found.n_iter
    size = np.mean(factors.flat(found.mean**2 + found.variance))
    assert size == pytest.approx(1, abs=1e-5)
    faster = infer(factors, SphericalPrior(), method=MeanField, steps=3)
    assert faster.n_iter < found.n_iter
    warm = infer(factors, SphericalPrior(), method=MeanField, warm_start=found)
    assert warm.n_iter == 1
    with pytest.raises(ValueError, match=r"comes from method='naive'.*method='amp'"):
        infer(factors, SphericalPrior(), warm_start=found)
    steps = focusing_steps(factors, SphericalPrior(), [0.1, 0.2], 3, method=MeanField)
    assert [step.posterior.method for step in steps] == ["naive"] * 2


def test_any_object_with_a_run_is_an_engine(factors):
    given = {}

    def run(factors, prior, state, **options):
        given.update(options, prior=prior, state=state)
        return infer(factors, prior)

    engine = SimpleNamespace(name="mine", options=("wish",), run=run)
    prior = Focusing(BinaryPrior(), 3, 0.1)
    infer(factors, prior, method=engine, tol=1e-3, wish=7, random_state=0)
    assert isinstance(given.pop("rng"), np.random.Generator)
    assert given == {
        "prior": prior, "state": None, "wish": 7, "tol": 1e-3, "damping": None,
        "max_sweeps": 200, "callback": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "error", "message"),
    [
        ("mcmc", ValueError, r"'mcmc' is unknown: .*\('amp', 'bp', 'ep'\)"),
        (None, TypeError, r"method=None is not an engine, it lacks name, options, run"),
        (3, TypeError, r"one of \('amp', 'bp', 'ep'\).*run\(factors, prior, state, \*"),
        (SimpleNamespace(name="a", run=print), TypeError, "it lacks options: pass"),
    ],
)
def test_what_is_no_engine(method, error, message, factors):
    with pytest.raises(error, match=message):
        infer(factors, SphericalPrior(), method=method)


@pytest.mark.parametrize(
    ("method", "option", "accepted"),
    [
        ("amp", "schedule", "none"),
        ("bp", "corrected", "schedule"),
        ("ep", "schedule", "spans, corrected, keep_covariance, starts_near"),
        (MeanField, "schedule", "steps"),
    ],
)
def test_options_of_another_engine(method, option, accepted, factors):
    message = f"{option} is not an option of method='.*', which accepts: {accepted}"
    with pytest.raises(TypeError, match=message):
        infer(factors, SphericalPrior(), method=method, **{option: 1})


def test_an_unfinished_engine_says_what_is_missing(factors):
    class Unfinished(Engine):
        name = "unfinished"

        def sweep(self, damping):
            return 0.0

    with pytest.raises(
        TypeError, match=r"abstract method.*log_evidence.*state.*weights"
    ):
        infer(factors, SphericalPrior(), method=Unfinished)
