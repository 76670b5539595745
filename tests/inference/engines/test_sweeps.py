"""The sweep loop on engines whose behaviour is known."""

import numpy as np
import pytest

from skwfm.inference.engines.damping import FixedDamping, ShortenedDamping, StepDamping
from skwfm.inference.engines.sweeps import run_sweeps


class LinearEngine:
    """x moves to A x; converges undamped if all eigenvalues are within (-1, 1)."""

    def __init__(self, eigenvalues):
        self._eigenvalues = np.array(eigenvalues)
        self.mean = np.ones(len(eigenvalues))

    def sweep(self, damping):
        target = self._eigenvalues * self.mean
        residual = np.abs(target - self.mean).max()
        self.mean = damping * self.mean + (1 - damping) * target
        return residual

    def weights(self):
        return self.mean, None


def run(eigenvalues, damping, start=0.3, max_sweeps=2000):
    engine = LinearEngine(eigenvalues)
    damping = StepDamping(start) if damping is None else FixedDamping(damping)
    with np.errstate(over="ignore", invalid="ignore"):
        status, residuals = run_sweeps(
            engine, damping=damping, tol=1e-9, max_sweeps=max_sweeps
        )
    return status, len(residuals), damping.value


def test_oscillations_raise_the_damping_until_they_are_gone():
    assert run([-3.0, 0.5], 0.3)[0] == "diverged"
    status, _, damping = run([-3.0, 0.5], None)
    assert status == "converged"
    # Stable where |damping - 3 (1 - damping)| < 1.
    assert damping > 0.5


def test_creeping_runs_are_let_go():
    _, fixed, _ = run([0.95], 0.5)
    status, adapted, damping = run([0.95], None, start=0.5)
    assert status == "converged"
    assert adapted < 0.7 * fixed
    assert damping == 0


def test_a_fixed_damping_stays():
    assert run([-3.0, 0.5], 0.3)[2] == 0.3
    assert run([0.95], 0.5)[2] == 0.5


@pytest.mark.parametrize("eigenvalue", [1.5, np.nan])
def test_growth_that_no_damping_stops_is_a_divergence(eigenvalue):
    assert run([eigenvalue], None)[0] == "diverged"


@pytest.mark.parametrize(
    ("residual", "share"), [(0.1, 0.3), (1.0, 0.3), (3.0, 0.1), (1e5, 0.015)]
)
def test_steps_are_shortened_far_from_the_fixed_point(residual, share):
    damping = ShortenedDamping(0.7)
    damping.follow(50.0, None)  # the last residual alone counts
    damping.follow(residual, None)
    assert 1 - damping.value == pytest.approx(share)
