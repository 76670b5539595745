"""README and the page on tables say what the stored fits of the benchmark say."""

import csv
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "docs" / "tables"
PAGE = ROOT / "docs" / "user_guide" / "tables.rst"


def load_script():
    spec = importlib.util.spec_from_file_location(
        "real_tables_docs", TABLES / "real_tables.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()
runs = script.load()


@pytest.mark.parametrize(("name", "lines"), script.tables(runs).items())
def test_tables_are_made_from_the_stored_fits(name, lines):
    assert (TABLES / name).read_text("utf-8") == script.as_csv(lines)
    assert len({len(line) for line in lines}) == 1
    assert f"tables/{name}" in PAGE.read_text("utf-8")


def test_readme_has_the_table_of_the_stored_fits():
    table = script.as_markdown(script.readme_table(runs))
    assert script.BEGIN + table + script.END in (ROOT / "README.md").read_text("utf-8")


def test_every_algorithm_was_tried_on_every_set():
    fits = runs.groupby("set_name")["algorithm"].nunique()
    assert fits.nunique() == 1
    assert runs.duplicated(["set_name", "fold", "algorithm"]).sum() == 0


def test_means_by_hand():
    """A fit without result counts as a guess among the classes."""
    of_fbp = runs[runs["algorithm"] == "fBP"]
    guess = 1 / of_fbp["n_classes"]
    mean = of_fbp["balanced_accuracy"].fillna(guess).mean()
    (line,) = (each for each in script.summary_table(runs) if each[0] == "fBP")
    assert line[1] == f"{100 * mean:.1f}"


def test_several_classes_on_the_page():
    with (TABLES / "several_classes.csv").open(newline="") as file:
        lines = list(csv.reader(file, delimiter=";"))
    assert len({len(line) for line in lines}) == 1
    assert "tables/several_classes.csv" in PAGE.read_text("utf-8")


def test_eight_tables_on_the_page():
    """What the page says of them: never more than .3 points below, 8.5 above."""
    with (TABLES / "eight_tables.csv").open(newline="") as file:
        lines = list(csv.DictReader(file, delimiter=";"))
    gains = {
        line["Data"]: float(line["fBP"]) - float(line["LogisticRegression"])
        for line in lines
    }
    page = PAGE.read_text("utf-8")
    assert "tables/eight_tables.csv" in page
    assert f"is {-min(gains.values()):.1f} points".replace("0.", ".") in page
    assert [name for name, gain in gains.items() if gain < 0] == ["german"]
    assert f"{sum(gains.values()) / 8:.1f} points in the mean" in page
    others = sum(gain for name, gain in gains.items() if name != "banana")
    assert f"{others / 7:.1f} without ``banana``" in page
