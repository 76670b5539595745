"""Damaged files in the folder of finished runs cost a repetition, never a result."""

import io
import json
import os
import pickle
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest

from skwfm import LALClassifier
from skwfm.cli import main
from skwfm.experiments import Source, compare
from skwfm.experiments.paper import reproduce as reproduction
from skwfm.experiments.paper.claims import Claim
from skwfm.experiments.paper.page import Page
from skwfm.experiments.paper.plan import Call
from skwfm.experiments.paper.reproduce import reproduce
from skwfm.experiments.study.execution import restored
from skwfm.experiments.study.storage import RunStore

RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], [40, 40])
CLOUDS = Source("clouds", RNG.normal(size=(80, 5)) + LABELS[:, None], LABELS)


def study(cache):
    algorithm = LALClassifier(n_hidden=3, max_iter=30)
    result = compare(CLOUDS, [algorithm], n_seeds=2, n_jobs=1, cache=cache)
    return result, [replace(run, seconds=0.0) for run in result.runs]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with two finished runs, and what they were."""
    folder = tmp_path_factory.mktemp("finished")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return folder, study(folder)[1]


@pytest.fixture
def cache(finished, tmp_path):
    return Path(shutil.copytree(finished[0], tmp_path / "cache"))


def pickled(record):
    return pickle.dumps(record)


def joblib_dump(record):
    stream = io.BytesIO()
    joblib.dump({"weights": np.arange(5.0)}, stream, compress=3)
    return stream.getvalue()


DAMAGES = {
    "empty": lambda content: b"",
    "cut in half": lambda content: content[: len(content) // 2],
    "last byte lost": lambda content: content[:-1],
    "zeros, as after a power cut": lambda content: bytes(len(content)),
    "zeros at the end": lambda content: content[:-64] + bytes(64),
    "garbage": lambda content: np.random.default_rng(1).bytes(len(content)),
    "compressed": lambda content: b"\x78\x9c" + content,
    "pickle": lambda content: pickled({"test_accuracy": 1.0}),
    "joblib": joblib_dump,
    "another object": lambda content: b'"a text"',
    "a number": lambda content: b"1",
    "nested too deeply": lambda content: b"[" * 200_000,
    "another encoding": lambda content: content.decode().encode("utf-16"),
    "twice": lambda content: content + content,
    "a digit changed": lambda content: content.replace(b'": 0.', b'": 0.1', 1),
    "a number as text": lambda content: content.replace(b": 20,", b': "20",', 1),
    "weights lost": lambda content: content.replace(b"first_unit", b"firstunit", 1),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_run_is_repeated_with_a_warning_that_names_it(name, finished, cache):
    path = sorted(cache.iterdir())[0]
    whole = path.read_bytes()
    damaged = DAMAGES[name](whole)
    assert damaged != whole
    path.write_bytes(damaged)
    with pytest.warns(UserWarning, match=rf"{path}.*the run is repeated"):
        result, runs = study(cache)
    assert result.n_reused == 1
    assert runs == finished[1]
    assert study(cache)[0].n_reused == 2
    assert len(list(cache.iterdir())) == 2


def test_no_beginning_and_no_flipped_bit_of_a_record_is_believed(finished, cache):
    """All of the first, and some of the second; believed is only what is the same."""
    path, store = sorted(cache.iterdir())[0], RunStore(cache)
    whole = path.read_bytes()
    original = store.load(path.stem)
    rng = np.random.default_rng(0)
    flipped = [bytearray(whole) for _ in range(300)]
    for content in flipped:
        content[rng.integers(len(whole))] ^= 1 << rng.integers(8)
    damaged = [whole[:n] for n in range(0, len(whole), 7)] + flipped
    n_believed = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for content in damaged:
            path.write_bytes(content)
            found = store.load(path.stem)
            assert found is None or found == original
            n_believed += found is not None
    # Such as a blank that becomes another one: the same JSON.
    assert n_believed < 10


def test_the_run_of_another_key_is_not_believed(finished, cache):
    first, second = sorted(cache.iterdir())
    shutil.copy(second, first)
    with pytest.warns(UserWarning, match="of another run"):
        assert study(cache)[1] == finished[1]


def test_a_call_of_an_experiment_is_not_taken_for_another_object(tmp_path):
    """Its result may be any object of JSON."""
    store, call = RunStore(tmp_path), Call(dict, {"x": [1.5, None], "10": 1})
    key = call.key()
    store.save(key, call.to_record(call.execute()))
    assert restored(call, key, store) == {"x": [1.5, None], "10": 1}
    path = tmp_path / f"{key}.json"
    path.write_text(path.read_text().replace("1.5", "2.5"))
    with pytest.warns(UserWarning, match=f"{key}.json cannot be read"):
        assert restored(call, key, store) is None


def test_records_without_a_checksum_are_repeated(finished, cache):
    """One flipped bit in its name would leave none."""
    for path in cache.iterdir():
        text = path.read_text()
        path.write_text(text.replace('"checksum"', '"checksu-"'))
    with pytest.warns(UserWarning, match="its checksum is wrong"):
        result, runs = study(cache)
    assert (result.n_reused, runs) == (0, finished[1])


def test_an_unreadable_run_is_repeated(finished, cache, monkeypatch):
    path = sorted(cache.iterdir())[0]
    read_text = Path.read_text

    def forbidden(self, *arguments, **options):
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return read_text(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", forbidden)
        with pytest.warns(UserWarning, match=rf"{path.name}.*the run is repeated"):
            assert study(cache)[1] == finished[1]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_a_run_without_permissions_is_repeated(finished, cache):
    path = sorted(cache.iterdir())[0]
    path.chmod(0)
    with pytest.warns(UserWarning, match="Permission denied"):
        assert study(cache)[1] == finished[1]


def test_what_a_killed_write_left_is_not_read(finished, cache):
    path = sorted(cache.iterdir())[0]
    path.rename(cache / f".{path.name}-a1b2c3")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        result, runs = study(cache)
    assert (result.n_reused, runs) == (1, finished[1])


def test_a_folder_in_the_place_of_a_run_is_an_error_before_the_first_run(cache):
    path = sorted(cache.iterdir())[0]
    path.unlink()
    path.mkdir()
    with pytest.raises(
        OSError, match=r"no run can be kept.*remove the folder"
    ) as found:
        study(cache)
    assert found.value.filename == str(path)


def test_a_file_in_the_place_of_the_cache_is_an_error_before_the_first_run(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(OSError, match=r"no run can be kept.*remove the file"):
        study(tmp_path / "cache")


def test_the_command_explains_what_is_in_the_way(tmp_path, capsys):
    table = tmp_path / "own.csv"
    columns = np.column_stack([CLOUDS.X, LABELS])
    np.savetxt(table, columns, delimiter=",", header="a,b,c,d,e,kind", comments="")
    out = tmp_path / "out"
    out.mkdir()
    (out / ".cache").write_text("")
    command = ["compare", "--data", str(table), "--out", str(out), "--n-jobs", "1"]
    assert main([*command, "--seeds", "1", "--algorithms", "SVC", "--measures"]) == 1
    messages = capsys.readouterr().err
    assert "no run can be kept: Not a directory; remove the file" in messages
    assert str(out / ".cache") in messages
    assert "Traceback" not in messages


def page(plan):
    claim = Claim("squares grow", "p. 1", "yes", "holds", "looked")
    return Page("toy", "Squares", ["Text."], claims=[claim])


def other(plan):
    claim = Claim("cubes grow", "p. 2", "yes", "holds", "looked")
    return Page("other", "Cubes", ["Text."], claims=[claim])


@pytest.fixture
def report(tmp_path, monkeypatch):
    monkeypatch.setattr(reproduction, "EXPERIMENTS", {"toy": page, "other": other})
    reproduce("all", tmp_path, n_jobs=1)
    return tmp_path


# Numbers changed are not noticed, and a table may end without the end of a line.
OF_A_PAGE = [
    (file, name)
    for file in ("sections/toy.html", "toy_claims.csv")
    for name in list(DAMAGES)[: list(DAMAGES).index("a digit changed")]
    if (file, name) != ("toy_claims.csv", "last byte lost")
]


@pytest.mark.parametrize(("file", "name"), OF_A_PAGE)
def test_a_damaged_page_is_left_out_of_the_report_and_said_to_be(file, name, report):
    path = report / file
    whole = path.read_bytes()
    path.write_bytes(DAMAGES[name](whole))
    with pytest.warns(UserWarning, match=rf"{path.name}.*skwfm reproduce toy"):
        reproduce("other", report, n_jobs=1)
    html = (report / "index.html").read_text()
    assert "cubes grow" in html
    assert "squares grow" not in html
    reproduce("toy", report, n_jobs=1)
    assert path.read_bytes() == whole
    assert "squares grow" in (report / "index.html").read_text()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"toy": "x"}', b"\xff", b"7"])
def test_damaged_times_are_counted_anew(content, report):
    (report / "seconds.json").write_bytes(content)
    with pytest.warns(UserWarning, match=r"seconds\.json cannot be read"):
        reproduce("other", report, n_jobs=1)
    assert "squares grow" in (report / "index.html").read_text()
    assert list(json.loads((report / "seconds.json").read_text())) == ["other"]


def test_lost_claims_leave_the_page_out(report):
    (report / "toy_claims.csv").unlink()
    with pytest.warns(UserWarning, match=r"toy_claims\.csv.*skwfm reproduce toy"):
        reproduce("other", report, n_jobs=1)
