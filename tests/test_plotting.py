"""One look per algorithm in every figure."""

from itertools import pairwise

import pytest

from skwfm._plotting import ALGORITHM_STYLES, algorithm_style, known_style, line_style

OURS = ("fBP", "eLAL", "LAL", "ceSGD-fast", "ceSGD-slow", "Annealing")


def luminance(colour):
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_no_two_algorithms_share_a_colour_a_marker_or_a_line():
    styles = [algorithm_style(name) for name in OURS]
    for key in ("color", "marker", "linestyle"):
        assert len({style[key] for style in styles}) == len(OURS)
    assert len({tuple(style.values()) for style in ALGORITHM_STYLES.values()}) == 11


def test_colours_can_be_told_apart_in_greyscale():
    shades = sorted(luminance(algorithm_style(name)["color"]) for name in OURS)
    steps = [b - a for a, b in pairwise(shades)]
    assert min(steps) > 0.04
    assert shades[-1] < 0.75  # visible on white


@pytest.mark.parametrize(
    ("name", "same"),
    [("lal", "LAL"), ("ELALClassifier", "eLAL"), ("cesgd", "ceSGD-fast")],
)
def test_names_of_one_algorithm_look_alike(name, same):
    assert algorithm_style(name) == algorithm_style(same)


def test_a_variant_is_its_algorithm_with_hollow_markers():
    plain, variant = algorithm_style("LAL"), algorithm_style("LAL, default rate")
    assert variant == {**plain, "markerfacecolor": "white"}


def test_names_in_no_table_differ_from_each_other_and_from_ours():
    looks = [algorithm_style("mine", rank=rank) for rank in range(3)]
    assert len({tuple(look.values()) for look in looks}) == 3
    ours = {algorithm_style(name)["color"] for name in OURS}
    assert not ours & {look["color"] for look in looks}
    assert float(algorithm_style("Ridge", standard=True)["color"]) < 1  # a grey


def test_labels_that_name_no_algorithm_bring_no_style():
    assert known_style(None) == known_style("p = 0.9") == {}


def test_the_caller_has_the_last_word_in_short_or_long_names():
    style = line_style("eLAL", c="k", ls=":", ms=7)
    assert (style["color"], style["linestyle"], style["markersize"]) == ("k", ":", 7)
    assert style["marker"] == "o"
