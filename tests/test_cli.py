"""The command line, as its user meets it."""

import csv
import errno
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from skwfm import plugins
from skwfm._kernels import training
from skwfm.architectures import TreeParity
from skwfm.cli import main

# -P: what is installed, not the uncompiled package of the current folder.
RUN = (sys.executable, "-P", "-m", "skwfm")


@pytest.fixture
def own(tmp_path):
    """A CSV file with two overlapping clouds."""
    rng = np.random.default_rng(0)
    path = tmp_path / "own.csv"
    rows = ["x,z,kind"]
    for index in range(60):
        kind = "cat" if index % 3 else "dog"
        x, z = rng.standard_normal(2) + (kind == "cat")
        rows.append(f"{x},{z},{kind}")
    path.write_text("\n".join(rows))
    return path


@pytest.fixture
def study(own, tmp_path, capsys):
    """Run ``skwfm compare`` on the clouds with cheap algorithms."""

    def study(*options, algorithms=("LogisticRegression", "SVC")):
        out = tmp_path / "out"
        arguments = ["compare", "--data", own, "--out", out, "--n-jobs", "1"]
        arguments += ["--seeds", "2", "--algorithms", *algorithms, *options]
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr(), out

    return study


def test_compare_writes_table_and_files(study):
    status, table, messages, out = study()
    assert status == 0
    assert {"LogisticRegression", "SVC"} <= set(table.split())
    assert "constant answer" in table
    assert (out / "index.html").as_uri() in messages
    for name in ("index.html", "runs.csv", "summary.json", "accuracy.png", "time.png"):
        assert (out / name).stat().st_size > 100
    with open(out / "runs.csv", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == 4


def test_second_time_reuses_and_fresh_repeats(study):
    first = study()
    again = study()
    assert "4 of 4 runs were finished before" in again[2]
    assert again[1] == first[1]  # the very same times included
    assert "finished before" not in study("--fresh")[2]


def test_json_is_all_of_standard_output(study):
    status, output, messages, out = study("--json")
    document = json.loads(output)
    assert status == 0
    assert [e["algorithm"] for e in document["summary"]] == sorted(
        ["LogisticRegression", "SVC"],
        key=lambda name: -score(document, name),
    )
    assert "4/4" in messages
    full = json.loads((out / "summary.json").read_text())
    assert len(full.pop("runs")) == 4
    assert full == document


def score(document, name):
    entries = {e["algorithm"]: e for e in document["summary"]}
    return entries[name]["balanced_accuracy"]["mean"]


def test_algorithms_may_be_separated_by_commas(study):
    table = study(algorithms=["SVC,LinearSVC"])[1]
    assert "LinearSVC" in table
    assert "Logistic" not in table


def test_skwfm_algorithms_on_own_data(study):
    status, output, _, out = study("--json", algorithms=["lal", "SVC"])
    document = json.loads(output)
    assert status == 0
    assert document["reference"] == "lal"
    lal = next(e for e in document["summary"] if e["algorithm"] == "lal")
    assert lal["n_epochs"]["mean"] >= 1
    assert (out / "learning.png").exists()


def test_quick_chooses_few_seeds_and_algorithms(own, tmp_path, capsys):
    arguments = ["compare", "--quick", "--json", "--n-jobs", "1"]
    arguments += ["--data", str(own), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["settings"]["seeds"]) == 3
    assert document["settings"]["measured_seeds"] == [0]
    assert len(document["summary"]) < 8


def test_dress_and_coat(tmp_path, capsys):
    arguments = ["compare", "--seeds", "2", "--json", "--n-jobs", "1"]
    arguments += ["--measured", "0", "--algorithms", "LAL,SVC", "--out", str(tmp_path)]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    settings = document["settings"]
    assert (settings["n_train"], settings["n_test"]) == (500, 677)
    assert settings["test_counts"] == {"Dress": 74, "Coat": 603}
    assert settings["constant_accuracy"] == pytest.approx(0.891, abs=5e-4)
    lal = next(e for e in document["summary"] if e["algorithm"] == "LAL")
    assert lal["n_train_errors"]["mean"] == 0
    assert (tmp_path / "weights.png").exists()
    assert settings["measured_seeds"] == []
    assert not (tmp_path / "local_entropy_curve.png").exists()


def test_landscapes_are_measured_on_the_first_seeds(study):
    status, output, _, out = study("--measured", "1", algorithms=["cesgd", "SVC"])
    assert status == 0
    landscapes = output[output.index("local entropy") :]
    assert {"cesgd", "SVC"} <= set(landscapes.split())
    settings = json.loads((out / "summary.json").read_text())["settings"]
    assert settings["measured_seeds"] == [0]
    assert "noise_robustness_curve.png" in {path.name for path in out.iterdir()}


def test_measures_are_chosen_by_name(study):
    measures = ["--measures", "manifold,noise_robustness"]
    status, output, _, out = study(*measures, algorithms=["cesgd", "SVC"])
    assert status == 0
    assert "manifold dimension" in output
    assert "local entropy" not in output
    settings = json.loads((out / "summary.json").read_text())["settings"]
    assert list(settings["measures"]) == ["manifold", "noise_robustness"]
    header = (out / "runs.csv").read_text().splitlines()[0]
    assert header.endswith("manifold_dimension,noise_coloured_0.2")
    assert "hessian" not in (out / "index.html").read_text(encoding="utf-8")


def test_no_measures(study):
    status, output, _, out = study("--measures")
    assert status == 0
    assert "noise" not in output
    assert "Landscapes around" not in (out / "index.html").read_text(encoding="utf-8")


def test_failing_algorithm_spoils_the_status_only(study, monkeypatch):
    from sklearn.svm import SVC

    def broken(self, X, y, sample_weight=None):
        raise RuntimeError("out of magic")

    monkeypatch.setattr(SVC, "fit", broken)
    status, table, messages, out = study()
    assert status == 1
    assert "failed" in table
    assert "SVC failed (2 runs): RuntimeError: out of magic" in messages
    assert "LogisticRegression" in table
    with open(out / "runs.csv", newline="") as lines:
        states = [row["status"] for row in csv.DictReader(lines)]
    assert sorted(states) == ["failed", "failed", "ok", "ok"]


def test_ctrl_c_says_what_is_kept_and_how_to_go_on(study, monkeypatch):
    from sklearn.svm import SVC

    def interrupted(self, X, y, sample_weight=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SVC, "fit", interrupted)
        patch.setattr(sys, "argv", ["skwfm", "compare", "--fresh", "--out", "a b"])
        status, table, messages, out = study()
    assert (status, table) == (130, "")
    assert f"1 of 4 runs are finished and kept in {out / '.cache'}" in messages
    assert "To go on, run:  skwfm compare --out 'a b'\n" in messages
    assert not (out / "index.html").exists()
    status, _, messages, _ = study()
    assert status == 0
    assert "1 of 4 runs were finished before" in messages


def test_sigterm_is_answered_like_ctrl_c(study, monkeypatch):
    """Else the workers would live on."""
    from sklearn.svm import SVC

    def terminated(self, X, y, sample_weight=None):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(SVC, "fit", terminated)
    status, _, messages, _ = study()
    assert status == 130
    assert "1 of 4 runs are finished and kept" in messages
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_full_disk_is_explained(study, monkeypatch):
    from skwfm.experiments.study import storage

    def full(path, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_write", full)
        status, table, messages, out = study()
    assert (status, table) == (1, "")
    assert f"cannot write to the folder {out / '.cache'}: No space left" in messages
    assert "0 of 4 runs are kept" in messages


C_PRINTING = """
import ctypes, os
from skwfm import LALClassifier
class Loud(LALClassifier):
    def fit(self, X, y):
        print("python prints")
        os.write(1, b"a descriptor is written to\\n")
        ctypes.CDLL(None).puts(b"C prints")  # into a buffer, if it is no terminal
        return super().fit(X, y)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="puts of the C library by name")
@pytest.mark.parametrize("n_jobs", ["1", "2"])
def test_plugins_that_print_in_c_do_not_pollute_json(own, tmp_path, n_jobs):
    (tmp_path / "loud.py").write_text(C_PRINTING)
    folder = tmp_path / "loud-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0")
    (folder / "entry_points.txt").write_text("[skwfm.algorithms]\nloud = loud:Loud\n")
    command = [*RUN, "compare", "--data", own, "--out", tmp_path / "out", "--json"]
    command += ["--n-jobs", n_jobs, "--seeds", "2", "--algorithms", "loud"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [*map(str, command), "--measures"],
        capture_output=True, text=True, env=environment, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"][0]["algorithm"] == "loud"
    for text in ("python prints", "a descriptor is written to", "C prints"):
        assert done.stderr.count(text) == 2


def test_broken_pipe_is_no_full_disk(own, tmp_path):
    command = [*RUN, "compare", "--data", own, "--out", tmp_path / "out", "--json"]
    command += ["--n-jobs", "1", "--seeds", "1", "--algorithms", "SVC", "--measures"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        list(map(str, command)), stdout=writing, stderr=subprocess.PIPE, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 141
    assert "Make room" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    assert (tmp_path / "out" / "summary.json").exists()


def test_killed_worker_is_explained(study, monkeypatch):
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    import skwfm.experiments  # noqa: F401  loads the module patched below

    def killed(*args, **kwargs):
        raise TerminatedWorkerError("a worker was terminated")

    # By its full name: the package's attribute of that name is the function.
    module = sys.modules["skwfm.experiments.study.execution"]
    monkeypatch.setattr(module, "_dispatch", killed)
    status, table, messages, _ = study()
    assert (status, table) == (1, "")
    assert "worker process was killed" in messages
    assert "0 of 4 runs are kept" in messages


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "gone.csv"], "gone.csv does not exist"),
        (["--data", "{own}", "--target", "knd"], "no column 'knd'. Did you mean"),
        (["--data", "{own}", "--target", "x"], "takes 60 values"),
        (["--data", "{own}", "--weight-column", "kid"], "no column 'kid'"),
        (["--weight-column", "z"], "--weight-column goes with --data"),
        (["--data", "{own}", "--test", "gone.csv"], "gone.csv does not exist"),
        (
            ["--data", "{own}", "--test", "{unlabelled}"],
            "unlabelled.csv has no column 'kind', the label of the training data",
        ),
        (["--data", "{own}", "--algorithms", "SVM"], "Did you mean 'SVC'"),
        (["--target", "kind"], "--target goes with --data"),
        (["--test-size", "0.5"], "--test-size goes with --data"),
        (["--algorithms", "nobody:lal"], "nobody:lal"),
        (["--measures", "hesian"], "Did you mean 'hessian'"),
        (["--measures", "hessian,hessian"], "hessian more than once"),
        (["--n-jobs", "0"], "--n-jobs must not be 0"),
        (["--measures", "foo"], "Installed: hessian, local_entropy"),
        (["--out", "{own}"], "own.csv is a file, not a folder; name another folder"),
        (["--out", "{own}/sub"], "own.csv is a file, not a folder; name another"),
        (
            ["--data", "{own}", "--target", "kind", "--weight-column", "kind"],
            "target and weight_column are both 'kind'",
        ),
    ],
)
def test_user_errors(own, tmp_path, capsys, options, message):
    arguments = ["compare", "--out", str(tmp_path / "out"), *options]
    unlabelled = tmp_path / "unlabelled.csv"
    unlabelled.write_text(own.read_text().replace("kind", "other", 1))
    files = {"own": own, "unlabelled": unlabelled}
    assert main([argument.format(**files) for argument in arguments]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("skwfm: error: ")
    assert message in errors
    assert "Traceback" not in errors
    assert "refresh()" not in errors  # there is no session of Python


@pytest.mark.parametrize(
    "options",
    [
        ["--seeds", "0"],
        ["--seed", "-1"],
        ["--measured", "-1"],
        ["--seeds", "x"],
        ["--test-size", "1.5"],
    ],
)
def test_options_out_of_range(options, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["compare", *options])
    assert stop.value.code == 2
    assert options[0] in capsys.readouterr().err


def test_missing_matplotlib_is_said_before_any_run(study, monkeypatch):
    monkeypatch.setattr("skwfm.cli.compare.find_spec", lambda name: None)
    status, _, messages, _ = study()
    assert status == 2
    assert "pip install 'skwfm[plot]'" in messages


def test_plugins_lists_all_groups(capsys):
    assert main(["plugins"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    for name in ("lal", "elal", "cesgd"):
        assert ["algorithms", name, "skwfm"] in [row[:3] for row in rows]
    for name in ("full", "tree", "parity"):
        assert ["architectures", name, "skwfm"] in [row[:3] for row in rows]
    for name in ("local_entropy", "hessian", "noise_robustness", "manifold"):
        assert ["measures", name, "skwfm"] in [row[:3] for row in rows]


def test_plugins_are_checked_by_name(capsys):
    assert main(["plugins", "--check", "parity", "skwfm:manifold"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("architectures parity: ")
    n_passed, n_checks = map(int, re.findall(r"\d+", first))
    assert n_passed == n_checks > 20
    assert any(line.startswith("measures skwfm:manifold: ") for line in others)


def test_checks_that_fail_set_the_status(capsys, monkeypatch):
    monkeypatch.setattr(
        TreeParity, "decision", lambda self, hidden: -hidden.prod(axis=1)
    )
    assert main(["plugins", "--check", "parity"]) == 1
    output = capsys.readouterr().out
    assert "failed: TreeParity(n_hidden=9): decision" in output
    assert "exactly where output" in output


def test_checks_of_unknown_plugins(capsys):
    assert main(["plugins", "--check", "party"]) == 2
    assert "no plugin 'party'" in capsys.readouterr().err


def test_info_names_versions_processor_and_blas(capsys):
    import sklearn

    assert main(["info"]) == 0
    lines = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()
    )
    assert lines["scikit-learn"] == sklearn.__version__
    assert {"skwfm", "numpy", "processor", "cores", "blas"} <= set(lines)
    assert "threads" in lines["blas"]
    assert lines["loops"].split()[0] in training.instruction_sets()
    assert lines["plugins"] == "none but the built-in ones"


def test_info_names_the_plugins_of_others(capsys, monkeypatch):
    entries = plugins.available("measures")
    mine = replace(entries[0], name="mine", distribution="my-dist", builtin=False)
    found = {"measures": (*entries, mine)}
    monkeypatch.setattr(plugins, "available", lambda group: found.get(group, ()))
    assert main(["info"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "plugin" in line]
    assert len(lines) == 1
    assert "measures, my-dist:mine (version" in lines[0]


def test_help_is_fast_and_imports_nothing_heavy():
    code = (
        "import sys; from skwfm.cli.main import _parser; _parser().format_help();"
        "print([m for m in ('sklearn', 'numpy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_module_runs_as_a_program(tmp_path):
    done = subprocess.run(
        [*RUN, "--version"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert done.stdout.startswith("skwfm ")
