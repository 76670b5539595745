"""A full disk ends a study with a clear error, and all that it has kept is whole."""

import csv
import errno
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from skwfm import LALClassifier
from skwfm.cli import main
from skwfm.experiments import Source, Study, compare
from skwfm.experiments.paper import reproduce as reproduction
from skwfm.experiments.paper.claims import Claim
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.reproduce import reproduce
from skwfm.experiments.report import plots
from skwfm.experiments.report.canvas import new_figure

LABELS = np.repeat([0, 1], [40, 40])
CLOUDS = Source(
    "clouds", np.random.default_rng(0).normal(size=(80, 5)) + LABELS[:, None], LABELS
)


class Disk:
    """Room for some bytes; a write that needs more writes those and fails."""

    def __init__(self, room=10**9):
        self.room = room
        self.sizes = []

    def open(self, handle, mode):
        return _OnDisk(self, handle, mode)


class _OnDisk(io.FileIO):
    def __init__(self, disk, *opened):
        super().__init__(*opened)
        self.disk = disk

    def write(self, content):
        fits = content[: self.disk.room]
        super().write(fits)
        self.disk.room -= len(fits)
        self.disk.sizes.append(len(content))
        if len(fits) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def use(monkeypatch):
    """Call with a disk to write on it from now on."""

    def use_disk(disk):
        monkeypatch.setattr(os, "fdopen", disk.open)
        return disk

    return use_disk


def rooms(sizes):
    """A random byte of each of the files written, and the first of a few of them."""
    rng, before = np.random.default_rng(0), np.cumsum([0, *sizes])
    inside = [b + rng.integers(size) for b, size in zip(before, sizes, strict=False)]
    return [int(room) for room in (*inside, *before[:-1:3])]


def assert_whole(folder):
    """No file is half-written, and none has been forgotten on the way."""
    for path in filter(Path.is_file, Path(folder).rglob("*")):
        content = path.read_bytes()
        if path.suffix == ".json":
            json.loads(content)
        elif path.suffix == ".csv":
            rows = csv.reader(content.decode().splitlines(keepends=True))
            assert len({len(row) for row in rows}) <= 1
            assert content.endswith(b"\n")
        else:
            ends = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>", ".html": b">"}
            assert content.rstrip(b"\n").endswith(ends[path.suffix])


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))


def compared(folder):
    """As `skwfm compare --out`."""
    algorithms = [LALClassifier(n_hidden=3, max_iter=20), GaussianNB()]
    result = compare(
        CLOUDS, algorithms, n_seeds=2, n_jobs=1, measures=[], cache=folder / ".cache"
    )
    result.write(folder)
    return [replace(run, seconds=0.0) for run in result.runs]


def toy(plan):
    figure = new_figure(2)
    found = plan.map("lists", dict, [{"x": x} for x in range(3)])
    figure.subplots().plot([row["x"] for row in found])
    claim = Claim("numbers grow", "p. 1", "yes", "holds", "looked")
    pictures = [Picture("toy", figure, "Numbers.", "numbers")]
    return Page("toy", "Numbers", ["Text."], pictures, [Table("toy", found)], [claim])


def reproduced(folder):
    """As `skwfm reproduce --out`."""
    (page,) = reproduce("toy", folder, n_jobs=1)
    files = [p for p in folder.glob("toy*") if p.is_file()]
    return page.claims, {path.name: path.read_bytes() for path in files}


