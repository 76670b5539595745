"""The page on how the package is built says how many files a call enters."""

import sys
import warnings
from pathlib import Path

import numba
import numpy as np
import pytest

import skwfm
from skwfm import ELALClassifier, FBPClassifier
from skwfm.landscape import hessian_spectrum, local_entropy

ROOT = Path(skwfm.__file__).parent
PAGE = Path(__file__).parents[1] / "docs" / "how_it_is_built.rst"
# What changes the form of weights or inputs.
CONVERSIONS = {
    str(ROOT / "architectures" / "layout.py"): {
        *("pack_inputs", "pack", "flat", "dense", "pack_weights", "unpack_weights")
    },
    str(ROOT / "problem" / "blocks.py"): {"by_unit"},
}


class Walk:
    """Files of the package in which functions are called, and conversions."""

    def __init__(self):
        self.files, self.n_conversions = set(), 0

    def __call__(self, frame, event, argument):
        name = frame.f_code.co_filename
        if event != "call" or not Path(name).is_relative_to(ROOT):
            return
        self.files.add(name)
        if frame.f_code.co_name in CONVERSIONS.get(name, ()):
            # Those that another conversion is made of are not counted.
            self.n_conversions += frame.f_back.f_code.co_filename != name


@pytest.fixture(scope="module")
def patterns():
    rng = np.random.default_rng(0)
    X = np.where(rng.random((60, 61)) < 0.5, -1.0, 1.0)
    return X, np.where(X @ rng.standard_normal(61) > 0, 1, -1)


@pytest.fixture(scope="module")
def model(patterns):
    return ELALClassifier(n_hidden=3, random_state=0).fit(*patterns)


CALLS = {
    "ELALClassifier.fit": lambda model, X, y: ELALClassifier(
        n_hidden=3, random_state=0
    ).fit(X, y),
    "FBPClassifier.fit, by amp": lambda model, X, y: FBPClassifier(
        n_hidden=3, method="amp", label_noise=0.0, random_state=0
    ).fit(X, y),
    "local_entropy, by ep": lambda model, X, y: local_entropy(
        model, X, y, overlaps=[0.9], method="ep"
    ),
    "hessian_spectrum": lambda model, X, y: hessian_spectrum(model, X, y, 2.0),
}


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="compiled functions are seen then")
@pytest.mark.parametrize("name", CALLS)
def test_the_walk_on_the_page(name, model, patterns):
    def call():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            CALLS[name](model, *patterns)

    call()  # imports and compiles
    walk, before = Walk(), sys.getprofile()
    sys.setprofile(walk)
    try:
        call()
    finally:
        sys.setprofile(before)
    (line,) = (
        line
        for line in PAGE.read_text("utf-8").splitlines()
        if line.startswith(f"   {name};")
    )
    _, _, files, _, conversions = line.split(";")
    assert (len(walk.files), walk.n_conversions) == (int(files), int(conversions))
