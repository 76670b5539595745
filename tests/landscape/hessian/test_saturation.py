"""Where units are so steep that the loss is flat to rounding, it is said."""

import warnings

import numpy as np
import pytest
from known_solutions import random_solution
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from skwfm import ELALClassifier, LALClassifier
from skwfm.architectures import FullCommittee, TreeParity
from skwfm.landscape import hessian_operator, hessian_spectrum, smallest_beta


@pytest.mark.parametrize("machine", [FullCommittee, TreeParity])
@pytest.mark.parametrize("method", ["exact", "lanczos", "slq"])
@pytest.mark.parametrize("beta", [1e5, 1e7])
def test_saturated_spectra_say_so(machine, method, beta):
    """Eigenvalues are tiny, and zero at last: neither is a width."""
    model, X, y = random_solution(machine(3), 20, 12, True)
    with pytest.warns(UserWarning, match=r"saturated at beta=.*lower beta"):
        spectrum = hessian_spectrum(model, X, y, beta, method=method)
    assert spectrum.saturated
    assert method == "slq" or abs(spectrum.largest) < 1e-15


def test_spectra_where_units_still_bend_are_not_called_saturated():
    model, X, y = random_solution(FullCommittee(3), 20, 12, True)
    beta = 1.01 * smallest_beta(model, X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spectrum = hessian_spectrum(model, X, y, beta)
    assert not spectrum.saturated
    assert spectrum.largest > 1e-6


@pytest.mark.parametrize("machine", [FullCommittee, TreeParity])
@pytest.mark.parametrize("beta", [0.5, 5.0, 50.0])
def test_the_bound_is_one(machine, beta):
    model, X, y = random_solution(machine(3), 20, 12, True)
    operator = hessian_operator(model, X, y, beta)
    largest = np.abs(np.linalg.eigvalsh(operator.to_dense())).max()
    assert largest <= operator._norm_bound() * (1 + 1e-12)


def test_a_common_beta_at_which_a_solution_is_saturated_is_not_silent():
    """Breast cancer: eLAL needs beta 27 and LAL 62, where eLAL's curvature is 1e-22."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    models = [
        cls(intercept_scaling=1.0, random_state=0).fit(X, y)
        for cls in (ELALClassifier, LALClassifier)
    ]
    with pytest.warns(UserWarning, match=r"models \[0\] are saturated.*which model 1"):
        beta = smallest_beta(models, X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert smallest_beta(models[1], X, y) == beta
        assert smallest_beta(models[0], X, y) < beta / 2
