"""README and the pages of the reproduction say what the stored verdicts say."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from skwfm.experiments.paper.pages import EXPERIMENTS
from skwfm.experiments.report.reproduction import VERDICTS

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "reproduction"


def rows(name):
    with (PAGES / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def verdicts(experiment):
    return Counter(row["verdict"] for row in rows(f"{experiment}_claims"))


def test_verdicts_are_counted_in_the_readme():
    counts = sum(map(verdicts, EXPERIMENTS), Counter())
    assert set(counts) <= set(VERDICTS)
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())
    found = re.search(
        r"Of (\d+) claims (\d+) hold, (\d+) differ in a number or a formula, "
        r"(\d+) do not hold and (\d+) stay open",
        text,
    )
    told = [int(number) for number in found.groups()]
    assert told == [counts.total(), *(counts[name] for name in VERDICTS)]


def test_every_experiment_is_in_the_summary():
    for row, experiment in zip(rows("summary"), EXPERIMENTS, strict=True):
        counts = verdicts(experiment)
        assert row["experiment"] == f":ref:`{experiment} <reproduction_{experiment}>`"
        assert int(row["claims"]) == counts.total() > 0
        assert [int(row[name]) for name in VERDICTS] == [counts[v] for v in VERDICTS]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_page_has_the_files_that_it_names(experiment):
    text = (PAGES / f"{experiment}.rst").read_text("utf-8")
    named = re.findall(r"[\w-]+\.(?:svg|csv)", text)
    assert f"{experiment}_claims.csv" in named
    assert all((PAGES / name).stat().st_size > 20 for name in named)
    alts = re.findall(r":alt: (.+)", text)
    assert len(alts) == text.count(".. figure::")
    assert f"   {experiment}\n" in (PAGES / "index.rst").read_text("utf-8")
