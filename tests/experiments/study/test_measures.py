"""Landscape measures inside a comparison: right numbers, honest gaps."""

import json
import re
import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from skwfm import LALClassifier
from skwfm.curves import LocalEntropyCurve
from skwfm.datasets import make_random_patterns
from skwfm.experiments import Contestant, Source, Study, compare
from skwfm.experiments.report.page import render
from skwfm.experiments.study.measures import Measured
from skwfm.landscape import (
    Curve,
    Measure,
    hessian_spectrum,
    local_entropy,
    noise_robustness,
    smallest_beta,
)
from skwfm.landscape.measures import Hessian, LocalEntropy

COLUMNS = (
    "local_entropy_d0.05", "hessian_log10_max", "hessian_beta", "noise_coloured_0.2",
)  # fmt: skip


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


def value(run, column):
    """One number that was measured."""
    return run.row()[column]


def runs_of(comparison, name):
    return [run for run in comparison.runs if run.algorithm == name]


def test_numbers_are_those_of_the_functions(source, comparison):
    run, split = runs_of(comparison, "lal")[1], source.split(1)
    model = CONTESTANTS[0].standardised().seeded(1)
    model.fit(split.X_train, split.y_train)
    problem = model, split.X_train, split.y_train
    curve = local_entropy(*problem, distances=[0.0125, 0.025, 0.05], tol=1e-3)
    assert value(run, "local_entropy_d0.05") == curve.entropy[-1]
    assert run.measures["local_entropy"].curve.y == tuple(curve.entropy)
    beta = 1.01 * smallest_beta(*problem)
    exact = hessian_spectrum(*problem, beta).eigenvalues[::-1]
    assert value(run, "hessian_beta") == pytest.approx(beta)
    assert value(run, "hessian_log10_max") == pytest.approx(np.log10(exact[0]))
    eigenvalues = run.measures["hessian"].curve.y
    assert len(eigenvalues) == 20
    np.testing.assert_allclose(eigenvalues, exact[:20], atol=1e-6 * exact[0])
    levels = [0.0, 0.1, 0.2, 0.3, 0.4]
    noise = noise_robustness(*problem, levels=levels, n_draws=5, random_state=1)
    assert value(run, "noise_coloured_0.2") == noise.error[2]
    assert run.measures["noise_robustness"].curve.y == tuple(100 * noise.error)
    assert noise.error[0] == 0


def test_landscapes_of_the_first_seeds_noise_of_all(comparison):
    lal = runs_of(comparison, "lal")
    for name in ("local_entropy", "hessian"):
        assert [name in run.measures for run in lal] == [True, True, False]
        assert all(run.measures[name].is_complete for run in lal[:2])
        for run in runs_of(comparison, "linear"):
            assert set(run.measures[name].values.values()) == {None}
            assert run.measures[name].curve is None
            assert "needs a committee machine" in run.measures[name].reason
    assert all(value(r, "noise_coloured_0.2") is not None for r in comparison.runs)
    assert comparison.settings["measured_seeds"] == [0, 1]
    entropy = comparison.settings["measures"]["local_entropy"]
    assert entropy["columns"] == ["local_entropy_d0.05"]
    assert entropy["version"].startswith("skwfm ")


def test_what_is_no_solution_has_no_landscape(comparison):
    for run in runs_of(comparison, "given up")[:2]:
        assert run.n_train_errors > 0
        assert value(run, "local_entropy_d0.05") is None
        assert "there are training errors" in run.measures["hessian"].reason
    page = render(comparison, {})
    assert re.search("hessian, not measured .* given up .2 runs.: not a solution", page)
    assert "measured on seeds 0 to 1" in page


