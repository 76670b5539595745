"""Warnings name the line of the user's program, however deep they arise."""

import ast
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skwfm
from skwfm import LALClassifier

PACKAGE = Path(skwfm.__file__).parent


def never_separable():
    X = np.repeat(np.eye(4), 10, axis=0)
    return X, np.tile([0, 1], 20)


def fit_alone(X, y):
    LALClassifier(max_iter=2).fit(X, y)


def fit_in_a_pipeline(X, y):
    make_pipeline(StandardScaler(), LALClassifier(max_iter=2)).fit(X, y)


def search(X, y):
    GridSearchCV(LALClassifier(max_iter=2), {"n_hidden": [1, 3]}, cv=2).fit(X, y)


@pytest.mark.parametrize("call", [fit_alone, fit_in_a_pipeline, search])
def test_warnings_of_a_fit_name_the_line_that_called_it(call):
    with pytest.warns(ConvergenceWarning) as caught:
        call(*never_separable())
    assert {warning.filename for warning in caught} == {__file__}
    first = call.__code__.co_firstlineno
    assert {warning.lineno for warning in caught} == {first + 1}


def test_no_file_counts_frames_itself():
    for path in PACKAGE.rglob("*.py"):
        if path.name == "_warn.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            counts = isinstance(node, ast.Attribute) and node.attr == "warn"
            assert not counts, f"{path}, line {node.lineno}: call warn of skwfm._warn"
