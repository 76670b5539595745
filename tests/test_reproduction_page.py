"""README and the user guide say of the reproduction what the stored verdicts say."""

import csv
import re
from collections import Counter
from pathlib import Path

from skwfm.experiments.paper.pages import EXPERIMENTS
from skwfm.experiments.report.reproduction import VERDICTS

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "docs" / "tables"


def rows(name):
    with (TABLES / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def test_verdicts_are_counted_in_the_readme():
    counts = Counter(row["verdict"] for row in rows("reproduction_claims.csv"))
    assert set(counts) <= set(VERDICTS)
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())
    found = re.search(
        r"Of (\d+) claims (\d+) hold, (\d+) differ in a number or a formula, "
        r"(\d+) do not hold and (\d+) stay open",
        text,
    )
    told = [int(number) for number in found.groups()]
    names = "holds", "differs", "does not hold", "open"
    assert told == [counts.total(), *(counts[name] for name in names)]


def test_every_experiment_was_run_in_full_and_timed():
    claims = dict.fromkeys(row["experiment"] for row in rows("reproduction_claims.csv"))
    timed = [row["experiment"] for row in rows("reproduction_time.csv")]
    assert list(claims) == timed == list(EXPERIMENTS)
