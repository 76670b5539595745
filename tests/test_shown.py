"""Messages print numbers of NumPy as those of Python."""

import ast
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

import skwfm
from skwfm import FBPClassifier, LALClassifier
from skwfm._shown import shown
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import load_dress_coat, make_random_patterns
from skwfm.inference import BinaryPrior, Factors, Focusing, SphericalPrior, infer
from skwfm.landscape import hessian_spectrum, local_entropy, noise_robustness
from skwfm.theory import local_entropy_curve, solution_entropy

X, Y = make_random_patterns(20, 15, random_state=0)
FACTORS = Factors(X, Y, TreeCommittee(3))
Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(7), "7"),
        (np.float64(0.5), "0.5"),
        (np.float32(0.5), "0.5"),
        (np.True_, "True"),
        (np.str_("a"), "'a'"),
        ([np.int64(1), (np.float64(2.0),)], "[1, (2.0,)]"),
        ({"k": np.int8(3)}, "{'k': 3}"),
        (Pair(1, 2), "Pair(a=1, b=2)"),
        (np.array([1, 2]), "array([1, 2])"),
        (None, "None"),
        ("word", "'word'"),
    ],
)
def test_messages_print_values_of_numpy_as_those_of_python(value, text):
    assert shown(value) == text


def fitted():
    return LALClassifier(n_hidden=3, random_state=0).fit(X, Y)


@pytest.mark.parametrize(
    "call",
    [
        lambda: FullCommittee(np.int64(0)),
        lambda: FullCommittee(np.float64(3.0)),
        lambda: LALClassifier(
            architecture=FullCommittee(np.int64(3)), n_hidden=np.int64(7)
        ).fit(X, Y),
        lambda: LALClassifier(n_hidden=np.int64(99), architecture="tree").fit(X, Y),
        lambda: FullCommittee(np.int64(3)).set_params(margin=np.float64(1.0)),
        lambda: make_random_patterns(np.int64(0), 3),
        lambda: load_dress_coat(n_per_class=np.int64(10**6)),
        lambda: infer(FACTORS, SphericalPrior(), tol=np.float64(0.0)),
        lambda: infer(FACTORS, SphericalPrior(), max_sweeps=np.int64(0)),
        lambda: infer(FACTORS, SphericalPrior(), damping=np.float64(1.5)),
        lambda: infer(FACTORS, Focusing(BinaryPrior(), np.int64(0), 1.0)),
        lambda: noise_robustness(fitted(), X, Y, levels=[np.float64(-1.0)]),
        lambda: hessian_spectrum(fitted(), X, Y, beta=np.float64(-1.0)),
        lambda: FBPClassifier().fit(X, np.full(20, np.int64(7))),
        lambda: FBPClassifier(intercept_scaling=np.float64(1e200)).fit(X, Y),
        lambda: local_entropy(fitted(), X, Y, method="mc", n_samples=np.float64(0.5)),
    ],
)
def test_messages_do_not_print_types_of_numpy(call):
    with pytest.raises((ValueError, TypeError)) as raised:
        call()
    assert "np." not in str(raised.value)
    assert "=" in str(raised.value) or "7" in str(raised.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: solution_entropy("tree", np.float64(2.5), 1.0),
        lambda: solution_entropy("tree", 3, 1.0, beta_ne=np.float64(-1.0)),
        lambda: local_entropy_curve("tree", 3, 0.1, [0.5], n_replicas=np.float64(0.5)),
        lambda: local_entropy_curve("tree", 3, 0.1, [np.float64(1.5)]),
    ],
)
def test_messages_of_the_theory_do_not_print_types_of_numpy(call):
    with pytest.raises(ValueError, match=r"got -?\d\.\d"):
        call()


# Rooms whose functions are given numbers; the others print names, paths and cells.
ROOMS = ("architectures", "problem", "classifiers", "inference", "landscape", "theory")
# What has no type of NumPy in it: machines print themselves, exceptions their text.
PLAIN = ("machine", "architecture", "architecture_", "self", "cause", "tolist()")


def formatted_by_repr(path):
    """Expressions that an f-string of a file prints with !r."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FormattedValue) and node.conversion == ord("r"):
            yield ast.unparse(node.value)


def test_no_message_prints_arguments_by_repr():
    package = Path(skwfm.__file__).parent
    paths = [path for room in ROOMS for path in (package / room).rglob("*.py")]
    assert len(paths) > 100
    found = {
        f"{path.relative_to(package)}: {{{text}!r}}"
        for path in paths
        for text in formatted_by_repr(path)
        if text.split(".")[-1].split("[")[0] not in PLAIN
    }
    assert not found, f"use skwfm._shown.shown: {sorted(found)}"
