"""The page on tables says of width and test errors what the stored runs say."""

import numpy as np
import pytest
from _page_scripts import ROOT, load_script
from scipy.stats import spearmanr

PAGE = " ".join((ROOT / "docs/user_guide/tables.rst").read_text("utf-8").split())

script = load_script("width_and_error")
runs = script.load()


def test_all_runs_are_there():
    found = runs[["table", "algorithm", "seed"]].apply(tuple, axis=1).tolist()
    assert found == [
        (table, algorithm, seed)
        for table in script.TABLES
        for algorithm in script.ALGORITHMS
        for seed in range(script.N_SEEDS)
    ]
    assert (runs.groupby(["table", "algorithm"])["eta"].nunique() == 1).all()


def test_the_table_is_made_from_the_stored_runs():
    assert script.TABLE.read_text("utf-8") == script.as_csv(script.summary(runs))
    assert f"tables/{script.TABLE.name}" in PAGE


@pytest.mark.parametrize(
    ("name", "which", "sentence"),
    [
        ("entropy", (False, True), "correlation of ranks is {} among all runs"),
        ("entropy", (True, True), "and {} among the runs of one algorithm"),
        ("entropy", (False, False), "it tells nothing among all runs ({})"),
        ("eigenvalue", (False, True), "tells less, {} and"),
        ("eigenvalue", (True, True), "and {}; random moves"),
    ],
)
def test_correlations_on_the_page(name, which, sentence):
    mean, error = script.mean_and_error(script.by_table(runs, name, *which))
    numbers = f"{mean:+.2f} ± {error:.2f}".replace("0.", ".")
    assert sentence.format(numbers) in PAGE
    assert (mean > 3 * error) == (name == "entropy" and which[1])


def test_noise_of_the_inputs_tells_nothing():
    for which in script.COLUMNS:
        found = script.by_table(runs, "inputs", *which)
        mean, error = script.mean_and_error(found)
        assert abs(mean) < 2 * error


def test_shuffled_errors_show_no_such_correlation():
    """Among 100 shuffles within algorithms none: p < .01 (fixed seed)."""
    rng = np.random.default_rng(0)
    found = script.by_table(runs, "entropy", True, True).mean()
    shuffled = []
    for _ in range(100):
        groups = runs.groupby(["table", "algorithm"])["test_error"]
        errors = groups.transform(lambda values: rng.permutation(values.to_numpy()))
        others = runs.assign(test_error=errors)
        shuffled.append(script.by_table(others, "entropy", True, True).mean())
    assert max(shuffled) < found
    assert abs(np.mean(shuffled)) < 3 * np.std(shuffled) / 10
    assert "shuffled among these, 100 times, it is never so large" in PAGE


def test_runs_and_rates_on_the_page():
    missing = runs[runs["entropy"].isna()]
    assert f"of {len(missing)} runs, eleven of them on ``phoneme``" in PAGE
    assert (missing["table"] == "phoneme").sum() == 11
    rates = runs.groupby(["table", "algorithm"])["eta"].first().astype(str)
    n_highest = (rates == str(max(script.ETAS[1:]))).sum()
    assert f"In {n_highest} of {len(rates)} cases" in PAGE


def test_correlation_by_scipy_and_by_formula():
    rng = np.random.default_rng(0)
    x, y, z = rng.standard_normal((3, 30)) + rng.standard_normal(30)
    xy, xz, yz = (spearmanr(a, b).statistic for a, b in ((x, y), (x, z), (y, z)))
    assert script.correlation(x, y) == pytest.approx(xy)
    partial = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    assert script.correlation(x, y, z) == pytest.approx(partial)
    assert np.isnan(script.correlation(x, np.ones(30)))
    assert np.isnan(script.correlation(x[:4], y[:4], z[:4]))


def test_moves_of_weights_by_hand():
    """In the plane all moves turn by 18 degrees, one way or the other.

    A pattern that is 84 degrees away is crossed by half of them, one at 45 by none.
    """

    class Machine:
        coef_, intercept_ = np.ones((1, 1)), np.zeros(1)
        intercept_scaling_, classes_ = 1.0, np.array([0, 1])

        def predict(self, X):
            return (X[:, 0] > 0).astype(int)

    X, y = np.array([[1.0], [-1.0], [0.1], [-1.0]]), np.array([1, 0, 1, 1])
    rise = script.weights_moved(Machine(), X, y, np.random.default_rng(0))
    n_crossed = 4 * script.N_DRAWS * rise
    assert n_crossed == pytest.approx(round(n_crossed))
    # Four standard deviations.
    assert abs(n_crossed - script.N_DRAWS / 2) < 4 * np.sqrt(script.N_DRAWS / 4)