@pytest.fixture
def figures(monkeypatch):
    """The figures of one comparison, as they take longer than all the rest."""
    drawn = {}

    def draw_once(comparison, draw=plots.draw_all):
        return drawn or drawn.update(draw(comparison)) or drawn

    monkeypatch.setattr(plots, "draw_all", draw_once)
    monkeypatch.setattr(reproduction, "EXPERIMENTS", {"toy": toy})


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("work", [compared, reproduced])
def test_nothing_is_half_written_and_a_restart_completes(work, use, tmp_path):
    disk = use(Disk())
    expected = work(tmp_path / "whole")
    files, sizes = names(tmp_path / "whole"), disk.sizes
    assert_whole(tmp_path / "whole")
    for n, room in enumerate(rooms(sizes)):
        folder = tmp_path / str(n)
        use(Disk(room))
        with pytest.raises(OSError, match=r"No space left.*make room") as failed:
            work(folder)
        assert failed.value.errno == errno.ENOSPC
        assert Path(failed.value.filename).is_relative_to(folder)
        assert not Path(failed.value.filename).exists()
        assert set(names(folder)) < set(files)
        assert_whole(folder)
        use(Disk())
        assert work(folder) == expected
        assert names(folder) == files
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def results():
    algorithms = [GaussianNB()]
    return {
        "comparison": compare(CLOUDS, algorithms, n_seeds=1, n_jobs=1, measures=[]),
        "study": Study(algorithms, CLOUDS, n_seeds=1).run(n_jobs=1),
    }


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize(
    ("of", "method"),
    [
        ("comparison", "to_csv"),
        ("comparison", "to_json"),
        ("comparison", "to_html"),
        ("study", "to_csv"),
    ],
)
def test_what_was_there_stays_when_a_report_cannot_be_saved(
    of, method, results, use, tmp_path
):
    path, save = tmp_path / "saved", getattr(results[of], method)
    disk = use(Disk())
    save(path)
    (size,), whole = disk.sizes, path.read_bytes()
    for room in (0, 1, size // 2, size - 1):
        use(Disk(room))
        with pytest.raises(OSError, match="No space left on device; make room") as full:
            save(path)
        assert full.value.filename == str(path)
        assert path.read_bytes() == whole
        assert names(tmp_path) == ["saved"]


@pytest.mark.parametrize("command", [["plugins"], ["info"]])
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_output_that_cannot_be_written_is_explained(command):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "skwfm", *command],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "skwfm: error: standard output cannot be written: No space left on device"
    )
    assert "Traceback" not in done.stderr


def test_other_errors_of_the_system_are_not_those_of_the_output(monkeypatch):
    def broken(arguments):
        raise OSError(errno.ENOSPC, "No space left on device", "some file")

    monkeypatch.setattr("skwfm.cli.plugins._plugins", broken)
    with pytest.raises(OSError, match="some file"):
        main(["plugins"])


@pytest.fixture
def command(tmp_path):
    """A small comparison in two processes; takes a folder and what runs before it."""
    table = tmp_path / "own.csv"
    columns = np.column_stack([CLOUDS.X, LABELS])
    np.savetxt(table, columns, delimiter=",", header="a,b,c,d,e,kind", comments="")

    def run(out, **options):
        words = [sys.executable, "-P", "-m", "skwfm", "compare", "--data", table]
        words += ["--out", out, "--seeds", "2", "--n-jobs", "2", "--algorithms", "SVC"]
        return subprocess.run(
            [*map(str, words), "--measures"],
            capture_output=True, text=True, check=False, timeout=300, **options,
        )  # fmt: skip

    return run


def assert_explained(failed, why, out):
    assert failed.returncode == 1, failed.stderr
    assert "Traceback" not in failed.stderr
    assert why in failed.stderr
    assert "start the same command again" in failed.stderr
    assert str(out) in failed.stderr
    assert_whole(out)


def assert_complete(out):
    assert_whole(out)
    assert {"index.html", "runs.csv", "summary.json", "accuracy.png"} < set(names(out))
    assert len(list((out / ".cache").iterdir())) == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process on Unix")
@pytest.mark.parametrize(("most", "n_kept"), [(20_000, 2)])
def test_a_limit_on_the_size_of_files(command, most, n_kept, tmp_path):
    """It stops the runs, in their processes, or the page over them."""
    import resource

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    out = tmp_path / "out"
    failed = command(out, preexec_fn=limited)
    assert_explained(failed, "File too large; raise the limit", out)
    assert len(list((out / ".cache").glob("*"))) == n_kept
    again = command(out)
    assert again.returncode == 0, again.stderr
    assert_complete(out)


@pytest.mark.slow
def test_a_disk_that_is_full(command, tmp_path):
    """A real one, of 64 kB, which needs the right to mount it."""
    disk, mount = tmp_path / "disk", shutil.which("mount")
    disk.mkdir()
    words = [mount, "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if not mount or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no disk may be mounted here")
    try:
        out = disk / "out"
        assert_explained(command(out), "No space left on device; make room", out)
        assert len(list((out / ".cache").glob("*"))) == 2
        grow = [mount, "-o", "remount,size=64m", str(disk)]
        subprocess.run(grow, check=True)
        again = command(out)
        assert again.returncode == 0, again.stderr
        assert "2 of 2 runs were finished before" in again.stderr
        assert_complete(out)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
