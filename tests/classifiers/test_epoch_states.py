"""What `_epochs` may yield, and how a generator that just ends is reported."""

import re
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skwfm import LALClassifier
from skwfm.classifiers import Epoch, IterativeClassifier, OnlineMixin
from skwfm.datasets import make_random_patterns


class Guesses(OnlineMixin, IterativeClassifier):
    """Random weights in each epoch; each test makes one thing wrong."""

    change = staticmethod(lambda state, problem: state)

    def _epochs(self, problem, rng, weights=None, n_done=0):
        layout = problem.layout
        packed = layout.random_weights(rng, problem.dtype)
        if weights is not None:
            packed[:] = weights
        yield self.change(Epoch(packed), problem)
        while True:
            packed[:] = layout.random_weights(rng, problem.dtype)
            yield self.change(Epoch(packed, 1.0), problem)


def fit(model, **parameters):
    X, y = make_random_patterns(40, 31, random_state=0)
    model.set_params(n_hidden=3, max_iter=4, random_state=0, **parameters)
    return model.fit(X, y)


def dense(state, problem):
    return Epoch(problem.layout.unpack_weights(state.weights))


STATES = {
    "a tuple": (lambda s, p: (s.weights, 1.0), TypeError, "an object of type tuple"),
    "None": (lambda s, p: None, TypeError, "an object of type NoneType: yield a skwfm"),
    "dense": (dense, ValueError, r"shape \(3, 32\).*layout.pack_weights\(dense, prob"),
    "complex": (lambda s, p: Epoch(s.weights + 0j), ValueError, "dtype complex128"),
    "a list": (lambda s, p: Epoch(list(s.weights)), TypeError, "weights of type list"),
    "text": (lambda s, p: Epoch(s.weights, "x"), TypeError, "loss='x': pass a number"),
    "no loss": (lambda s, p: Epoch(s.weights, None), TypeError, "loss=None: pass a"),
    "array": (
        lambda s, p: Epoch(s.weights, 1.0, np.array([True])), TypeError,
        r"finished=array\(\[ True\]\): pass a bool",
    ),
    "count": (lambda s, p: Epoch(s.weights, 1.0, False, 1), TypeError, "settled=1"),
}  # fmt: skip


def not_a_number(state, problem):
    state.weights[problem.layout.places] = np.nan
    return state


@pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
@pytest.mark.parametrize(("change", "kind", "text"), STATES.values(), ids=STATES)
def test_wrong_states_are_named(change, kind, text, later):
    model, seen = Guesses(), []

    def wrong(state, problem):
        seen.append(state)
        return state if later and len(seen) < 3 else change(state, problem)

    model.change = wrong
    with pytest.raises(kind, match=f"^Guesses._epochs yielded .*{text}"):
        fit(model)


@pytest.mark.parametrize("n_features", [20, 33])
def test_padding_is_no_place_for_weights(n_features):
    """The obvious step of a random walk: loops over bits took padding for weights."""

    def moved(state, problem):
        state.weights[:] += 0.1
        return state

    X, y = make_random_patterns(40, n_features, random_state=0)
    model = Guesses(n_hidden=3, max_iter=4, random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    model.change = moved
    with pytest.raises(ValueError, match=r"whose padding is not zero: change only wei"):
        model.fit(X, y)


def test_weights_that_are_not_finite_are_those_of_the_epochs():
    model = Guesses()
    model.change = not_a_number
    with pytest.raises(ValueError, match=r"^Guesses._epochs returned for unit 0.*NaN"):
        fit(model)


class Nothing(Guesses):
    def _epochs(self, problem, rng, weights=None, n_done=0):
        yield from ()


class NoGenerator(Guesses):
    def _epochs(self, problem, rng, weights=None, n_done=0):
        return [Epoch(problem.layout.random_weights(rng, problem.dtype))]


class NoSentence(Guesses):
    def _epochs(self, problem, rng, weights=None, n_done=0):
        yield Epoch(problem.layout.random_weights(rng, problem.dtype))
        return 5


@pytest.mark.parametrize("train", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("algorithm", "kind", "text"),
    [
        (Nothing, ValueError, "yielded nothing: yield Epoch(weights) before the first"),
        (NoGenerator, TypeError, "returned an object of type list: make it a generato"),
        (NoSentence, TypeError, "returned 5: return a sentence with advice"),
    ],
)
def test_wrong_generators_are_named(algorithm, kind, text, train):
    X, y = make_random_patterns(40, 31, random_state=0)
    with pytest.raises(kind, match=rf"^{algorithm.__name__}._epochs {re.escape(text)}"):
        getattr(algorithm(n_hidden=3), train)(X, y)


@pytest.mark.parametrize("loss", [1, np.int64(2), np.float32(3), np.array(4.0), np.nan])
def test_losses_of_any_real_kind_are_taken(loss):
    model = Guesses()
    model.change = lambda state, problem: Epoch(state.weights, loss)
    with pytest.warns(ConvergenceWarning):
        fit(model, verbose=0)
    assert len(model.loss_curve_) == 4


class Brief(Guesses):
    """Ends after two epochs without saying why."""

    def _epochs(self, problem, rng, weights=None, n_done=0):
        epochs = super()._epochs(problem, rng, weights, n_done)
        for _ in range(3):
            yield next(epochs)


def test_an_end_without_a_word_is_warned_of():
    message = r"Brief._epochs ended by itself after 2 epochs, with \d+ training errors"
    with pytest.warns(ConvergenceWarning, match=message):
        model = fit(Brief())
    assert (model.status_, model.converged_, model.n_iter_) == ("errors_left", False, 2)
    with pytest.warns(ConvergenceWarning, match=message):
        model = fit(Brief(), early_stopping=True)
    assert model.status_ == "errors_left"


class Solved(LALClassifier):
    """Ends as soon as there are no errors, without `finished`."""

    def _epochs(self, problem, rng, weights=None, n_done=0):
        for state in super()._epochs(problem, rng, weights, n_done):
            yield Epoch(state.weights, state.loss)
            if state.finished:
                return


def test_an_end_without_errors_is_convergence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X, y = make_random_patterns(40, 31, random_state=0)
        model, same = (
            kind(n_hidden=3, random_state=0).fit(X, y)
            for kind in (Solved, LALClassifier)
        )
    assert (model.status_, model.converged_) == ("converged", True)
    assert np.array_equal(model.coef_, same.coef_)
    assert model.n_iter_ == same.n_iter_


class Stuck(Guesses):
    def _epochs(self, problem, rng, weights=None, n_done=0):
        yield Epoch(problem.layout.random_weights(rng, problem.dtype))


def test_partial_fit_without_an_epoch_says_why():
    X, y = make_random_patterns(40, 31, random_state=0)
    with pytest.raises(ValueError, match=r"no further epoch .*Stuck._epochs ended by"):
        Stuck(n_hidden=3).partial_fit(X, y)


class Afresh(LALClassifier):
    """Yields new arrays, though one is to be shared."""

    def _epochs(self, problem, rng, weights=None, n_done=0):
        for state in super()._epochs(problem, rng, weights, n_done):
            yield Epoch(state.weights.copy(), state.loss, state.finished)


def test_the_latest_weights_are_those_of_the_last_state():
    X, y = make_random_patterns(60, 101, random_state=0)
    same = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    model = Afresh(n_hidden=3, random_state=0).fit(X, y)
    assert np.array_equal(model.coef_, same.coef_)
