"""A declared study runs everything it names, anywhere, and goes on after a kill."""

import csv
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skwfm import ELALClassifier, LALClassifier
from skwfm.experiments import Source, Study, compare, random_patterns

MACHINE = {"architecture": "tree", "n_hidden": 3, "fit_intercept": False}


def small_study(n_seeds=2):
    return Study(
        [LALClassifier(**MACHINE), ELALClassifier(**MACHINE, n_replicas=3)],
        [random_patterns(30, 33), random_patterns(45, 33)],
        settings={"eta": [0.01, 0.1]},
        measures=["local_entropy", "noise_robustness"],
        n_seeds=n_seeds,
    )


def numbers(result):
    """All but times, and words: threads share the filters of warnings."""
    return result.keys, [_numbers(run) for run in result.runs]


def _numbers(run):
    measures = {name: replace(m, reason="") for name, m in run.measures.items()}
    return replace(run, seconds=0.0, warnings=(), measures=measures)


@pytest.fixture(scope="module")
def serial():
    return small_study().run(n_jobs=1)


def test_every_cell_is_run_on_every_seed(serial):
    names, etas = ("LALClassifier", "ELALClassifier"), (0.01, 0.1)
    data = ("30 random patterns of 33 inputs", "45 random patterns of 33 inputs")
    found = [(r["seed"], r["data"], r["algorithm"], r["eta"]) for r in serial.rows()]
    assert found == list(itertools.product((0, 1), data, names, etas))


def test_a_run_is_what_the_estimator_does_by_itself(serial):
    """The same patterns, parameters and seed by hand."""
    row = serial.rows()[-1]
    split = random_patterns(45, 33).split(1)
    model = ELALClassifier(**MACHINE, n_replicas=3, eta=0.1, random_state=1)
    model.fit(split.X_train, split.y_train)
    assert row["n_epochs"] == model.n_iter_
    assert row["test_accuracy"] == model.score(split.X_test, split.y_test)
    np.testing.assert_allclose(serial.runs[-1].first_unit, model.coef_[0], atol=1e-5)


def test_averages_and_files_have_the_numbers_of_the_runs(serial, tmp_path):
    serial.to_csv(tmp_path / "runs.csv")
    with open(tmp_path / "runs.csv", newline="") as stream:
        written = list(csv.DictReader(stream))
    assert len(written) == 16
    first = serial.summary()[0]
    column = "local_entropy_d0.05"
    mine = [
        float(row[column])
        for row in written
        if (row["data"], row["algorithm"], row["eta"])
        == (first["data"], first["algorithm"], "0.01")
    ]
    assert len(mine) == 2
    assert first[column]["mean"] == pytest.approx(np.mean(mine), rel=1e-12)
    frame = serial.to_frame()
    assert list(frame.columns) == list(written[0])


def test_curves_are_those_of_the_measure(serial):
    curves = serial.curves("noise_robustness")
    cell = ("30 random patterns of 33 inputs", "LALClassifier", 0.01)
    assert curves[cell].shape[:2] == (2, 2)
    run = serial.groups()[cell][0]
    np.testing.assert_array_equal(
        curves[cell][0, 1], run.measures["noise_robustness"].curve.y
    )


def test_random_patterns_differ_between_seeds_and_not_between_calls():
    source = random_patterns(20, 11, n_test=5)
    for first, again in zip(source.split(3), source.split(3), strict=True):
        np.testing.assert_array_equal(first, again)
    assert [part.shape for part in source.split(3)] == [(20, 11), (20,), (5, 11), (5,)]
    assert (source.split(3).X_train != source.split(4).X_train).any()
    assert source.digest != random_patterns(20, 12).digest


def test_every_run_says_what_it_was_made_with(serial):
    made = serial.runs[0].provenance
    assert made["versions"]["skwfm"] == serial.versions["skwfm"]
    assert made["data"] == random_patterns(30, 33).digest
    assert {"cpu", "plugins", "source"} < set(made)


def test_compare_is_a_study(source, cheap):
    comparison = compare(source, cheap, measures=(), n_seeds=2, n_jobs=1)
    study = Study(cheap, source, n_seeds=2).run(n_jobs=1)
    assert numbers(study)[1] == [_numbers(run) for run in comparison.runs]


class Parameterless(ClassifierMixin, BaseEstimator):
    pass


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_seeds": 0}, "n_seeds must be at least 1; got 0"),
        ({"n_measured": -1}, "n_measured must not be negative; got -1"),
        ({"seed": -1}, r"seed must lie in \[0, 2\*\*32 - n_seeds\]; got -1"),
        ({"settings": {"depth": [1]}}, "depth, which LogisticRegression does not have"),
        (
            {"settings": {"depth": [1]}, "algorithms": [Parameterless()]},
            "depth, which Parameterless does not have: it has no parameters",
        ),
        ({"data": [random_patterns(9, 5)] * 2}, "data has 9 random patterns"),
        ({"data": []}, "data is empty"),
        ({"algorithms": []}, "algorithms is empty"),
    ],
)
def test_bad_declarations_are_explained(change, message):
    declared = {"algorithms": [LogisticRegression()], "data": random_patterns(9, 5)}
    with pytest.raises(ValueError, match=message):
        Study(**declared | change).run(n_jobs=1)


