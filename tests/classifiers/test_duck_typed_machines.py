"""A machine that inherits from nothing goes through all of the package."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skwfm import CeSGDClassifier, ELALClassifier, FBPClassifier, LALClassifier
from skwfm.architectures import TreeCommittee
from skwfm.classifiers import BaseCommitteeClassifier, Solution
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors, SphericalPrior, infer
from skwfm.landscape import (
    hessian_spectrum,
    local_entropy,
    noise_robustness,
    smallest_beta,
)

TREE = TreeCommittee(3)


class Duck:
    """What inference asks of a machine, and nothing else; the answers of a tree."""

    def __init__(self, n_hidden=3):
        self.n_hidden = n_hidden

    def receptive_fields(self, n_features):
        return TREE.receptive_fields(n_features)

    def output(self, hidden):
        return TREE.output(hidden)

    def decision(self, hidden):
        return TREE.decision(hidden)

    def channel(self, mean, var, labels):
        return TREE.channel(mean, var, labels)


class Trainable(Duck):
    def unit_to_fix(self, fields, labels):
        return TREE.unit_to_fix(fields, labels)


class Smooth(Duck):
    def smooth(self, fields, beta, order=1):
        return TREE.smooth(fields, beta, order)


class Silent(Duck):
    channel = None


@pytest.fixture(scope="module")
def patterns():
    return make_random_patterns(20, 33, random_state=0)


def trained(patterns, machine):
    """The same weights, whatever the machine is called."""
    model = LALClassifier(architecture="tree", n_hidden=3, random_state=0)
    model.fit(*patterns).architecture_ = machine
    return model


ENGINES = [
    {"method": "amp"},
    {"method": "bp"},
    {"method": "ep"},
    {"method": "ep", "corrected": True},
]


@pytest.mark.parametrize("options", ENGINES, ids=str)
def test_every_engine(patterns, options):
    volumes = [
        infer(Factors(*patterns, machine), SphericalPrior(), **options).log_volume
        for machine in (TREE, Duck())
    ]
    assert volumes[0] == pytest.approx(volumes[1], rel=1e-12)


@pytest.mark.parametrize("method", ["amp", "bp", "ep", "mc"])
def test_local_entropy(patterns, method):
    entropies = [
        local_entropy(
            trained(patterns, machine), *patterns, overlaps=[0.99], method=method,
            random_state=0,
        ).entropy
        for machine in (TREE, Duck())
    ]  # fmt: skip
    assert np.isfinite(entropies[0]).all()
    assert np.allclose(*entropies, rtol=1e-12)


def test_opposite_patterns_with_one_label_contradict_each_other():
    X = np.array([[1.0, 1, -1], [-1, -1, 1]])
    assert Factors(X, np.ones(2), Duck()).contradiction == (0, 1)


@pytest.mark.parametrize(
    "algorithm",
    [
        LALClassifier(architecture=Trainable),
        ELALClassifier(architecture=Trainable(), n_replicas=3, n_jobs=2),
        CeSGDClassifier(architecture=Smooth()),
        FBPClassifier(architecture=Duck(), gammas=[0.5, 1, 2]),
    ],
    ids=lambda a: type(a).__name__,
)
def test_training_is_that_of_the_built_in_tree(patterns, algorithm):
    algorithm.set_params(n_hidden=3, random_state=0)
    model = clone(algorithm).fit(*patterns)
    tree = clone(algorithm).set_params(architecture="tree").fit(*patterns)
    assert np.allclose(model.coef_, tree.coef_, atol=1e-9)
    assert model.score(*patterns) == 1.0
    errors = noise_robustness(model, *patterns, levels=[0.0], random_state=0).error
    assert errors == 0


def test_curvature(patterns):
    smooth, tree = trained(patterns, Smooth()), trained(patterns, TREE)
    beta = smallest_beta(tree, *patterns)
    # Nothing says that this machine is monotone: it is searched in shorter steps.
    assert smallest_beta(smooth, *patterns) == pytest.approx(beta, rel=1e-9)
    spectra = [
        hessian_spectrum(m, *patterns, 2 * beta).eigenvalues for m in (smooth, tree)
    ]
    assert np.allclose(*spectra, rtol=1e-9)


@pytest.mark.parametrize(
    ("algorithm", "machine", "needed"),
    [
        (LALClassifier, Duck(), "unit_to_fix"),
        (ELALClassifier, Duck(), "unit_to_fix"),
        (CeSGDClassifier, Trainable(), "smooth"),
        (FBPClassifier, Silent(), "channel"),
    ],
)
def test_what_an_algorithm_needs_and_the_machine_lacks(
    patterns, algorithm, machine, needed
):
    name = type(machine).__name__
    message = f"{algorithm.__name__} needs `{needed}` .* {name} lacks `{needed}`"
    with pytest.raises(NotImplementedError, match=message):
        algorithm(architecture=machine).fit(*patterns)
    if hasattr(algorithm, "partial_fit"):
        with pytest.raises(NotImplementedError, match=message):
            algorithm(architecture=machine).partial_fit(*patterns)


def test_what_measures_need_and_the_machine_lacks(patterns):
    with pytest.raises(NotImplementedError, match=r"'ep' needs .* Silent lacks `chan"):
        infer(Factors(*patterns, Silent()), SphericalPrior(), method="ep")
    model = trained(patterns, Silent())
    with pytest.raises(NotImplementedError, match=r"'amp' needs .* Silent has none"):
        local_entropy(model, *patterns, overlaps=[0.9], method="amp")
    with pytest.raises(ValueError, match="`smooth` method"):
        hessian_spectrum(model, *patterns, 3.0)


class MeanOfPatterns(BaseCommitteeClassifier):
    """An algorithm of one step, for any machine."""

    def _solve(self, problem, rng):
        weights = np.zeros(problem.layout.dense_shape)
        for l, field in enumerate(problem.architecture.receptive_fields(33)):
            weights[l, field] = problem.labels @ problem.inputs[:, field]
        return Solution(weights, 1, False, status="max_iter")


def test_algorithms_without_epochs_have_no_max_iter(patterns):
    assert "max_iter" not in MeanOfPatterns().get_params()
    assert "max_iter" not in FBPClassifier().get_params()
    X, _ = patterns
    with pytest.warns(ConvergenceWarning, match="stopped at max_iter=1 "):
        MeanOfPatterns(architecture=Silent()).fit(X, X[:, 0] * X[:, 1])
