"""The published settings of every training algorithm, in one place."""

from __future__ import annotations

from typing import Literal

from skwfm._shown import shown
from skwfm.classifiers.cesgd import CeSGDClassifier
from skwfm.classifiers.elal import ELALClassifier
from skwfm.classifiers.fbp import FBPClassifier
from skwfm.classifiers.lal import LALClassifier

# Baldassi, Pittorino, Zecchina (2020), Materials and Methods. Without intercept, K = 9.
# The growth rate beta1 of ceSGD-slow on random patterns is lost in print; 2e-4 is ours.
# fBP was not run on images: there only the replicas and the last coupling are published
# ones (see the user guide for how all else was chosen).
_UNITS = {"n_hidden": 9, "fit_intercept": False, "intercept_scaling": 1.0}
_MACHINE = {
    "random_patterns": {"architecture": "tree", **_UNITS},
    "dress_coat": {"architecture": "full", **_UNITS},
}
_ALGORITHM = {
    "LAL": LALClassifier,
    "eLAL": ELALClassifier,
    "ceSGD-fast": CeSGDClassifier,
    "ceSGD-slow": CeSGDClassifier,
    "fBP": FBPClassifier,
}
_SETTINGS = {
    ("random_patterns", "LAL"): {"eta": 5e-3},
    ("random_patterns", "eLAL"): {
        "eta": 1e-2, "n_replicas": 20, "lambda0": 0.5, "lambda1": 1e-4, "tol": 1e-7,
    },
    ("random_patterns", "ceSGD-fast"): {
        "eta": 1e-2, "gamma0": 3.0, "gamma1": 0.0, "beta0": 1.0, "beta1": 1e-3,
        "stop": "zero_error", "max_iter": 5000,
    },
    ("random_patterns", "ceSGD-slow"): {
        "eta": 3e-3, "gamma0": 0.1, "gamma1": 4e-4, "beta0": 0.5, "beta1": 2e-4,
        "stop": "loss", "tol": 1e-7, "max_iter": 20000,
    },
    ("random_patterns", "fBP"): {
        "n_replicas": 10, "max_sweeps": 200, "method": "amp", "label_noise": 0.0,
    },
    ("dress_coat", "LAL"): {"eta": 1e-4},
    ("dress_coat", "eLAL"): {
        "eta": 2e-3, "n_replicas": 20, "lambda0": 30.0, "lambda1": 5e-3, "tol": 1e-7,
    },
    ("dress_coat", "ceSGD-fast"): {
        "eta": 2e-4, "gamma0": 5.0, "gamma1": 0.0, "beta0": 2.0, "beta1": 1e-4,
        "stop": "zero_error", "max_iter": 5000,
    },
    ("dress_coat", "ceSGD-slow"): {
        "eta": 3e-5, "gamma0": 0.5, "gamma1": 1e-3, "beta0": 0.5, "beta1": 1e-3,
        "stop": "loss", "tol": 1e-7, "max_iter": 6000,
    },
    ("dress_coat", "fBP"): {
        "n_replicas": 10, "start_noises": (0.3, 0.03), "max_sweeps": 8,
        "gammas": (1.0, 4.0, 12.0, 30.0), "method": "ep", "label_noise": 0.0,
    },
}  # fmt: skip

# Mean and standard deviation of the number of epochs, as published.
PUBLISHED_EPOCHS = {
    ("random_patterns", "LAL"): (76, 15),
    ("random_patterns", "eLAL"): (861, 315),
    ("random_patterns", "ceSGD-fast"): (770, 150),
    ("random_patterns", "ceSGD-slow"): (12980, 70),
    ("dress_coat", "LAL"): (61, 21),
    ("dress_coat", "eLAL"): (190, 40),
    ("dress_coat", "ceSGD-fast"): (460, 334),
    ("dress_coat", "ceSGD-slow"): (3570, 50),
}


def published_settings(
    problem: Literal["random_patterns", "dress_coat"],
    name: Literal["LAL", "eLAL", "ceSGD-fast", "ceSGD-slow", "fBP"],
) -> tuple[type, dict[str, object]]:
    """Give the published settings of an algorithm.

    Parameters
    ----------
    problem : {"random_patterns", "dress_coat"}
        The experiment: 1000 random patterns of 999 inputs on a tree, or 500 binarised
        images of dresses and coats on a full machine.
    name : {"LAL", "eLAL", "ceSGD-fast", "ceSGD-slow", "fBP"}
        The algorithm and its variant. "fBP" on images is not in the paper: it has the
        published replicas and last coupling, reached from noisy labels in few couplings
        and sweeps of expectation propagation.

    Returns
    -------
    estimator_class : type
        The classifier.
    parameters : dict
        Its parameters, machine included.

    Raises
    ------
    ValueError
        If there is no such setting.

    Examples
    --------
    >>> from skwfm.classifiers import published_settings
    >>> estimator_class, parameters = published_settings("dress_coat", "LAL")
    >>> estimator_class(**parameters)
    LALClassifier(eta=0.0001, fit_intercept=False, intercept_scaling=1.0)
    """
    if (problem, name) not in _SETTINGS:
        raise ValueError(
            f"problem={shown(problem)}, name={shown(name)} is not a published setting: "
            f"choose problem from {sorted(_MACHINE)} and name from "
            f"{sorted(_ALGORITHM)}."
        )
    return _ALGORITHM[name], {**_MACHINE[problem], **_SETTINGS[problem, name]}
