"""One machine on patterns: its forms agree with each other and with plain NumPy."""

import numpy as np
import pytest

from skwfm import LALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors
from skwfm.problem.fitted import read_model
from skwfm.problem.problem import Problem


def make_problem(machine=FullCommittee, dtype=float, intercept=True, binary=False):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 13)).astype(dtype)
    X = np.sign(X) if binary else X
    y = rng.choice([-1.0, 1.0], 20).astype(dtype)
    return Problem(X, y, machine(3), intercept), rng


def plain_fields(problem, dense):
    X = problem.inputs.astype(float)
    if problem.fit_intercept:
        X = np.column_stack([X, np.ones(len(X))])
    return X @ dense.T


@pytest.mark.parametrize("machine", [FullCommittee, TreeCommittee])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_products_are_those_of_numpy(machine, intercept, binary, dtype):
    problem, rng = make_problem(machine, dtype, intercept, binary)
    layout = problem.layout
    dense = layout.dense(rng.standard_normal(layout.n_weights))
    expected = plain_fields(problem, dense)
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == np.float32 else {}
    packed = layout.pack_weights(dense, problem.dtype)
    trained = problem.fields(packed, np.arange(problem.n_samples))
    np.testing.assert_allclose(trained, expected, **{"rtol": 1e-12, **tolerance})
    flat = layout.flat(dense)
    scale = np.sqrt(layout.unit_sizes)
    np.testing.assert_allclose(problem.products.fields(flat) * scale, expected)
    by_block = [b.inputs @ b.by_unit(flat).T for b in problem.blocks]
    np.testing.assert_allclose(np.hstack(by_block), expected)


def test_answers_are_votes_and_wrong_where_labels_differ():
    problem, _ = make_problem()
    fields = np.array([[1.0, 0.0, -2.0], [-1.0, -0.5, 3.0]])
    np.testing.assert_array_equal(problem.answers(fields), [1, -1])
    wrong = problem.wrong(fields, np.array([0, 1]))
    np.testing.assert_array_equal(wrong, problem.labels[:2] != [1, -1])


def test_other_labels_share_what_was_laid_out():
    problem, _ = make_problem()
    blocks, layout = problem.blocks, problem.layout
    other = problem.with_labels(2 * problem.labels)
    assert other.blocks is blocks
    assert other.layout is layout
    np.testing.assert_array_equal(other.labels, 2 * problem.labels)
    assert set(np.abs(problem.labels)) == {1}


def test_factors_of_a_problem_lay_nothing_out_again():
    problem, rng = make_problem()
    packed = problem.packed_inputs
    factors = Factors.of(problem)
    flat = rng.standard_normal(factors.n_weights)
    alone = Factors(problem.inputs, problem.labels, problem.architecture, True)
    np.testing.assert_array_equal(factors.fields(flat), alone.fields(flat))
    assert factors.problem.packed_inputs is packed
    assert factors.layout is problem.layout


def test_errors_of_a_model_on_single_precision_are_counted():
    X, y = make_random_patterns(40, 30, random_state=0)
    X = X.astype(np.float32)
    model = LALClassifier(n_hidden=3, random_state=0).fit(X, y)
    problem, weights = read_model(model, X, -y)
    packed = problem.layout.pack_weights(weights, problem.dtype)
    assert problem.count_errors(packed) == 40 - model.n_errors_
    assert problem.has_errors(packed)


@pytest.mark.parametrize("eta", ["Auto", 0.0, -1e-3, np.nan, np.inf, "0.1", None])
def test_a_learning_rate_that_is_none_raises(eta):
    """A plugin's parameters are checked by no one else."""
    problem, _ = make_problem()
    with pytest.raises(ValueError, match=r"eta=.*positive finite number"):
        problem.learning_rate(eta, 1.0, 0.1)
    assert problem.learning_rate(0.5, 1.0, 0.1) == 0.5
    assert 0 < problem.learning_rate("auto", 1.0, 0.1) <= 0.1
