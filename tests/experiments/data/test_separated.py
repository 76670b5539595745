"""Separators, headers and decimal commas of CSV files."""

import numpy as np
import pandas as pd
import pytest

from skwfm.experiments import read_source

ROWS = "".join(f"{i}.5{{0}}{'xy'[i % 2]}\n" for i in range(12))
VALUES = np.arange(12) + 0.5


@pytest.fixture
def write(tmp_path):
    def write(text, name="own.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "name", "column"),
    [
        ("Income, net\tk\n" + ROWS.format("\t"), "own.tsv", "Income, net"),
        ("Income, net, in EUR\tk\n" + ROWS.format("\t"), "own.csv", None),
        ("Income\tk\n" + ROWS.format("\t") + "1,5\tx\n", "own.tsv", "Income"),
        ("size,k\n" + ROWS.format(","), "own.tsv", "size"),
        ('"Age, in years, at start";"k"\n' + ROWS.format(";"), "own.csv", None),
        ("Age, in years, at start;k\n" + ROWS.format(";"), "own.csv", None),
        ('"Age,\nin, years,";k\n' + ROWS.format(";"), "own.csv", "Age,\nin, years,"),
        ("\n\nsize;k\n" + ROWS.format(";"), "own.csv", "size"),
        ("size|k\n" + ROWS.format("|"), "own.csv", "size"),
        ("sep=;\nsize;k\n" + ROWS.format(";"), "own.csv", "size"),
        ('"sep=:"\nsize:k\n' + ROWS.format(":"), "own.csv", "size"),
        ("\ufeffSEP=\t\r\nsize\tk\n" + ROWS.format("\t"), "own.csv", "size"),
        ('size, "k, or kind"\n' + ROWS.format(", "), "own.csv", "size"),
    ],
)
def test_the_separator_is_found(write, text, name, column):
    source = read_source(write(text, name))
    assert column in {None, *source.X}
    assert set(source.y) == {"x", "y"}
    if len(source.y) == 12:
        np.testing.assert_array_equal(source.X.iloc[:, 0], VALUES)


def test_lines_are_counted_from_the_first(write):
    text = "sep=;\nsize;k\n" + ROWS.format(";")
    source = read_source(write(text))
    assert source.X.index.tolist() == list(range(3, 15))
    with pytest.raises(ValueError, match="line 15: 1 cells where the header has 2"):
        read_source(write(text + "3\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:b:k\n1:2:x\n1:3:y\n", "line 1: there is no column.*a tab or '|'.*sep=X"),
        ("# of 2024\nx,k\n1,a\n", "no column besides the label '# of 2024'.*separated"),
        ("a,k\n1,x\n1;y\n", "1 cells where.*2; a comma was taken as the separator"),
        ("a;k\n1;x\n1,y\n", "1 cells where.*2; a semicolon was taken"),
        ("sep=:\na:k\n1:x\n1,y\n", "1 cells where.*2; ':' was taken.*known: a comma"),
        ("a,k,,\n1,x,,\n2,y,,\n", "2 columns have no name.*separators at the end"),
    ],
)
def test_errors_name_separators(write, text, message):
    with pytest.raises(ValueError, match=message):
        read_source(write(text))


def test_a_label_that_is_only_the_last_column(write):
    text = "a,k,\n" + "".join(f"{i},{'xy'[i % 2]},\n" for i in range(1, 13))
    said = r"column '' is missing \(12 in all\).*only the last column.*--target"
    with pytest.raises(ValueError, match=said):
        read_source(write(text))
    with pytest.raises(ValueError, match=r"drop these rows\.$"):
        read_source(write(text), target="")