def test_summary_and_files_have_the_columns(comparison, tmp_path):
    entries = {entry["algorithm"]: entry for entry in comparison.summary()}
    values = [value(r, "local_entropy_d0.05") for r in runs_of(comparison, "lal")[:2]]
    estimate = entries["lal"]["measures"]["local_entropy_d0.05"]
    assert estimate["mean"] == pytest.approx(np.mean(values))
    assert estimate["standard_error"] == pytest.approx(abs(np.diff(values)[0]) / 2)
    assert estimate["n"] == estimate["n_asked"] == 2
    assert entries["linear"]["measures"]["local_entropy_d0.05"]["mean"] is None
    comparison.to_csv(tmp_path / "runs.csv")
    header = (tmp_path / "runs.csv").read_text().split("\n", 1)[0].split(",")
    assert set(COLUMNS) <= set(header)
    document = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert document["runs"][0]["local_entropy_d0.05"] == values[0]


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
    def unconverged(*args, distances, **kwargs):
        overlap = 1 - 2 * np.array(distances)
        values = np.array([-0.1, -0.2, np.nan])
        warnings.warn("no local entropy far away", ConvergenceWarning, stacklevel=2)
        return LocalEntropyCurve(overlap, distances, values, np.isfinite(values), "ep")

    monkeypatch.setattr(
        "skwfm.landscape.measures.local_entropy.local_entropy", unconverged
    )
    result = compare(source, [machine()], n_seeds=2, n_measured=2, n_jobs=1)
    (entry,) = result.summary()
    estimate = entry["measures"]["local_entropy_d0.05"]
    assert (estimate["mean"], estimate["n"], estimate["n_asked"]) == (None, 0, 2)
    curve = result.runs[0].measures["local_entropy"].curve
    assert (curve.x, curve.y) == ((0.0125, 0.025, 0.05), (-0.1, -0.2, None))
    assert "for lal (2 runs): no local entropy far away" in render(result, {})
    assert "1 points missing" in _texts(result)


def _texts(result):
    from skwfm.experiments.report.landscape_plots import curve

    (legend,) = curve(result, "local_entropy").legends
    return " ".join(text.get_text() for text in legend.get_texts())


def test_problems_beyond_the_limit_say_what_to_do(source):
    small = LocalEntropy(max_operations=10)
    result = compare(
        source, [machine()], measures=[small, "hessian"], n_seeds=1, n_jobs=1
    )
    (run,) = result.runs
    reason = run.measures["local_entropy"].reason
    assert "30 patterns with 60 inputs would take too long: pass method='amp'" in reason
    assert value(run, "hessian_beta") > 0


def test_machines_without_a_smallest_beta_have_the_rest(source):
    parity = machine("parity", architecture="parity")
    run = compare(source, [parity], n_seeds=1, n_jobs=1).runs[0]
    assert run.n_train_errors == 0
    assert value(run, "local_entropy_d0.05") < 0
    assert value(run, "hessian_log10_max") is None
    assert "answers alike at every steepness" in run.measures["hessian"].reason


def test_every_figure_is_drawn(comparison, tmp_path):
    names = {path.stem for path in comparison.write(tmp_path)}
    curves = {"local_entropy_curve", "hessian_curve", "noise_robustness_curve"}
    assert curves | {"measures_and_error"} <= names


def test_n_measured_is_checked(source):
    with pytest.raises(ValueError, match="n_measured must not be negative; got -1"):
        compare(source, ["SVC"], n_measured=-1)


@dataclass(frozen=True)
class Own(Measure):
    """What a plugin might do, and what might go wrong with it.

    Parameters
    ----------
    action : str
        What goes wrong.
    """

    action: str = ""
    needs: str = "classifier"

    name = "own"
    columns = "own_first", "own_second"
    unit = "fraction"

    def __call__(self, model, X, y, random_state=None):
        if self.action == "raise":
            raise KeyError("no such thing")
        if self.action == "exit":
            raise SystemExit("bye")
        if self.action == "write":
            X[:] = 0
        return np.random.default_rng(random_state).random(3)

    def values(self, result):
        if self.action == "nan":
            return [0.5, np.nan]
        return result[: 3 if self.action == "count" else 2]

    def curve(self, result):
        return Curve([1, 2, 3], result, None, "place", "number")


LINEAR = Contestant("linear", LogisticRegression())


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("raise", "KeyError: 'no such thing'"),
        ("exit", "SystemExit: bye"),
        ("write", "read-only"),
        ("count", "ValueError"),
        ("nan", "no finite number"),
    ],
)
def test_a_measure_that_fails_costs_no_run(source, action, reason):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = compare(source, [LINEAR], measures=[Own(action)], n_seeds=1, n_jobs=1)
    (run,) = result.runs
    assert run.status == "ok"
    assert reason in run.measures["own"].reason
    assert reason in value(run, "reason")
    assert value(run, "own_second") is None
    assert value(run, "own_first") == (0.5 if action == "nan" else None)
    assert "own, not measured or not everywhere for linear" in render(result, {})
    json.dumps(result.to_dict(), allow_nan=False)
    # What a measure says by NaN is no error.
    assert len(caught) == (action != "nan")
    assert all(reason in str(warning.message) for warning in caught)


