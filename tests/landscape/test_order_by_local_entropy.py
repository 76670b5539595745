"""Fig. 4 of the paper: fBP, eLAL, ceSGD, LAL by local entropy, in five samples.

Where one algorithm is above another in five samples of five, a sign test rejects at
1/32 that either is as likely to be.
"""

import numpy as np
import pytest

from skwfm.architectures import TreeCommittee
from skwfm.classifiers import published_settings
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors, SphericalPrior, focusing_steps, geometric_protocol
from skwfm.landscape import local_entropy

pytestmark = [
    pytest.mark.slow,
    # That a coupling did not converge within 200 sweeps is part of the protocol.
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
OVERLAPS = [0.8, 0.9, 0.95]
ALGORITHMS = ["eLAL", "ceSGD-slow", "ceSGD-fast", "LAL"]


class Weights:
    """What `local_entropy` reads of a model."""

    architecture_ = TreeCommittee(9)

    def __init__(self, coef):
        self.coef_ = coef


def focused(X, y, seed):
    """Answers at the first and the last coupling without errors."""
    steps = focusing_steps(
        Factors(X, y, TreeCommittee(9)), SphericalPrior(), geometric_protocol(),
        method="amp", tol=1e-3, random_state=seed,
    )  # fmt: skip
    solved = [step for step in steps if step.n_errors == 0]
    return {
        "fBP": Weights(solved[0].weights),
        "fBP to the end": Weights(solved[-1].weights),
    }


@pytest.fixture(scope="module")
def widths():
    """Local entropies by algorithm, (5 samples, 3 overlaps)."""
    found = {}
    for seed in range(5):
        X, y = make_random_patterns(1000, 999, random_state=seed)
        models = focused(X, y, seed)
        for name in ALGORITHMS:
            algorithm, parameters = published_settings("random_patterns", name)
            models[name] = algorithm(**parameters, random_state=seed).fit(X, y)
            assert models[name].n_errors_ == 0
        for name, model in models.items():
            curve = local_entropy(model, X, y, overlaps=OVERLAPS, method="amp")
            assert curve.converged.all()
            found.setdefault(name, []).append(curve.entropy)
    return {name: np.array(curves) for name, curves in found.items()}


@pytest.mark.parametrize("column", range(3), ids=[f"p={p}" for p in OVERLAPS])
@pytest.mark.parametrize(
    ("wider", "narrower"),
    [
        ("fBP", "eLAL"),
        ("eLAL", "ceSGD-slow"),
        ("eLAL", "ceSGD-fast"),
        ("ceSGD-slow", "LAL"),
        ("ceSGD-fast", "LAL"),
    ],
)
def test_the_order_is_that_of_the_paper(widths, wider, narrower, column):
    assert np.all(widths[wider][:, column] > widths[narrower][:, column])


def test_stronger_couplings_trade_large_distances_for_small_ones(widths):
    """Which weights have most solutions around them depends on the distance.

    From the first coupling without errors (about 4) to the last (30) the entropy falls
    at overlap 0.8, below that of eLAL, and rises at 0.95.
    """
    first, last = widths["fBP"], widths["fBP to the end"]
    assert np.all(last[:, 0] < widths["eLAL"][:, 0])
    assert np.all(last[:, 2] > first[:, 2])
