"""The page on tables says of early stopping what the stored fits say."""

import numpy as np
import pytest
from _page_scripts import ROOT, load_script

from skwfm import CeSGDClassifier, ELALClassifier, LALClassifier
from skwfm.classifiers.epochs import best_weights

PAGE = " ".join((ROOT / "docs/user_guide/tables.rst").read_text("utf-8").split())

script = load_script("early_stopping")
means = script.load()


def said(algorithm, errors, epochs):
    gains = script.differences(means, algorithm, errors, epochs)
    mean, error = script.mean_and_error(100 * gains["balanced_accuracy"])
    return mean, f"{abs(mean):.1f} ± {error:.1f}".replace("0.", ".")


def test_all_rules_were_tried_on_all_tables():
    rules = {
        (algorithm, *((np.nan, np.nan) if rule is None else map(float, rule)))
        for algorithm in script.ALGORITHMS
        for rule in script.RULES[algorithm]
    }
    expected = {(table, *map(str, rule)) for table in script.TABLES for rule in rules}
    columns = ["table", "algorithm", "standard_errors", "epochs"]
    found = [tuple(map(str, each)) for each in means[columns].itertuples(index=False)]
    assert set(found) == expected
    assert len(found) == len(expected)
    assert f"{len(script.TABLES)} sets for choosing" in PAGE


@pytest.mark.parametrize(
    ("algorithm", "errors", "epochs", "sentence"),
    [
        ("LAL", 2, 200, "LAL loses {} points of balanced accuracy"),
        ("LAL", 1, 100, "{} by one standard error and 100 epochs"),
        ("ceSGD", 2, 100, "ceSGD loses {},"),
        ("ceSGD", 1, 100, "{} by one standard error;"),
        ("eLAL", 2, 50, "eLAL gains {},"),
        ("eLAL", 1, 50, "and {} by one standard error. These are"),
    ],
)
def test_differences_on_the_page(algorithm, errors, epochs, sentence):
    mean, numbers = said(algorithm, errors, epochs)
    assert sentence.format(numbers) in PAGE
    assert (mean > 0) == (algorithm == "eLAL")


def test_the_fewest_training_errors_cannot_be_told_from_the_rule():
    for algorithm, epochs in (("LAL", 200), ("ceSGD", 100), ("eLAL", 50)):
        columns = [
            script.differences(means, algorithm, errors, epochs)["balanced_accuracy"]
            for errors in (2, np.inf)
        ]
        mean, error = script.mean_and_error(columns[1] - columns[0])
        assert abs(mean) < 2 * error


def test_the_rule_taken_is_that_of_the_package():
    assert best_weights._STANDARD_ERRORS == 2
    waits = [
        c().n_iter_no_change for c in (LALClassifier, CeSGDClassifier, ELALClassifier)
    ]
    assert waits == [200, 100, 50]
    assert "Two standard errors were taken, and 200 epochs for LAL." in PAGE
    assert "for ceSGD with 100 and for eLAL with 50" in PAGE


def test_means_by_hand():
    of_heart = means[(means["table"] == "heart") & (means["algorithm"] == "LAL")]
    none = of_heart[of_heart["epochs"].isna()]["log_loss"].item()
    rule = (of_heart["standard_errors"] == 2) & (of_heart["epochs"] == 200)
    gain = script.differences(means, "LAL", 2, 200).loc["heart", "log_loss"]
    assert gain == of_heart[rule]["log_loss"].item() - none
