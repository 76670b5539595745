"""Columns that are not what they were meant to be."""

import numpy as np
import pandas as pd
import pytest

from skwfm.experiments import read_source

N = 40
KIND = np.tile(["a", "b"], N // 2)
NUMBERS = [f"{n:.1f}" for n in np.random.default_rng(0).normal(scale=1e4, size=N)]
DAYS = pd.date_range("2024-01-01", periods=N)


def _source(cells, **more):
    return read_source(pd.DataFrame({"x": cells, "k": KIND, **more}), "k")


@pytest.mark.parametrize(
    "form",
    ["{}%", "${}", "-€{}", "{} cm", "{}kg", "EUR {}", "~{}", "({})", "{}°C", "{} km/h"],
)
def test_numbers_with_something_around_them_are_asked_about(form):
    cells = [form.format(n.lstrip("-")) for n in NUMBERS]
    said = "column 'x' holds .* in row 1, a number with something in or around it"
    with pytest.warns(UserWarning, match=rf"{said}.*write them like 1234\.5"):
        _source(cells)


@pytest.mark.parametrize("mark", [",", "'", " ", "\u202f"])
def test_thousands_apart_are_asked_about(mark):
    cells = [f"{float(n):,.1f}".replace(",", mark) for n in NUMBERS]
    with pytest.warns(UserWarning, match="'x' holds .* a number with something in or"):
        _source(cells)


def test_decimal_commas_between_commas_are_asked_about(tmp_path):
    rows = [f'"{n.replace(".", ",")}",{k}' for n, k in zip(NUMBERS, KIND, strict=True)]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["x,k", *rows]))
    with pytest.warns(UserWarning, match="'x' holds '.*,.*' in line 2, a number with"):
        read_source(path)


@pytest.mark.parametrize(
    "values",
    [
        ["2wd", "4wd"],
        [f"{i}{c}" for i in range(9) for c in "ABCDEF"],
        ["1st", "red", "2nd", "blue"],
        ["10-20", "20-30", "30-40"],
        ["12:30", "13:15", "9:00"],
        ["1.2.3", "1.3.0", "2.0.1"],
        ["A1", "B2", "C3"],
        ["01.02.2020", "13.12.2021"],
        [str(day.date()) for day in DAYS],
        ["true", "false"],
        ["1/2", "3/4", "5/8"],
    ],
)
def test_other_texts_and_dates_are_not(values, recwarn):
    _source([values[i % len(values)] for i in range(N)])
    assert not [w for w in recwarn if "in row" in str(w.message)]


@pytest.mark.parametrize("other", ["unknown", "05.06.2024"])
def test_dates_not_written_alike_are_asked_about(other):
    cells = [str(day.date()) for day in DAYS]
    cells[4] = other
    with pytest.warns(UserWarning, match=rf"'x' holds '{other}' in row 5.*2024-12-31"):
        _source(cells)


@pytest.mark.parametrize("cells", [[7] * N, [None] * N, ["x"] * N])
def test_nothing_to_learn_from_is_an_error(cells, tmp_path):
    with pytest.raises(ValueError, match="nothing to learn from"):
        _source(cells)
    # Where a value is missing may say something.
    assert _source([*cells[1:], 1.5]).X.shape == (N, 1)


def test_arrays_that_are_constant_are_an_error(tmp_path):
    np.savez(tmp_path / "own.npz", X=np.ones((N, 3)), y=KIND)
    with pytest.raises(ValueError, match="nothing to learn from"):
        read_source(tmp_path / "own.npz")
