"""`check_measure` accepts what is right and catches each thing that is wrong."""

import numpy as np
import pytest

from skwfm.landscape import Measure
from skwfm.landscape.measures import (
    Hessian,
    LocalEntropy,
    Manifold,
    NoiseRobustness,
)
from skwfm.testing import check_measure


class Errors:
    """A measure that inherits nothing: errors on patterns with a few signs changed."""

    name = "errors"
    columns = "errors", "errors_twice"
    unit = "fraction"
    greater_is_better = False
    needs = "classifier"

    def __call__(self, model, X, y, random_state=None):
        rng = np.random.default_rng(random_state)
        noisy = np.where(rng.random(X.shape) < 0.2, -X, X)
        return float(np.mean(model.predict(noisy) != y))

    def values(self, result):
        return result, 2 * result


@pytest.mark.parametrize(
    "measure",
    [
        LocalEntropy,
        Hessian,
        NoiseRobustness,
        Manifold,
        LocalEntropy((0.001,), (), method="mc", n_samples=100),
        Hessian(5.0, ["max", "min", "trace"]),
        Errors,
    ],
    ids=str,
)
def test_right_measures_pass(measure):
    check_measure(measure)


def test_what_does_not_converge_passes_if_it_warns():
    check_measure(LocalEntropy((0.4,), (), method="ep", max_sweeps=1))
    check_measure(Manifold(target=0.9, max_iter=1))


class NeedsMore(Errors):
    def __init__(self, level):
        self.level = level


class NoValues(Measure):
    name = "none"
    columns = ("none",)

    def __call__(self, model, X, y, random_state=None):
        return 0.0


class Bare:
    def __call__(self, model, X, y, random_state=None):
        return 0.0

    def values(self, result):
        return [result]


class WrongCount(Errors):
    def values(self, result):
        return [result]


class Silent(Errors):
    def values(self, result):
        return result, np.nan


class Chance(Errors):
    def __call__(self, model, X, y, random_state=None):
        return np.random.default_rng().random()


class GlobalChance(Errors):
    def __call__(self, model, X, y, random_state=None):
        np.random.seed(random_state)  # noqa: NPY002
        return np.random.random()  # noqa: NPY002


class WritesPatterns(Errors):
    def __call__(self, model, X, y, random_state=None):
        if X.flags.writeable:
            X[0] = 0
        return 0.0


class WritesReadOnly(Errors):
    def __call__(self, model, X, y, random_state=None):
        X *= 1
        return 0.0


class KeepsState(Errors):
    def __call__(self, model, X, y, random_state=None):
        if not hasattr(model, "named_steps"):
            model.seen_ = True
        return 0.0


class Unpicklable(Errors):
    def __init__(self):
        self.function = lambda x: x


class Forgetful(Errors):
    """Loses its parameter on the way to another process."""

    def __init__(self):
        self.scale = 2.0

    def __reduce__(self):
        return Errors, ()

    def values(self, result):
        return self.scale + result, result


class NoSeed(Errors):
    def __call__(self, model, X, y):
        return 0.0


class LastStepOnly(Errors):
    needs = "committee"

    def __call__(self, model, X, y, random_state=None):
        return float(np.sum(np.abs(model.coef_)))


class Fickle(Errors):
    """Numbers that depend on more than the result."""

    def __init__(self):
        self.calls = 0

    def __call__(self, model, X, y, random_state=None):
        return type(model).__name__ == "LALClassifier" and model

    def values(self, result):
        return float(hasattr(result, "status_")), 0.0


class AsksForMore(Errors):
    def __call__(self, model, X, y, random_state=None):
        last = model[-1] if hasattr(model, "named_steps") else model
        return float(last.n_iter_)


class WrongCurve(Errors):
    def curve(self, result):
        return [0.0, 1.0], [0.0]


class Complex(Errors):
    def values(self, result):
        return np.array([result, 1j])


class Words(Errors):
    def values(self, result):
        return "high", "low"


class FullOnly(Errors):
    """Reads weights as if all units saw all inputs."""

    def __call__(self, model, X, y, random_state=None):
        last = model[-1] if hasattr(model, "named_steps") else model
        return 1 / float(np.all(last.coef_ != 0)) if last.coef_.all() else 1 // 0


class OneMore(Errors):
    def __call__(self, model, X, y, random_state=None):
        return [0.0] * (2 if X.dtype == np.float64 else 3)

    def values(self, result):
        return result


class SignedScore(Errors):
    """Counts its scorers' calls into the number."""

    n_calls = 0

    def values(self, result):
        SignedScore.n_calls += 1
        return result, float(SignedScore.n_calls > 6)


def with_attribute(name, value):
    return type("Bad", (Errors,), {name: value})


@pytest.mark.parametrize(
    ("measure", "remedy"),
    [
        (NeedsMore, "give every parameter a default"),
        (NoValues, r"abstract.*write columns, __call__ and values"),
        (Bare, r"Bare.name: not there; inherit from skwfm.landscape.Measure"),
        (with_attribute("values", None), "values: not there; write this method"),
        (with_attribute("name", "two words"), "name: is 'two words'; use letters"),
        (with_attribute("unit", None), "unit: is None; make it a string"),
        (with_attribute("needs", "luck"), "needs: is 'luck'; use one of"),
        (with_attribute("greater_is_better", 1), "make it True or False"),
        (with_attribute("columns", "ab"), "give a tuple of different names"),
        (with_attribute("columns", ()), "give a tuple of different names"),
        (with_attribute("columns", ("a", "a")), "give a tuple of different names"),
        (WrongCount, r"shape \(1,\) for 2 columns; give one number for each"),
        (Complex, r"Complex.values: gave .*; give real numbers"),
        (Words, r"Words.values: gave .*; give real numbers"),
        (FullOnly, r"ZeroDivisionError.*architecture='tree'.*read_model"),
        (OneMore, r"gave shape \(3,\) with architecture='tree'; give one number"),
        (Silent, "gave NaN without a warning; warn"),
        (WrongCurve, "give a skwfm.landscape.Curve with as many x as y"),
        (Chance, "two calls with the same random_state differ"),
        (GlobalChance, "changes the state of NumPy's or Python's global random"),
        (WritesPatterns, "changes the model, X or y; work on copies"),
        (WritesReadOnly, r"read-only.*accept model|accept model.*read-only"),
        (KeepsState, "changes the model, X or y; work on copies"),
        (Unpicklable, "define the class at the top of a module"),
        (Forgetful, "an unpickled copy gives other numbers"),
        (NoSeed, "and random_state"),
        (LastStepOnly, "also in a pipeline: skwfm.landscape.read_model"),
        (Fickle, "for a pipeline, .* for its last step; read models by"),
        (AsksForMore, "in a MeasureTransformer it raised AttributeError"),
        (SignedScore, "make it depend on the result alone"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_wrong_measures_are_caught(measure, remedy):
    SignedScore.n_calls = 0
    with pytest.raises(AssertionError, match=remedy):
        check_measure(measure)
