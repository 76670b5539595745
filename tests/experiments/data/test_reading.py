"""A user's own files, good and bad."""

import numpy as np
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
    assert source.X[3].tolist() == [3.0, -3.5]
    assert source.y[:3].tolist() == ["yes", "no", "no"]
    assert (source.name, source.problem, source.X_test) == ("own.csv", None, None)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_delimiter_and_byte_order_mark(write, delimiter):
    expected = read_source(write(GOOD))
    other = read_source(write("\ufeff" + GOOD.replace(",", delimiter)))
    assert np.array_equal(other.X, expected.X)
    assert np.array_equal(other.y, expected.y)


def test_csv_target_by_name(write):
    text = GOOD.replace("label", "x").replace("yes", "1").replace("no", "0")
    text = "\n".join(f"{9 * (i % 2)},{t}" for i, t in enumerate(text.split()))
    text = text.replace("0,a,b,x", "kind,a,b,x")
    source = read_source(write(text), target="kind")
    assert source.X.shape == (12, 3)
    assert set(source.y) == {"0", "9"}


def test_quoted_cells(write):
    source = read_source(write('"a, b",label\n' + '"1",x\n"2","y"\n' * 6))
    assert source.X.ravel()[:2].tolist() == [1, 2]


def test_test_file_columns_are_matched_by_name(write):
    train = write(GOOD)
    test = write("label,b,a\nno,2,1\n", "test.csv")
    source = read_source(train, target="label", test=test)
    assert source.X_test.tolist() == [[1, 2]]
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
        (GOOD + "1,red,no\n", "line 14: column 'b' holds 'red', which is not a number"),
        (GOOD + "1,,no\n", "line 14: the cell in column 'b' is empty"),
        (GOOD + "1,nan,no\n", "column 'b' holds nan in row 13"),
        (GOOD + "1,inf,no\n", "column 'b' holds inf"),
        (GOOD + "1,2,\n", "line 14: the label in column 'label' is missing"),
        (GOOD + "1,2,maybe\n", r"takes 3 values \(maybe, no, yes\)"),
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
    with pytest.raises(ValueError, match=r"unknown format \.parquet"):
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
        ("a,b,label\n1,nan,no\n", "holds nan"),
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
    np.testing.assert_array_equal(source.X.ravel(), [(7 * i) % 5 for i in range(20)])


def test_a_named_column_that_counts_is_warned_of(tmp_path):
    rows = [f"{i},{(7 * i) % 5},{int(i >= 10)}" for i in range(20)]
    path = tmp_path / "sorted.csv"
    path.write_text("\n".join(["id,size,label", *rows]))
    with pytest.warns(UserWarning, match=r"'id' only counts the rows.*drop it"):
        assert read_source(path).X.shape == (20, 2)
