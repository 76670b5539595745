"""A user's own files, good and bad."""

import numpy as np
import pandas as pd
import pytest

from skwfm.experiments import read_source

GOOD = "a,b,label\n" + "".join(
    f"{i},{-i}.5,{'no' if i % 3 else 'yes'}\n" for i in range(12)
)


@pytest.fixture
def write(tmp_path):
    def write(text, name="own.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    write.path = tmp_path.joinpath
    return write


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "own.npz", **arrays)
        return tmp_path / "own.npz"

    return save


def test_csv_takes_the_last_column_as_label(write):
    source = read_source(write(GOOD))
    assert source.X.shape == (12, 2)
    assert source.X.iloc[3].tolist() == [3.0, -3.5]
    assert source.y[:3].tolist() == ["yes", "no", "no"]
    assert (source.name, source.problem, source.X_test) == ("own.csv", None, None)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_delimiter_and_byte_order_mark(write, delimiter):
    expected = read_source(write(GOOD))
    other = read_source(write("\ufeff" + GOOD.replace(",", delimiter)))
    pd.testing.assert_frame_equal(other.X, expected.X)
    assert np.array_equal(other.y, expected.y)
    assert other == expected


def test_csv_target_by_name(write):
    text = GOOD.replace("label", "x").replace("yes", "1").replace("no", "0")
    text = "\n".join(f"{9 * (i % 2)},{t}" for i, t in enumerate(text.split()))
    text = text.replace("0,a,b,x", "kind,a,b,x")
    source = read_source(write(text), target="kind")
    assert source.X.shape == (12, 3)
    assert set(source.y) == {"0", "9"}


def test_quoted_cells(write):
    source = read_source(write('"a, b",label\n' + '"1",x\n"2","y"\n' * 6))
    assert source.X["a, b"][:2].tolist() == [1, 2]


def test_test_file_columns_are_matched_by_name(write):
    train = write(GOOD)
    test = write("label,b,a\nno,2,1\n", "test.csv")
    source = read_source(train, target="label", test=test)
    assert source.X_test.to_numpy().tolist() == [[1, 2]]
    assert source.y_test.tolist() == ["no"]


def test_npz(save):
    X, y = np.arange(24.0).reshape(12, 2), np.tile([0, 1], 6)
    source = read_source(save(X=X, y=y))
    assert np.array_equal(source.X, X)
    assert source.y.dtype.kind == "i"
    embedded = read_source(save(X=X, y=y, X_test=X[:3], y_test=y[:3]))
    assert embedded.X_test.shape == (3, 2)
    renamed = read_source(save(X=X, kind=y), target="kind")
    assert np.array_equal(renamed.y, y)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds 0 lines"),
        ("a,b,label\n", "holds 1 lines"),
        ("1,2,3\n4,5,6\n", "first line holds only numbers"),
        ("a,a,label\n1,2,x\n", "column 'a' appears more than once"),
        ("label\nx\ny\n", "no column besides the label"),
        (GOOD + "1,2\n", "line 14: 2 cells where the header has 3"),
        (GOOD + "1,inf,no\n", "column 'b' holds inf in line 14"),
        (GOOD + "1,2,\n", "line 14: the label in column 'label' is missing"),
        (GOOD + "1,2,maybe\n", r"class maybe has 1 pattern\(s\), too few"),
        ("a,label\n" + "".join(f"1,{i}\n" for i in range(9)), "takes 9 values"),
        (GOOD.replace("yes", "no"), r"takes 1 values \(no\)"),
        ("a,label\n1,x\n2,y\n3,x\n4,x\n", r"class y has 1 pattern\(s\), too few"),
        (GOOD + "1" * 200_000 + ",2,no\n", "line 14: field larger.*is it a table"),
    ],
)
def test_bad_csv(write, text, message):
    with pytest.raises(ValueError, match=message):
        read_source(write(text))


