"""Landscape measures inside a comparison: right numbers, honest gaps."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skwfm import LALClassifier
from skwfm.datasets import make_random_patterns
from skwfm.experiments import Contestant, Source, compare
from skwfm.experiments.report.page import render
from skwfm.experiments.study import measures
from skwfm.landscape import (
    hessian_spectrum,
    local_entropy,
    noise_robustness,
    smallest_beta,
)

FIELDS = ("noise_error", "local_entropy", "hessian_beta", "hessian_largest")


@pytest.fixture(scope="module")
def source():
    X, y = make_random_patterns(40, 60, random_state=0)
    return Source("random", X, y)


def machine(name="lal", **parameters):
    model = LALClassifier(n_hidden=3, **parameters)
    return Contestant(name, model, "committee")


CONTESTANTS = [
    machine(),
    machine("given up", max_iter=1),
    Contestant("linear", LogisticRegression()),
]
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def comparison(source):
    return compare(source, CONTESTANTS, n_seeds=3, n_measured=2, n_jobs=1)


def runs_of(comparison, name):
    return [run for run in comparison.runs if run.algorithm == name]


def test_numbers_are_those_of_the_functions(source, comparison):
    run, split = runs_of(comparison, "lal")[1], source.split(1)
    model = CONTESTANTS[0].standardised().seeded(1)
    model.fit(split.X_train, split.y_train)
    problem = model, split.X_train, split.y_train
    curve = local_entropy(*problem, distances=measures.DISTANCES, tol=measures.TOL)
    assert run.measures.local_entropy == curve.entropy[-1]
    beta = 1.01 * smallest_beta(*problem)
    exact = hessian_spectrum(*problem, beta).eigenvalues[::-1]
    assert run.measures.hessian_beta == pytest.approx(beta)
    assert run.measures.hessian_largest == pytest.approx(exact[0], rel=1e-6)
    n = len(run.measures.eigenvalues)
    assert n == measures.N_EIGENVALUES
    np.testing.assert_allclose(
        run.measures.eigenvalues, exact[:n], atol=1e-6 * exact[0]
    )
    noise = noise_robustness(
        *problem, levels=measures.LEVELS, n_draws=measures.N_DRAWS, random_state=1
    )
    assert run.measures.noise_error == noise.error[noise.levels == 0.2]
    assert run.measures.noise_curve[0][1] == 0


def test_landscapes_of_the_first_seeds_noise_of_all(comparison):
    lal = runs_of(comparison, "lal")
    assert [run.measures.local_entropy is None for run in lal] == [False, False, True]
    assert [len(run.measures.eigenvalues) > 0 for run in lal] == [True, True, False]
    assert all(run.measures.noise_error is not None for run in comparison.runs)
    for run in runs_of(comparison, "linear"):
        assert (run.measures.local_entropy, run.measures.eigenvalues) == (None, ())
        assert not run.measures.not_measured
    assert comparison.settings["measured_seeds"] == [0, 1]
    assert comparison.settings["measures"]["distance"] == 0.05


def test_what_is_no_solution_has_no_landscape(comparison):
    for run in runs_of(comparison, "given up")[:2]:
        assert run.n_train_errors > 0
        assert run.measures.local_entropy is None
        assert "there are training errors" in run.measures.not_measured[0]
    page = render(comparison, {})
    assert "given up: local entropy and Hessian: not a solution" in page
    assert "measured on seeds 0 to 1" in page


def test_summary_and_files_have_the_columns(comparison, tmp_path):
    entries = {entry["algorithm"]: entry for entry in comparison.summary()}
    values = [r.measures.local_entropy for r in runs_of(comparison, "lal")[:2]]
    estimate = entries["lal"]["local_entropy"]
    assert estimate["mean"] == pytest.approx(np.mean(values))
    assert estimate["standard_error"] == pytest.approx(abs(np.diff(values)[0]) / 2)
    assert estimate["n"] == entries["lal"]["n_measured"] == 2
    largest = [r.measures.hessian_largest for r in runs_of(comparison, "lal")[:2]]
    logarithm = entries["lal"]["log10_hessian_largest"]["mean"]
    assert logarithm == pytest.approx(np.log10(largest).mean())
    assert entries["linear"]["local_entropy"]["mean"] is None
    comparison.to_csv(tmp_path / "runs.csv")
    header = (tmp_path / "runs.csv").read_text().split("\n", 1)[0].split(",")
    assert set(FIELDS) <= set(header)
    document = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert document["runs"][0]["local_entropy"] == values[0]


def test_stored_measures_come_back_and_are_reused(source, comparison, tmp_path):
    def study(n_measured):
        return compare(
            source, CONTESTANTS, n_seeds=3, n_measured=n_measured, n_jobs=1,
            cache=tmp_path,
        )  # fmt: skip

    first, again = study(2), study(2)
    assert (first.n_reused, again.n_reused) == (0, 9)
    assert [r.measures for r in again.runs] == [r.measures for r in first.runs]
    assert [r.measures for r in first.runs] == [r.measures for r in comparison.runs]
    # The third seed of both committee machines has to be measured.
    assert study(3).n_reused == 7


def test_measures_do_not_depend_on_n_jobs(source, comparison):
    two = compare(source, CONTESTANTS, n_seeds=3, n_measured=2, n_jobs=2)
    assert [r.measures for r in two.runs] == [r.measures for r in comparison.runs]


def test_what_did_not_converge_is_left_out_and_said(source, monkeypatch):
    from skwfm.experiments.study import measures as module

    class Curve:
        entropy = np.array([-0.1, -0.2, np.nan])

    monkeypatch.setattr("skwfm.landscape.local_entropy", lambda *a, **k: Curve)
    result = compare(source, [machine()], n_seeds=2, n_measured=2, n_jobs=1)
    (entry,) = result.summary()
    assert entry["local_entropy"]["mean"] is None
    assert result.runs[0].measures.entropy_curve == tuple(
        zip(module.DISTANCES, (-0.1, -0.2, None), strict=True)
    )
    assert "lal: local entropy did not converge everywhere in 2 runs" in render(
        result, {}
    )
    assert "1 not converged" in _texts(result)


def _texts(result):
    from skwfm.experiments.report.landscape_plots import entropy

    (legend,) = entropy(result).legends
    return " ".join(text.get_text() for text in legend.get_texts())


def test_problems_beyond_the_limit_say_what_to_do(source, monkeypatch):
    monkeypatch.setattr(measures, "MOST_OPERATIONS", 10)
    result = compare(source, [machine()], n_seeds=1, n_jobs=1)
    (reason,) = result.runs[0].measures.not_measured
    assert "30 patterns with 60 inputs would take too long; call skwfm" in reason
    assert result.runs[0].measures.hessian_largest > 0


def test_machines_without_a_smallest_beta_have_the_rest(source):
    parity = machine("parity", architecture="parity")
    run = compare(source, [parity], n_seeds=1, n_jobs=1).runs[0]
    assert run.n_train_errors == 0
    assert run.measures.local_entropy < 0
    assert run.measures.hessian_largest is None
    assert "answers alike at every steepness" in run.measures.not_measured[0]


def test_every_figure_is_drawn(comparison, tmp_path):
    names = {path.stem for path in comparison.write(tmp_path)}
    assert {"entropy", "eigenvalue", "spectrum", "noise"} <= names


def test_n_measured_is_checked(source):
    with pytest.raises(ValueError, match="n_measured must not be negative; got -1"):
        compare(source, ["SVC"], n_measured=-1)
