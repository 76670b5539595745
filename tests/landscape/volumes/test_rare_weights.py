"""Rare weights with few errors, which few draws find: flagged or found, never missed.

The patterns here are alike, so that one field decides them all. It is a coordinate of a
point on the sphere, with a tail in closed form.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import betainc
from sklearn.exceptions import ConvergenceWarning

from skwfm.architectures import FullCommittee
from skwfm.inference import Factors
from skwfm.landscape import local_entropy
from skwfm.landscape.volumes.sampling import sample_local_volume
from skwfm.landscape.volumes.splitting import Counting, _combine

N_WEIGHTS = 20
N_COPIES = 20
OVERLAP = 0.9


def alike(strength, n_copies=N_COPIES, spread=0.0):
    """A model and patterns that it gets wrong all at once."""
    weights = np.zeros((1, N_WEIGHTS))
    weights[0, 0] = 1
    X = np.zeros((n_copies, N_WEIGHTS))
    X[:, 0], X[:, 1] = -1, strength
    X[:, 2] = spread * np.arange(n_copies)
    return SimpleNamespace(coef_=weights, architecture_=FullCommittee(1)), X


def right_probability(strength):
    """That ``-p + strength sqrt(1 - p^2) u > 0``, u of a point on a 19-sphere."""
    least = OVERLAP / strength / np.sqrt(1 - OVERLAP**2)
    return 0.5 * betainc((N_WEIGHTS - 2) / 2, 0.5, 1 - least**2)


def measure(model, X, **options):
    with np.errstate(all="ignore"):
        return local_entropy(
            model, X, np.ones(len(X)), overlaps=[OVERLAP], method="mc", **options
        )


def test_the_closed_form():
    assert right_probability(2.75) == pytest.approx(6.8e-5, rel=0.01)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("strength", [2.75, 3.2, 3.6, 5.0])
@pytest.mark.parametrize("spread", [0.0, 1e-9])
def test_all_patterns_at_once(strength, spread):
    """Copies, or patterns that differ by nothing that matters: right or flagged."""
    model, X = alike(strength, spread=spread)
    p = right_probability(strength)
    expected = np.log(p + (1 - p) * np.exp(-N_COPIES))
    for seed in range(6):
        curve = measure(model, X, beta_ne=1.0, n_samples=3000, random_state=seed)
        deviation = abs(curve.entropy[0] * N_WEIGHTS - expected)
        assert not curve.converged[0] or deviation < 4 * curve.error[0] * N_WEIGHTS
        assert curve.error[0] > 0
        # Found where draws are enough: 35 of them and more are right.
        assert curve.converged[0] or strength < 5


def test_the_advice_says_to_draw_more():
    model, X = alike(2.75)
    with pytest.warns(ConvergenceWarning, match="raise n_samples"):
        curve = measure(model, X, beta_ne=1.0, random_state=0)
    assert np.isnan(curve.entropy[0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_samples", [1, 3, 30])
def test_few_draws_are_not_certain(n_samples):
    model, X = alike(2.75, n_copies=2)
    for beta in (0.5, 2.0):
        curve = measure(model, X, beta_ne=beta, n_samples=n_samples, random_state=0)
        assert curve.error[0] > 0
        assert curve.converged[0] == (curve.error[0] * N_WEIGHTS < 0.2)
    # Right on all weights: draws are alike, and one in so many may not be.
    curve = measure(*alike(0.1), beta_ne=None, max_errors=20, n_samples=n_samples)
    assert curve.entropy[0] == 0
    assert curve.error[0] * N_WEIGHTS >= 0.0099


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_others_that_vary_do_not_hide_them():
    """Copies that no draw has right beside independent patterns: flagged."""
    model, X = alike(2.75, spread=1e-9)
    others = np.zeros((5, N_WEIGHTS))
    others[np.arange(5), 10 + np.arange(5)] = 1
    flagged = 0
    for seed in range(4):
        curve = measure(
            model, np.vstack([X, others]), beta_ne=1.0, n_samples=2000,
            random_state=seed,
        )  # fmt: skip
        flagged += not curve.converged[0]
    assert flagged == 4


def independent(n_patterns):
    """Patterns on axes of their own, each right with probability one half."""
    n_inputs = 20_000
    inputs = np.sqrt(n_inputs) * np.eye(n_patterns, n_inputs)
    reference = np.zeros(n_inputs)
    reference[-1] = np.sqrt(n_inputs)
    return Factors(inputs, np.ones(n_patterns), FullCommittee(1)), reference


@pytest.mark.parametrize(("n_patterns", "beta"), [(60, 0.5), (30, 3.0), (40, 1.0)])
def test_the_mean_by_levels(n_patterns, beta):
    """Independent patterns: ``((1 + e^-beta) / 2)^n``, below what direct draws rule."""
    factors, reference = independent(n_patterns)
    estimate = sample_local_volume(
        factors, reference, 0.5, n_samples=2000, seed=5, counting=Counting(beta_ne=beta)
    )
    assert estimate.method == "splitting"
    assert estimate.converged
    expected = n_patterns * np.log((1 + np.exp(-beta)) / 2)
    assert estimate.log_fraction == pytest.approx(expected, abs=3.5 * estimate.error)
    wrong = n_patterns / (1 + np.exp(beta))
    assert estimate.mean_errors == pytest.approx(wrong, rel=0.1, abs=0.3)


def test_populations_that_agree_are_not_certain():
    sums = np.tile([0.1, 0.0, 0.001], (10, 1))
    assert _combine(sums, (0,)).error == pytest.approx(0.001)
    sums[:, 2] = 1.0
    estimate = _combine(sums, (0,))
    assert estimate.error == pytest.approx(np.log(4))
    assert not estimate.converged