def test_bad_csv_target(write):
    with pytest.raises(ValueError, match=r"no column 'lable'. Did you mean 'label'\?"):
        read_source(write(GOOD), target="lable")


def test_missing_files_and_formats(write, tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_source(tmp_path / "nowhere.csv")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        read_source(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"gone\.csv does not exist"):
        read_source(write(GOOD), test=tmp_path / "gone.csv")
    with pytest.raises(ValueError, match=r"unknown format \.xlsx"):
        read_source(write(GOOD, "own.xlsx"))
    with pytest.raises(ValueError, match=r"own\.parquet is no Parquet file"):
        read_source(write(GOOD, "own.parquet"))
    with pytest.raises(ValueError, match="is not a NPZ file"):
        read_source(write("nothing", "own.npz"))
    (tmp_path / "latin.csv").write_bytes("a,label\n1,é".encode("latin-1"))
    with pytest.raises(ValueError, match="not UTF-8"):
        read_source(tmp_path / "latin.csv")


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("a,label\n1,no\n", "no column 'b' of the training data"),
        ("a,b,label\n1,2,maybe\n", "test label maybe is not among .* no, yes"),
        ("a,b,label\n1,inf,no\n", "holds inf"),
    ],
)
def test_bad_test_file(write, test, message):
    with pytest.raises(ValueError, match=message):
        read_source(write(GOOD), test=write(test, "test.csv"))


Y = np.tile([0, 1], 6)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"data": np.ones((12, 2)), "y": Y}, "no array 'X'; it holds data, y"),
        ({"X": np.ones((12, 2))}, "no array 'y'"),
        ({"X": np.ones((11, 2)), "y": Y}, r"shape \(11, 2\).*do not fit"),
        ({"X": np.ones(12), "y": Y}, "do not fit"),
        ({"X": np.full((12, 2), np.nan), "y": Y}, r"column 0 holds nan .*24 such"),
        ({"X": np.ones((12, 2)) * 1j, "y": Y}, "dtype complex128; it must be numeric"),
        ({"X": np.full((12, 2), "a"), "y": Y}, "must be numeric"),
        ({"X": np.ones((12, 2)), "y": np.array([None] * 12)}, "Python objects"),
        ({"X": np.ones((12, 2)), "y": Y + 0.0 * np.nan}, "labels are NaN"),
        ({"X": np.ones((12, 2)), "y": np.arange(12)}, "takes 12 values"),
        (
            {"X": np.ones((12, 2)), "y": Y, "X_test": np.ones((1, 3)), "y_test": [0]},
            "3 features, training patterns 2",
        ),
        (
            {"X": np.ones((12, 2)), "y": Y, "X_test": np.ones((1, 2)), "y_test": ["0"]},
            "same kind of labels",
        ),
        ({"X": np.ones((12, 2)), "y": Y, "X_test": np.ones((1, 2))}, "no array 'y_te"),
    ],
)
def test_bad_npz(save, arrays, message):
    with pytest.raises(ValueError, match=message):
        read_source(save(**arrays))


@pytest.mark.parametrize("test_size", [0, 1, -0.1, 2])
def test_bad_test_size(write, test_size):
    with pytest.raises(ValueError, match="test_size must lie strictly"):
        read_source(write(GOOD), test_size=test_size)


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_an_index_without_a_name_is_no_feature(tmp_path, name, start):
    """In a file sorted by class it would give the label away."""
    rows = [f"{i + start},{(7 * i) % 5},{int(i >= 10)}" for i in range(20)]
    path = tmp_path / "sorted.csv"
    path.write_text("\n".join([f"{name},size,label", *rows]))
    with pytest.warns(UserWarning, match=r"only counts the rows.*left out"):
        source = read_source(path)
    assert source.X.columns.tolist() == ["size"]
    assert source.X["size"].tolist() == [(7 * i) % 5 for i in range(20)]