def test_decimal_commas(write):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(scale=1e4, size=(20, 3)), columns=list("abw"))
    frame = frame.assign(w=frame["w"].abs(), k=np.tile(["1,5", "2,5"], 10))
    frame.loc[3, "a"] = np.nan
    for separator, name in (";", "own.csv"), ("\t", "own.tsv"), ("|", "own.csv"):
        path = write("", name)
        frame.to_csv(path, index=False, sep=separator, decimal=",")
        source = read_source(path, weight_column="w")
        pd.testing.assert_frame_equal(
            source.X, frame[["a", "b"]].set_axis(source.X.index), check_exact=True
        )
        np.testing.assert_array_equal(source.weights, frame["w"])
        assert set(source.y) == {"1,5", "2,5"}


def test_decimal_commas_with_dots_between_thousands(write):
    cells = ["1.234,5", "-12.345.678", "0,25", "7", "1e-3", "3,5E2"] * 2
    rows = "".join(f"{c};{'xy'[i % 3 == 0]}\n" for i, c in enumerate(cells))
    found = read_source(write("a;k\n" + rows)).X["a"].tolist()
    assert found == [1234.5, -12345678, 0.25, 7, 1e-3, 350] * 2


def test_words_among_decimal_commas_are_asked_about(write):
    rows = "".join(f"{i},5;{'xy'[i % 2]}\n" for i in range(12))
    with pytest.warns(UserWarning, match="'a' holds 'none yet' in line 14, which is"):
        source = read_source(write("a;k\n" + rows + "none yet;x\n"))
    assert source.X["a"].tolist()[::12] == ["0.5", "none yet"]


@pytest.mark.parametrize("cells", [["1,5", "red", "green"], ["a,b", "c,d", "1,5"]])
def test_texts_with_commas_stay_texts(write, cells):
    rows = "".join(f"{c};{'xy'[i % 2]}\n" for i, c in enumerate(cells * 4))
    assert read_source(write("a;k\n" + rows)).X["a"].tolist() == cells * 4


def test_a_file_without_names_of_columns_is_an_error(write):
    rows = [f"{i % 5}.5,{i % 7}.5,{('virginica', 'setosa')[i % 2]}" for i in range(30)]
    said = r"the first line \(0.5, 0.5, virginica\) looks like one of the rows"
    with pytest.raises(ValueError, match=said):
        read_source(write("\n".join(rows)))
    with pytest.raises(ValueError, match="looks like one of the rows"):
        read_source(write("\n".join(["p,x,s"] + ["p,x,s", "e,y,w"] * 9)))
    # Numbers twice in the first line, and a class that no other row has.
    with pytest.raises(ValueError, match="looks like one of the rows"):
        read_source(write("\n".join(["1.5,1.5,other", *rows])))


def test_names_that_are_numbers_are_asked_about(write):
    """Wavelengths or years; or values of which one class is in the first row alone."""
    text = "400,410.5,kind\n" + "".join(f"{i % 5},1,{i % 2}\n" for i in range(12))
    with pytest.warns(UserWarning, match="2 of 3 column names are numbers, such as '4"):
        assert read_source(write(text)).X.shape == (12, 2)


def test_labels_are_text_where_weights_come_last(write):
    rows = "".join(f"{i % 5},{('01', '02')[i % 2]},1.5\n" for i in range(12))
    source = read_source(write("a,k,w\n" + rows), weight_column="w")
    assert set(source.y) == {"01", "02"}


@pytest.mark.parametrize(
    ("two", "asked"),
    [
        (("1", "1.0"), True),
        (("Yes", "yes"), True),
        (("1", "2.0"), False),
        ((f"{2**60}", f"{2**60 + 1}"), False),
    ],
)
def test_labels_that_may_be_one_are_asked_about(write, recwarn, two, asked):
    rows = "".join(f"{i % 5},{(*two, 'no')[i % 3]}\n" for i in range(30))
    source = read_source(write("a,k\n" + rows))
    assert set(source.y) == {*two, "no"}
    said = [str(w.message) for w in recwarn if "as two classes" in str(w.message)]
    assert len(said) == asked
    assert not asked or f"labels {two[0]!r} and {two[1]!r} in column 'k'" in said[0]
