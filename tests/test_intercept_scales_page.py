"""The page on fBP says of the searched constant input what the stored fits say."""

import pytest
from _page_scripts import ROOT, load_script

PAGE = " ".join((ROOT / "docs/user_guide/fbp.rst").read_text("utf-8").split())

script = load_script("intercept_scales")
runs = script.load()
differences = script.differences(runs)


def short(number, digits):
    return f"{abs(number):.{digits}f}".replace("0.", ".", 1)


def test_both_choices_were_fitted_to_all_halves():
    keys = runs[["table", "half", "choice"]].apply(tuple, axis=1)
    expected = [
        (t, h, c)
        for t in script.TABLES
        for h in range(script.N_HALVES)
        for c in script.CHOICES
    ]
    assert keys.tolist() == expected


def test_the_table_is_made_from_the_stored_fits(tmp_path):
    script.write(tmp_path / "means.csv", script.table(runs))
    made = (tmp_path / "means.csv").read_text("utf-8")
    assert script.TABLE.read_text("utf-8") == made
    assert f"tables/{script.TABLE.name}" in PAGE


@pytest.mark.parametrize(
    ("column", "name", "factor", "digits", "unit"),
    [
        ("log_loss", "log loss on the other halves", 1, 3, "nats"),
        ("balanced_accuracy", "balanced accuracy", 100, 1, "points"),
    ],
)
def test_differences_on_the_page(column, name, factor, digits, unit):
    mean, error = script.mean_and_error(factor * differences[column])
    numbers = f"{short(mean, digits)} ± {short(error, digits)} {unit}"
    assert f"the {name} is {numbers} higher" in PAGE
    assert mean > 0


def test_choices_and_time_on_the_page():
    searched = runs[runs["choice"] == "search"]
    others = int((searched["multiple"] != 1).sum())
    assert f"on {len(searched)} halves of nine tables" in PAGE
    assert len(script.TABLES) == 9
    assert f"another constant than the default in {others}," in PAGE
    seconds = runs.groupby("choice")["seconds"].sum()
    assert f"for {seconds['search'] / seconds['auto']:.1f} times the time" in PAGE


def test_means_by_hand():
    heart = runs[runs["table"] == "heart"].set_index(["half", "choice"])["log_loss"]
    gain = [heart[half, "search"] - heart[half, "auto"] for half in (0, 1)]
    assert differences.loc["heart", "log_loss"].tolist() == gain
    assert (runs[runs["choice"] == "auto"]["multiple"] == 1).all()