def test_a_named_column_that_counts_is_warned_of(tmp_path):
    rows = [f"{i},{(7 * i) % 5},{int(i >= 10)}" for i in range(20)]
    path = tmp_path / "sorted.csv"
    path.write_text("\n".join(["id,size,label", *rows]))
    with pytest.warns(UserWarning, match=r"'id' only counts the rows.*drop it"):
        assert read_source(path).X.shape == (20, 2)


def test_a_number_among_texts_is_asked_about(write):
    """It was an error; a category may look like that, a missing value as well."""
    with pytest.warns(UserWarning, match=r"'b' holds 'red' in line 14.*not a number"):
        source = read_source(write(GOOD + "1,red,no\n"))
    assert source.X["b"].tolist()[-1] == "red"


def test_a_column_of_names_is_asked_about(write):
    header, *lines = GOOD.split()
    rows = [f"name,{header}", *(f"Mr {i},{line}" for i, line in enumerate(lines))]
    with pytest.warns(UserWarning, match="'name' holds a different text in each row"):
        read_source(write("\n".join(rows)))


@pytest.mark.parametrize("cell", ["", "?", "NA", "nan"])
def test_missing_values_may_be_left_empty(write, cell):
    source = read_source(write(GOOD + f"1,{cell},no\n"))
    assert source.X["b"].isna().tolist() == 12 * [False] + [True]
    assert source.X["b"].dtype == np.float64


def test_labels_of_a_csv_are_text_as_they_stand(write):
    text = GOOD.replace("yes", "01").replace("no", "1.0")
    assert set(read_source(write(text)).y) == {"01", "1.0"}


@pytest.fixture
def frame():
    """Every kind of column, and of label, that people have."""
    rng = np.random.default_rng(0)
    n = 60
    return pd.DataFrame(
        {
            "size": np.where(rng.random(n) < 0.2, np.nan, rng.standard_normal(n)),
            "colour": rng.choice(["red", "green", None], n),
            "grade": pd.Categorical(rng.choice(["low", "high"], n)),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n) % 7, "D"),
            "count": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "w": rng.random(n) + 0.5,
            "kind": rng.choice(["cat", "dog", "hen"], n),
        }
    )


def test_a_frame_a_csv_and_a_parquet_file_give_the_same_numbers(frame, tmp_path):
    from skwfm.experiments.data.preparation import prepared

    frame.to_csv(tmp_path / "own.csv", index=False)
    frame.to_parquet(tmp_path / "own.parquet")
    given = [frame, tmp_path / "own.csv", tmp_path / "own.parquet"]
    sources = [read_source(each, weight_column="w") for each in given]
    splits = [prepared(source, 3).source.split(3) for source in sources]
    for source, split in zip(sources, splits, strict=True):
        assert {"w", "kind"}.isdisjoint(source.X)
        np.testing.assert_allclose(source.weights, frame["w"])
        for ours, first in zip(split, splits[0], strict=True):
            np.testing.assert_array_equal(ours, first)


def test_labels_of_a_frame_keep_their_kind(frame):
    frame["number"], frame["yes"] = np.arange(60) % 3, np.arange(60) % 2 == 0
    assert read_source(frame).y.dtype == bool
    assert read_source(frame, "number").y.dtype.kind == "i"
    assert read_source(frame, "count").y.dtype.kind == "i"
    assert set(read_source(frame, "grade").y) == {"low", "high"}
    with pytest.raises(ValueError, match="a number or a name rather than a class"):
        read_source(frame, "w")
    with pytest.raises(ValueError, match=r"row \d+: the label in column 'colour'"):
        read_source(frame, "colour")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_weights_must_be_positive_numbers(frame, bad):
    frame.loc[4, "w"] = bad
    with pytest.raises(ValueError, match=rf"row 5: the weight in column 'w' is {bad}"):
        read_source(frame, weight_column="w")