def test_an_error_of_a_measure_is_said_once_for_all_runs(source, tmp_path):
    """It made numbers None, without a word; a run from the cache says it as well."""
    other = Contestant("other", LogisticRegression())
    study = Study([LINEAR, other], source, measures=[Own("raise")], n_seeds=12)
    for n_reused in (0, 24):
        with pytest.warns(UserWarning, match="measure own raised") as caught:
            result = study.run(tmp_path, n_jobs=1)
        assert (len(caught), result.n_reused) == (1, n_reused)
        message = str(caught[0].message)
        seeds = "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"
        assert f"linear, seeds {seeds}; other, seeds {seeds}: KeyError" in message
        assert caught[0].filename == __file__
        (reason,) = {row["reason"] for row in result.rows()}
        assert reason.startswith("own: KeyError: 'no such thing' (test_measures.py:")
        assert {run.status for run in result.runs} == {"ok"}


def test_records_without_the_news_that_a_measure_failed_are_read():
    record = {"values": {"own_first": None}, "curve": None, "reason": "boom"}
    assert Measured.of(record) == Measured({"own_first": None}, None, "boom")


@pytest.mark.parametrize("needs", ["committee", "smooth", "channel"])
def test_unmet_needs_are_no_failure(source, needs):
    measures = [Own(needs=needs)]
    posing = Contestant("posing", LogisticRegression(), "committee")
    result = compare(source, [LINEAR, posing], measures=measures, n_seeds=1, n_jobs=1)
    assert [run.status for run in result.runs] == ["ok", "ok"]
    reasons = [run.measures["own"].reason for run in result.runs]
    assert "a contestant of family 'committee'" in reasons[0]
    assert "LogisticRegression has no architecture_" in reasons[1]


def test_columns_and_figure_of_a_measure(source, tmp_path):
    """Its seed is that of the run, and fractions are written in per cent."""
    result = compare(
        source, [LINEAR, machine()], measures=[Own, "manifold"], n_seeds=2, n_jobs=1,
        cache=tmp_path / "cache",
    )  # fmt: skip
    for run in result.runs:
        expected = np.random.default_rng(run.seed).random(3)
        assert list(run.measures["own"].values.values()) == expected[:2].tolist()
        assert run.measures["own"].curve.y == tuple(expected)
    names = {path.name for path in result.write(tmp_path)}
    assert {"own_curve.png", "measures_and_error.png"} <= names
    assert "manifold_curve.png" not in names
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<th>own first (%)</th>" in page
    assert "<th>manifold dimension (directions)</th>" in page
    assert "What a plugin might do, and what might go wrong with it." in page
    assert "What goes wrong." not in page
    again = compare(
        source, [LINEAR, machine()], measures=[Own("nan"), "manifold"], n_seeds=2,
        n_jobs=1, cache=tmp_path / "cache",
    )  # fmt: skip
    assert again.n_reused == 0


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        (["hesian"], "unknown measure 'hesian'. Did you mean 'hessian'"),
        (["hessian", Hessian(5.0)], "measures name hessian more than once"),
        (
            [type("Seed", (Own,), {"columns": ("seed",)})],
            "columns of measures name seed .* Change the columns of own,",
        ),
        ([type("Bad", (Own,), {"name": "a/b"})], "name='a/b' is no identifier"),
        ([Own(needs="luck")], "needs='luck': use one of"),
    ],
)
def test_measures_are_checked_before_the_first_run(source, measures, message):
    with pytest.raises(ValueError, match=message):
        compare(source, [LINEAR], measures=measures)


class Own2(Own):
    """The subclass that the message proposes."""

    name = "own_2"
    columns = "own_first_2", "own_second_2"


@dataclass(frozen=True)
class Named(Own):
    """A measure whose name is a parameter."""

    name: str = "named"

    @property
    def columns(self):
        return f"{self.name}_first", f"{self.name}_second"


def test_the_remedy_for_two_values_of_a_parameter_works(source, tmp_path):
    with pytest.raises(ValueError, match="more than once") as caught:
        Study([LINEAR], source, measures=[Own, Own("nan")])
    proposed = f"class Own2(Own): name = 'own_2'; columns = {Own2.columns}"
    assert proposed in str(caught.value)
    measures = [Own(), Own2("nan"), Named(), Named("nan", name="other")]
    study = Study([LINEAR], source, measures=measures, n_seeds=2)
    for _ in range(2):
        result = study.run(tmp_path, n_jobs=1)
        for run in result.runs:
            assert value(run, "own_second") == value(run, "named_second") is not None
            assert value(run, "own_first_2") == value(run, "other_first") == 0.5
            assert value(run, "own_second_2") is value(run, "other_second") is None
    assert result.n_reused == 2
