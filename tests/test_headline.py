"""README and pages say about Dress/Coat what the stored runs say."""

import csv
import re

import numpy as np
import pytest
from _page_scripts import ROOT, TABLES, load_script

from skwfm import LALClassifier
from skwfm.classifiers import published_settings
from skwfm.classifiers.published import PUBLISHED_EPOCHS
from skwfm.datasets import load_dress_coat

script = load_script("dress_coat_tables")
runs = script.Runs()


def mean(name, field, scale=100):
    return scale * np.mean(runs.values(name, field))


def difference(first, second, field):
    """Return the mean of the paired difference and its 95 % interval, in points."""
    text = script.interval(runs.differences(first, second, field))
    return [float(number) for number in re.findall(r"[-+]\d+\.\d", text)]


def width(name):
    return np.nanmedian(runs.values(name, "local_entropy"))


def text_of(name):
    """Return a page with every run of white space as one blank."""
    return " ".join((ROOT / name).read_text("utf-8").split())


@pytest.mark.parametrize(("name", "lines"), script.tables(runs).items())
def test_tables_of_the_pages_are_made_from_the_stored_runs(name, lines):
    assert (TABLES / name).read_text("utf-8") == script.as_csv(lines)


@pytest.mark.parametrize("name", script.tables(runs))
def test_every_table_is_on_a_page(name):
    pages = ROOT.glob("docs/**/[!_]*.rst")
    assert any(f"tables/{name}" in page.read_text("utf-8") for page in pages)


def test_no_line_of_a_table_has_another_number_of_columns():
    for name in script.tables(runs):
        with (TABLES / name).open(encoding="utf-8", newline="") as file:
            assert len({len(line) for line in csv.reader(file, delimiter=";")}) == 1


def test_rows_are_from_all_ten_subsets():
    for name in runs.algorithms:
        assert sorted(runs.by_seed(name, "test_accuracy")) == list(range(10)), name


def test_published_epochs_are_those_of_the_package():
    for name, text in script.PUBLISHED_EPOCHS.items():
        key = "dress_coat", name.split(",")[0]
        assert text == "{} ± {}".format(*PUBLISHED_EPOCHS[key])


@pytest.mark.parametrize("name", ["LAL, published rate", "LAL, default rate"])
@pytest.mark.parametrize("seed", [0, 7])
def test_package_still_gives_the_stored_runs(name, seed):
    X, y = load_dress_coat(n_per_class=250, random_state=seed, return_X_y=True)
    X_test, y_test = load_dress_coat(subset="test", return_X_y=True)
    _, settings = published_settings("dress_coat", "LAL")
    if name == "LAL, default rate":
        settings["eta"] = "auto"
    model = LALClassifier(**settings, random_state=seed).fit(X, y)
    stored = runs.by_seed(name, "test_accuracy")[seed]
    assert model.score(X_test, y_test) == pytest.approx(stored, abs=1e-6)


# What the text concludes, in the order in which README says it.


def test_rate_makes_most_of_the_difference_between_elal_and_published_lal():
    for field in script.SCORES:
        headline = difference("eLAL, published", "LAL, published rate", field)
        rate = difference("LAL, default rate", "LAL, published rate", field)
        assert rate[1] > 0
        assert rate[0] > 0.8 * headline[0]


@pytest.mark.parametrize(
    "wide", ["eLAL, published", "eLAL, default", "fBP, 30 couplings"]
)
def test_width_does_not_move_test_accuracy_beyond_chance(wide):
    for field in ("test_accuracy", "test_balanced"):
        _, low, high = difference(wide, "LAL, default rate", field)
        assert low < 0 < high


def test_order_of_widths():
    names = ["fBP, 30 couplings", "fBP", "eLAL, published", "LAL, default rate"]
    names.append("LAL, published rate")
    widths = [width(name) for name in names]
    assert widths == sorted(widths, reverse=True)
    assert all(value < 0 for value in widths)


@pytest.mark.parametrize("name", ["SVC", "RandomForestClassifier"])
def test_standard_classifiers_are_ahead_in_balanced_accuracy(name):
    for field in ("test_balanced", "held_out_balanced"):
        assert difference(name, "eLAL, published", field)[1] > 0
    _, low, high = difference(name, "eLAL, published", "test_accuracy")
    assert low < 0 < high


def test_elal_is_ahead_of_svc_in_held_out_accuracy():
    assert difference("SVC", "eLAL, published", "held_out_accuracy")[2] < 0


def test_lal_at_rate_1e_3_is_about_as_wide_as_elal():
    assert 0.8 < width("LAL, rate 1e-3") / width("eLAL, published") < 1.25


