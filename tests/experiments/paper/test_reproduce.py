"""Experiments are kept, written and reported, also when one of them is stopped."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from skwfm.cli import main
from skwfm.experiments.paper import reproduce as module
from skwfm.experiments.paper.claims import Claim
from skwfm.experiments.paper.page import Page, Picture, Table
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.paper.reproduce import find_experiments, reproduce
from skwfm.experiments.report.canvas import drawn, new_figure

CALLS = []


@pytest.fixture(autouse=True)
def _forget_calls():
    CALLS.clear()


def square(x):
    CALLS.append(x)
    return {"square": x**2}


def toy(plan):
    sizes = plan.size([1, 2, 3], [1, 2])
    found = plan.map("squares", square, [{"x": x} for x in sizes])
    figure = new_figure(2)
    figure.subplots().plot(sizes, [each["square"] for each in found])
    rows = [{"x": x} | each for x, each in zip(sizes, found, strict=True)]
    return Page(
        "toy",
        "Squares <of> numbers",
        ["A sentence with <b>markup</b>."],
        [Picture("toy", figure, "caption", 'a "curve"')],
        [Table("toy", rows, "Numbers and squares.")],
        [Claim("squares grow", "p. 1", "yes & no", "does not hold", "looked", "why")],
    )


@pytest.fixture
def _only_toy(monkeypatch):
    monkeypatch.setattr(module, "EXPERIMENTS", {"toy": toy, "broken": broken})


def broken(plan):
    raise KeyboardInterrupt


@pytest.mark.usefixtures("_only_toy")
def test_files_report_and_verdicts(tmp_path):
    (page,) = reproduce("toy", tmp_path, n_jobs=1)
    assert page.claims[0].verdict == "does not hold"
    with open(tmp_path / "toy.csv", newline="") as stream:
        assert [row["square"] for row in csv.DictReader(stream)] == ["1", "4", "9"]
    with open(tmp_path / "claims.csv", newline="") as stream:
        assert next(csv.DictReader(stream))["verdict"] == "does not hold"
    assert (tmp_path / "toy.png").read_bytes()[:4] == b"\x89PNG"
    assert "<svg" in (tmp_path / "toy.svg").read_text()
    html = (tmp_path / "index.html").read_text()
    assert "Squares &lt;of&gt; numbers" in html
    assert "&lt;b&gt;markup&lt;/b&gt;" in html
    assert "yes &amp; no" in html
    assert 'alt="a &#34;curve&#34;"' in html
    assert "1 does not hold" in html.replace("\n", "")
    assert "quick look" not in html
    # It refers to nothing outside itself.
    for outside in ("http://", "https://", 'src="toy', "<script", "<link"):
        assert outside not in html


@pytest.mark.usefixtures("_only_toy")
def test_finished_calls_are_not_repeated(tmp_path):
    reproduce("toy", tmp_path, quick=True, n_jobs=1)
    assert CALLS == [1, 2]
    assert "quick look" in (tmp_path / "index.html").read_text()
    first = (tmp_path / "toy.png").read_bytes()
    reproduce("toy", tmp_path, quick=True, n_jobs=1)
    assert CALLS == [1, 2]
    assert (tmp_path / "toy.png").read_bytes() == first
    reproduce("toy", tmp_path, n_jobs=1)
    assert CALLS == [1, 2, 3]
    seconds = json.loads((tmp_path / "seconds.json").read_text())
    assert seconds["toy"] > 0


@pytest.mark.usefixtures("_only_toy")
def test_what_is_finished_is_reported_when_the_rest_is_stopped(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        reproduce("all", tmp_path, n_jobs=1)
    assert "squares grow" in (tmp_path / "index.html").read_text()


@pytest.mark.usefixtures("_only_toy")
def test_the_report_keeps_experiments_of_earlier_calls(tmp_path, monkeypatch):
    reproduce("toy", tmp_path, n_jobs=1)
    both = {"toy": toy, "other": lambda plan: Page("other", "Another", ["Text."])}
    monkeypatch.setattr(module, "EXPERIMENTS", both)
    reproduce("other", tmp_path, n_jobs=1)
    html = (tmp_path / "index.html").read_text()
    assert html.index("squares grow") < html.index("Another")
    with open(tmp_path / "claims.csv", newline="") as stream:
        assert [row["page"] for row in csv.DictReader(stream)] == ["toy"]


@pytest.mark.usefixtures("_only_toy")
def test_the_command_prints_verdicts(tmp_path, capsys):
    status = main(
        ["reproduce", "toy", "--quick", "--n-jobs", "1", "--out", str(tmp_path)]
    )
    found = capsys.readouterr()
    assert status == 0
    assert "squares grow" in found.out
    assert "does not hold" in found.out
    assert Path(tmp_path / "index.html").as_uri() in found.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "nothing"),
        (["fig1", "--n-jobs", "0"], "--n-jobs must not be 0"),
    ],
)
def test_bad_arguments_of_the_command(arguments, message, tmp_path, capsys):
    assert main(["reproduce", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_names():
    assert find_experiments("all") == list(module.EXPERIMENTS)
    assert find_experiments(["fig2", "fig1", "fig2"]) == ["fig1", "fig2"]
    with pytest.raises(ValueError, match="are no experiments: choose from fig1"):
        find_experiments(["fig1", "fig7"])


def test_calls_in_workers_are_those_of_one_process(tmp_path):
    plan = [Plan(tmp_path / str(n), n_jobs=n) for n in (1, 2)]
    arguments = [{"s": json.dumps({"x": x})} for x in range(6)]
    # A function that workers can import.
    serial, parallel = (p.map("texts", json.loads, arguments) for p in plan)
    assert serial == parallel == [{"x": x} for x in range(6)]


def test_equal_figures_are_equal_files():
    def figure():
        made = new_figure(2)
        made.subplots().plot(np.arange(4), label="line")
        return made

    for kind in ("png", "svg"):
        assert drawn(figure(), kind) == drawn(figure(), kind)