def test_the_units_of_a_machine_given_by_name_are_a_setting():
    study = Study(
        [LALClassifier(architecture="full")],
        random_patterns(9, 5),
        settings={"architecture__n_hidden": [3, 5]},
        n_seeds=1,
    )
    result = study.run(n_jobs=1)
    assert not result.failed
    assert [row["architecture__n_hidden"] for row in result.summary()] == [3, 5]
    for units in (3, 5):
        alone = Study(
            [LALClassifier(architecture="full", n_hidden=units)],
            random_patterns(9, 5),
            n_seeds=1,
        ).run(n_jobs=1)
        (run,) = result.groups()[
            "9 random patterns of 5 inputs", "LALClassifier", units
        ]
        assert run.curve == alone.runs[0].curve


def test_data_that_is_no_source_is_explained():
    with pytest.raises(TypeError, match="data must be sources or data frames"):
        Study([LogisticRegression()], np.eye(3))


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_results_do_not_depend_on_the_backend(serial, backend):
    with parallel_config(backend=backend):
        parallel = small_study().run(n_jobs=2)
    assert numbers(parallel) == numbers(serial)


@pytest.mark.slow
def test_results_on_a_dask_cluster_are_the_same(serial):
    """A real one, with two worker processes."""
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    # Without a dashboard, which needs a port and bokeh.
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        parallel_config(backend="dask"),
    ):
        on_cluster = small_study().run()
    assert numbers(on_cluster) == numbers(serial)


def test_threads_lift_the_limit_of_blas_threads_last():
    """Not the first to end: sums of the others would change their order."""
    from threadpoolctl import threadpool_info

    from skwfm.experiments.isolation import single_thread

    def blas_threads():
        infos = threadpool_info()
        return [i["num_threads"] for i in infos if i["user_api"] == "blas"]

    before = blas_threads()
    first, second = single_thread(), single_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert set(blas_threads()) == {1}
    second.__exit__(None, None, None)
    assert blas_threads() == before


STUDY = """
    import sys
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.ensemble import RandomForestClassifier
    from skwfm.experiments import Study, random_patterns

    def study():
        return Study(
            [LogisticRegression(), DecisionTreeClassifier(splitter="random"),
             RandomForestClassifier(n_estimators=60)],
            [random_patterns(200, 60), random_patterns(300, 60)], n_seeds=6,
        )

    if __name__ == "__main__":
        study().run(sys.argv[1], n_jobs=int(sys.argv[2]))
"""


def _contents(folder):
    return {path.name: path.read_text() for path in folder.glob("*.json")}


def _start(tmp_path, n_jobs):
    script = tmp_path / "study.py"
    script.write_text(textwrap.dedent(STUDY))
    command = [sys.executable, script, tmp_path / "runs", str(n_jobs)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)


def _uninterrupted():
    members = [
        LogisticRegression(),
        DecisionTreeClassifier(splitter="random"),
        RandomForestClassifier(n_estimators=60),
    ]
    data = [random_patterns(200, 60), random_patterns(300, 60)]
    return Study(members, data, n_seeds=6)


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_killed_at_any_moment_a_study_goes_on_and_ends_as_if_never_killed(
    tmp_path, n_jobs
):
    """Kill -9 of all its processes; what was finished is not run again."""
    rng, folder, kept = np.random.default_rng(n_jobs), tmp_path / "runs", {}
    folder.mkdir()
    for _ in range(6):
        study = _start(tmp_path, n_jobs)
        before = len(kept)
        for _ in range(600):  # until there is something new, and a little longer
            if len(_contents(folder)) > before or study.poll() is not None:
                break
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 0.5))
        if study.poll() is None:
            os.killpg(study.pid, signal.SIGKILL)
        study.communicate(timeout=60)
        now = _contents(folder)
        assert kept.items() <= now.items()
        kept = now
    resumed = _uninterrupted().run(folder, n_jobs=1)
    assert resumed.n_reused == len(kept) > 0
    assert numbers(resumed) == numbers(_uninterrupted().run(n_jobs=1))
    after = _contents(folder)
    assert kept.items() <= after.items()
    assert not list(folder.glob("*.tmp"))


@pytest.mark.slow
def test_two_studies_on_one_folder_do_no_harm(tmp_path):
    (tmp_path / "runs").mkdir()
    both = [_start(tmp_path, 1), _start(tmp_path, 1)]
    for study in both:
        _, errors = study.communicate(timeout=300)
        assert study.returncode == 0, errors
    found = _uninterrupted().run(tmp_path / "runs", n_jobs=1)
    assert found.n_reused == len(found.runs)
    assert numbers(found) == numbers(_uninterrupted().run(n_jobs=1))


def test_a_run_that_another_study_has_finished_is_taken(tmp_path, source, cheap):
    from skwfm.experiments.study.execution import finish
    from skwfm.experiments.study.storage import RunStore

    (task, _), store = Study(cheap, source, n_seeds=1).tasks(0), RunStore(tmp_path)
    first = finish(task, task.key(), store, os.getpid())
    again = finish(task, task.key(), store, os.getpid())
    assert again.seconds == first.seconds  # not measured anew


def test_a_table_is_data_of_a_study():
    pd = pytest.importorskip("pandas", reason="needs the extra tables")
    rng = np.random.default_rng(0)
    colour = rng.choice(["red", "blue"], 60)
    frame = pd.DataFrame({"colour": colour, "size": rng.normal(size=60)})
    frame["label"] = np.where(colour == "red", "warm", "cold")
    result = Study([LogisticRegression()], frame, n_seeds=2).run(n_jobs=1)
    assert [run.test_accuracy for run in result.runs] == [1.0, 1.0]


def test_fixed_patterns_are_data_of_a_study():
    X, y = np.arange(40.0).reshape(20, 2), np.tile([0, 1], 10)
    rows = Study([LogisticRegression()], Source("line", X, y), n_seeds=1).run(n_jobs=1)
    assert rows.rows()[0]["data"] == "line"
