"""What a fit stores is what the machine does: errors counted, weights checked."""

import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.classifiers import BaseCommitteeClassifier, Solution
from skwfm.datasets import make_random_patterns

ESTIMATORS = [
    LALClassifier(max_iter=20),
    ELALClassifier(max_iter=20, n_replicas=3),
    CeSGDClassifier(max_iter=20),
    AnnealingClassifier(max_iter=20),
    AnnealingClassifier(max_iter=20, energy="local_entropy"),
    FBPClassifier(gammas=[0.5, 1.0], max_sweeps=20),
    FBPClassifier(gammas=[0.5, 1.0], max_sweeps=20, answer="posterior"),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: str(e)[:30])
@pytest.mark.parametrize("n_samples", [60, 130])
def test_n_errors_are_the_errors_of_the_machine(estimator, n_samples):
    X, y = make_random_patterns(n_samples, 45, random_state=3)
    model = clone(estimator).set_params(architecture="tree", n_hidden=3, random_state=0)
    fields = model.fit(X, y).coef_ @ X.T + model.intercept_[:, None]
    answers = np.where(np.sum(fields >= 0, axis=0) >= 2, 1, -1)
    assert model.n_errors_ == np.sum(answers != y)
    if getattr(model, "answer", "machine") == "machine":
        assert model.n_errors_ == np.sum(model.predict(X) != y)
    assert not (model.converged_ and model.n_errors_)


def test_n_errors_of_a_posterior_that_makes_fewer_errors_than_its_machine():
    X, y = make_random_patterns(30, 31, random_state=2)
    model = FBPClassifier(
        architecture="tree", n_hidden=3, gammas=[0.5], answer="posterior",
        random_state=0,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match="training errors left"):
        model.fit(X, y)
    assert np.sum(model.predict(X) != y) == 0 < model.n_errors_
    assert not model.converged_
    assert model.status_ == "errors_left"


class Fixed(BaseCommitteeClassifier):
    """An algorithm that returns what it was given."""

    answer = None

    def _solve(self, problem, rng):
        return self.answer


def outcome(answer):
    X, y = make_random_patterns(40, 33, random_state=0)
    model = Fixed(architecture="tree", n_hidden=3, fit_intercept=False)
    model.answer = answer
    return model.fit(X, y)


def in_fields(value=1.0):
    weights = np.zeros((3, 33))
    for l in range(3):
        weights[l, 11 * l : 11 * l + 11] = value
    return weights


OUTSIDE, NAN, EMPTY = in_fields(), in_fields(), in_fields()
OUTSIDE[1, :4] = 0.5
NAN[2, 25] = np.nan
EMPTY[0] = 0


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((3, 33)), "unit 0 (of 3) 22 weights outside its receptive field"),
        (OUTSIDE, "unit 1 (of 3) 4 weights outside its receptive field"),
        (NAN, "unit 2 (of 3) 1 weights that are NaN or infinite"),
        (in_fields(np.inf), "unit 0 (of 3) 11 weights that are NaN or infinite"),
        (EMPTY, "unit 0 (of 3) 33 weights which are all zero"),
        (in_fields() + 0j, "weights of dtype complex128: return real numbers"),
        (in_fields().astype(str), "return real numbers"),
        (np.ones((2, 2)), "weights of shape (2, 2); they must have shape (3, 33)"),
    ],
)
def test_weights_that_are_not_those_of_the_machine(weights, message):
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        outcome(Solution(weights, 1, True))
    assert str(error.value).startswith("Fixed._solve returned")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "an object of type NoneType: return a skwfm.classifiers.Solution"),
        (in_fields(), "an object of type ndarray: return a skwfm"),
        (Solution(in_fields(), 1, "yes"), "with converged='yes': pass a bool"),
        (Solution(in_fields(), 1.5, True), "with n_iter=1.5: pass an int"),
        (Solution(in_fields(), True, True), "with n_iter=True: pass an int"),
        (Solution(in_fields(), 1, True, None), "with status=None: pass a str"),
        (Solution(in_fields(), 1, True, advice=5), "with advice=5: pass a sentence"),
        (Solution(in_fields(), 1, True, history=None), "history=None: pass a list of"),
        (Solution(in_fields(), 1, True, history=["a"]), "history=['a']: pass a list"),
        (Solution(in_fields(), 1, True, history=[1, [2]]), "pass a list of numbers"),
    ],
)
def test_algorithms_that_return_no_proper_solution(answer, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        outcome(answer)


@pytest.mark.parametrize("where", ["status", "advice"])
@pytest.mark.parametrize(
    ("advice", "told"),
    [
        ("Stuck with {'start': 3.0}: raise start.", None),
        ("Use {bar} or {}, {0} or {n_hidden:.3f} {", None),
        ("Of {n_hidden} units, by {architecture}.", "Of 3 units, by tree."),
        ("Do not use {architecture!r}.", "Do not use 'tree'."),
    ],
)
def test_advice_may_have_braces(advice, told, where):
    """`str.format` raised KeyError, and the fit was lost."""
    known = {"status": "max_iter", where: advice}
    with pytest.warns(ConvergenceWarning) as caught:
        model = outcome(Solution(in_fields(), 1, False, **known))
    assert str(caught[0].message) == (told or advice)
    np.testing.assert_allclose(model.coef_, in_fields(11**-0.5), rtol=1e-12)


def test_advice_speaks_of_a_learning_rate_only_if_there_is_one():
    with pytest.warns(ConvergenceWarning) as caught:
        outcome(Solution(in_fields(), 1, False, "max_iter"))
    assert "add hidden units if the patterns cannot be separated." in str(
        caught[0].message
    )
    X, y = make_random_patterns(40, 9, random_state=0)
    with pytest.warns(ConvergenceWarning, match="or change the learning rate eta"):
        LALClassifier(n_hidden=1, max_iter=2, random_state=0).fit(X, y)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1, 1e-300, 1e300, np.int64(7), np.float32(2)])
def test_weights_of_any_size_and_real_dtype_are_normalised(size):
    weights = in_fields().astype(np.asarray(size).dtype) * size
    model = outcome(Solution(weights, np.int64(1), np.True_, "stopped"))
    assert np.allclose(np.linalg.norm(model.coef_, axis=1), 1, rtol=1e-6)