def test_fbp_is_a_point_ahead_of_lal_and_elal_in_balanced_accuracy_alone():
    for other in ("LAL, default rate", "eLAL, published", "eLAL, default"):
        for field in ("test_accuracy", "held_out_accuracy"):
            _, low, high = difference("fBP", other, field)
            assert low < 0 < high
        for field in ("test_balanced", "held_out_balanced"):
            assert 0.4 < difference("fBP", other, field)[0] < 1.3
        assert difference("fBP", other, "held_out_balanced")[1] > 0
    assert difference("fBP", "SVC", "test_balanced")[2] < 0


def test_thirty_couplings_end_wider_and_are_no_better_balanced():
    assert 2.5 < width("fBP") / width("fBP, 30 couplings") < 3.5
    assert 5 < width("eLAL, published") / width("fBP") < 7
    for field in ("test_balanced", "held_out_balanced"):
        assert difference("fBP, 30 couplings", "fBP", field)[1] < 0
        _, low, high = difference("fBP, 30 couplings", "eLAL, published", field)
        assert low < 0 < high
    seconds = [
        np.median(runs.values(n, "seconds")) for n in ("fBP", "fBP, 30 couplings")
    ]
    assert seconds[0] < seconds[1] / 3


def test_fbp_with_noise_is_better_on_the_test_images_than_without():
    for field in ("test_accuracy", "test_balanced"):
        assert difference("fBP, default", "fBP", field)[1] > 0


def test_fbp_with_noise_against_standard_classifiers():
    for field in ("test_accuracy", "held_out_accuracy"):
        assert difference("fBP, default", "SVC", field)[1] > 0
    assert (
        difference("fBP, default", "RandomForestClassifier", "held_out_accuracy")[1] > 0
    )
    for other in ("SVC", "RandomForestClassifier"):
        for field in ("test_balanced", "held_out_balanced"):
            _, low, high = difference("fBP, default", other, field)
            assert low < 0 < high
    for field in script.LOSSES:
        gap = runs.differences("fBP, default", "SVC", field)
        error = 2.262 * np.std(gap, ddof=1) / np.sqrt(len(gap))  # at 95 %
        assert abs(np.mean(gap)) < error < 0.01
        gap = runs.differences("fBP, default", "RandomForestClassifier", field)
        error = 2.262 * np.std(gap, ddof=1) / np.sqrt(len(gap))
        assert -0.04 < np.mean(gap) < -max(error, 0.03)


def test_slow_cesgd_takes_seven_times_the_epochs_and_gets_stuck_three_times():
    stuck = runs.values("ceSGD-slow", "training_errors") > 0
    slow = runs.values("ceSGD-slow", "epochs")[~stuck]
    fast = runs.values("ceSGD-fast", "epochs")
    assert 6.5 < np.mean(slow) / np.mean(fast) < 7.5
    assert np.sum(stuck) == 3


HEADLINE, *_ = difference("eLAL, published", "LAL, published rate", "test_balanced")
RATE, *_ = difference("LAL, default rate", "LAL, published rate", "test_balanced")
WIDTH = difference("eLAL, published", "LAL, default rate", "test_balanced")
SLOW = difference("ceSGD-slow", "ceSGD-fast", "test_balanced")


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("README.md", f"scores {HEADLINE} points more than LAL with its published"),
        ("docs/index.rst", f"scores {HEADLINE} points more than LAL with its publ"),
        ("docs/user_guide/compare.rst", f"eLAL scores {HEADLINE} points more than"),
        ("docs/user_guide/compare.rst", f"the default rate scores {RATE} points more"),
        ("docs/user_guide/published.rst", f"default rate scores {RATE} points more"),
        ("docs/user_guide/elal.rst", f"eLAL scores {HEADLINE} points more than LAL"),
        (
            "docs/user_guide/elal.rst",
            "is {} points, with a 95 % interval from {} to {}.".format(*WIDTH),
        ),
        (
            "docs/user_guide/cesgd.rst",
            "gains {} points of balanced test accuracy, with a 95 % interval from {} "
            "to {}".format(*SLOW),
        ),
        *(
            (
                "docs/user_guide/lal.rst",
                f"{mean(name, 'test_accuracy'):.1f} % {between}"
                f"{mean(name, 'test_balanced'):.1f} %)",
            )
            for name, between in (
                ("LAL, published rate", "test accuracy (balanced "),
                ("LAL, default rate", "("),
                ("LAL, rate 1e-3", "("),
            )
        ),
    ],
)
def test_numbers_in_sentences_are_those_of_the_stored_runs(page, sentence):
    assert sentence in text_of(page)
