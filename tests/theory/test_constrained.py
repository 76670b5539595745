"""Points that cannot be resolved around a reference are lost, not guessed."""

import warnings

import numpy as np
import pytest

from skwfm.theory import cross_entropy_local_entropy
from skwfm.theory.constrained import MAX_ERROR, ConstrainedSolutions


def test_points_that_two_rules_disagree_on_are_lost(monkeypatch):
    """Around a nearly frozen reference the coarse rule once gave -9.57 at (.4, .1)."""
    plain = ConstrainedSolutions.free_entropy

    def coarse_is_off(self, p, t, q, fields=None, level=0):
        wrong = 0.0 if level else 1.01 * MAX_ERROR
        return plain(self, p, t, q, fields, level) + wrong

    fine = cross_entropy_local_entropy(0.4, 2.0, [0.05, 0.1])
    assert fine.converged.all()
    monkeypatch.setattr(ConstrainedSolutions, "free_entropy", coarse_is_off)
    with pytest.warns(RuntimeWarning, match="No saddle point was found at 2 of 2"):
        lost = cross_entropy_local_entropy(0.4, 2.0, [0.05, 0.1])
    assert np.isnan(lost.entropy).all()
    assert not lost.converged.any()


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0.1, 0.3, 1.0])
def test_no_number_is_impossible_around_nearly_frozen_references(gamma):
    """What is returned is at most the ball, and not far below one weight vector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        curve = cross_entropy_local_entropy(0.4, gamma, [0.02, 0.1])
    known = curve.converged
    assert np.all(curve.entropy[known] <= curve.cap[known] + 1e-3)
    assert np.all(curve.entropy[known] > -0.1)
    assert np.all(curve.error[known] < MAX_ERROR)