def test_weights_of_an_npz(save):
    X, y, w = np.arange(24.0).reshape(12, 2), np.tile([0, 1], 6), np.arange(1.0, 13)
    source = read_source(save(X=X, y=y, w=w), weight_column="w")
    train, test = source.split_weights(0)
    X_train, _, X_test, _ = source.split(0)
    np.testing.assert_array_equal(train, X_train[:, 0] / 2 + 1)
    np.testing.assert_array_equal(test, X_test[:, 0] / 2 + 1)
    with pytest.raises(ValueError, match="weights must be positive"):
        read_source(save(X=X, y=y, w=-w), weight_column="w")


def test_long_integers_are_labels_as_written(write, frame):
    frame["kind"] = (np.arange(60) % 2).astype(np.uint64) + np.uint64(2**63)
    expected = ["9223372036854775808", "9223372036854775809"]
    frame.to_parquet(write("", "own.parquet"))
    frame.to_csv(write("", "own.csv"), index=False)
    for given in (frame, write.path("own.parquet"), write.path("own.csv")):
        assert list(map(str, read_source(given, "kind").classes)) == expected
    small = frame.assign(kind=pd.array(frame["kind"] - np.uint64(2**63), "UInt64"))
    assert read_source(small).y.dtype == np.int64


def test_names_of_columns_may_be_integers(frame):
    renamed = frame.set_axis(range(7), axis=1)
    source = read_source(renamed, 6, weight_column=5)
    assert set(source.y) == {"cat", "dog", "hen"}
    np.testing.assert_array_equal(source.weights, frame["w"])
    assert (source.weight_name, source.X.shape) == ("5", (60, 5))


def test_one_column_cannot_be_label_and_weights(frame):
    with pytest.raises(ValueError, match="target and weight_column are both 'w'"):
        read_source(frame, "w", weight_column="w")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ([1, 2], r"'odd' holds more than one value, \[1, 2\], in row 1; give each"),
        (1j, r"'odd' holds a complex number, 1j, in row 1; give its real"),
        ("1e999", r"'odd' holds 1e999 in row 1 \(60 such cells"),
    ],
)
def test_cells_that_are_no_finite_number_text_or_date(frame, cell, message):
    frame.insert(0, "odd", [cell] * 60)
    with pytest.raises(ValueError, match=message):
        read_source(frame)


def test_infinity_among_words_is_a_word(frame):
    frame["size"] = np.where(np.arange(60) % 3, "much", "inf")
    assert set(read_source(frame).X["size"]) == {"much", "inf"}


def test_an_index_with_a_name_is_asked_about(frame, tmp_path):
    for index in ("day", ["day", "grade"]):
        indexed = frame.set_index(index)
        indexed.to_parquet(tmp_path / "own.parquet")
        for given in (indexed, tmp_path / "own.parquet"):
            said = r"the index \('day'.*left out.*reset_index\(\)"
            with pytest.warns(UserWarning, match=said) as caught:
                source = read_source(given)
            assert "day" not in source.X
        assert caught[0].filename == __file__
    unnamed = frame.sample(frac=1, random_state=0)
    assert read_source(unnamed).X.index[0] == 1


@pytest.mark.parametrize("unit", [1e200, 1e-200])
def test_sizes_of_arrays_that_cannot_be_standardised(save, unit):
    X = np.arange(24.0).reshape(12, 2) * [1, unit]
    with pytest.raises(ValueError, match=r"column 1 holds numbers from.*another unit"):
        read_source(save(X=X, y=np.tile([0, 1], 6)))


def test_without_the_extra_the_error_says_what_to_install(
    write, frame, save, monkeypatch
):
    from skwfm.experiments.data import files

    monkeypatch.setattr(files, "find_spec", lambda name: None)
    for given in (frame, write(GOOD), write(GOOD, "own.parquet")):
        with pytest.raises(ImportError, match=r"pip install 'skwfm\[tables\]'"):
            read_source(given)
    X, y = np.arange(24.0).reshape(12, 2), np.tile([0, 1], 6)
    assert read_source(save(X=X, y=y)).X.shape == (12, 2)
