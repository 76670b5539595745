"""Test data in a file of their own are read as the training data are."""

import numpy as np
import pandas as pd
import pytest

from skwfm.experiments import Source, read_source
from skwfm.experiments.data.preparation import prepared

N = 40
RNG = np.random.default_rng(0)
DAYS = pd.date_range("2024-01-01", periods=N)


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "size": RNG.normal(size=N).round(3),
            "day": DAYS.strftime("%Y-%m-%d"),
            "colour": np.tile(["red", "blue"], N // 2),
            "k": np.tile(["a", "b"], N // 2),
        }
    )


@pytest.fixture
def read(tmp_path):
    def read(train, test, sep=",", **options):
        paths = tmp_path / "train.csv", tmp_path / "test.csv"
        train.to_csv(paths[0], index=False)
        test.to_csv(paths[1], index=False, sep=sep)
        return read_source(paths[0], test=paths[1], **options)

    return read


def test_the_label_has_the_name_of_the_training_label(frame, read):
    other = frame.assign(old=frame["k"].to_numpy()[::-1])
    reverse = frame[frame.columns[::-1]]
    for given in (read, lambda train, test: read_source(train, test=test)):
        for test in (other, reverse):
            source = given(frame, test)
            np.testing.assert_array_equal(source.y_test, frame["k"])
            assert list(source.X_test) == ["size", "day", "colour"]


def test_weights_may_come_last_in_one_file_only(frame, read):
    frame.insert(0, "w", 1.5)
    test = frame[["k", "size", "day", "colour", "w"]]
    source = read(frame[["size", "day", "colour", "k", "w"]], test, weight_column="w")
    np.testing.assert_array_equal(source.y_test, frame["k"])


@pytest.mark.parametrize("target", [None, "k"])
def test_a_missing_label_is_named(frame, read, target):
    said = "test.csv has no column 'k', the label of the training data. Columns: size"
    with pytest.raises(ValueError, match=said):
        read(frame, frame.drop(columns="k"), target=target)


def test_an_index_of_the_test_data_alone_is_no_matter(frame, read):
    """That of the training data, in another order, was kept."""
    train = frame.sample(frac=1, random_state=0).reset_index(names="")
    test = frame.assign(more=[[1]] * N).reset_index(names="")
    assert list(read(train, test).X_test) == ["", "size", "day", "colour"]


def test_tables_and_arrays_do_not_mix(frame, tmp_path):
    np.savez(tmp_path / "own.npz", X=np.ones((9, 3)), y=np.ones(9))
    with pytest.raises(ValueError, match=r"own\.npz: training and test patterns must"):
        read_source(frame, test=tmp_path / "own.npz")


@pytest.mark.parametrize(
    ("column", "write", "kind"),
    [
        ("size", "{} cm".format, "number"),
        ("size", lambda cell: str(cell).replace(".", ","), "number"),
        ("day", lambda cell: ".".join(cell.split("-")[::-1]), "date"),
        ("day", lambda cell: int(cell.replace("-", "")), "date"),
    ],
)
def test_columns_written_otherwise_are_an_error(frame, read, column, write, kind):
    test = frame.assign(**{column: frame[column].map(write)})
    shown = str(test[column][0]).replace(".", r"\.")
    for given in (read, lambda train, test: read_source(train, test=test)):
        said = rf"column '{column}' holds '?{shown}'? in .*as a {kind}.*40 such cel"
        with pytest.raises(ValueError, match=rf"{said}.*write both alike"):
            given(frame, test)


@pytest.mark.parametrize(("column", "kind"), [("size", "number"), ("day", "date")])
def test_a_few_cells_written_otherwise_become_missing(frame, read, column, kind):
    cells = frame[column].astype(object)
    cells[3], cells[4], cells[5] = "broken", None, "N/A"
    said = rf"'{column}' holds 'broken' in line 5.*as a {kind}.*\(1 such cells of 3"
    with pytest.warns(UserWarning, match=rf"{said}.*taken as missing") as caught:
        source = read(frame, frame.assign(**{column: cells}))
    assert source.X_test[column].isna().tolist()[2:7] == [False, *[True] * 3, False]
    assert caught[0].filename == __file__
    assert prepared(source, 0).source.X_test.shape[0] == N


def test_missing_cells_alone_are_no_fault(frame, read, recwarn):
    source = read(frame, frame.assign(size=None, day=""))
    assert source.X_test[["size", "day"]].isna().all().all()
    assert not [w for w in recwarn if "test.csv" in str(w.message)]
    assert np.isfinite(prepared(source, 0).source.X_test).all()


def test_texts_that_look_like_numbers_stay_texts(frame, read):
    """Alone in the test file they would have been numbers, unknown ones."""
    train = frame.assign(colour=np.tile(["01", "2", "x"], N)[:N])
    test = frame.assign(colour=np.tile(["01", "2"], N)[:N])
    source = read(train, test)
    assert set(source.X_test["colour"]) == {"01", "2"}
    train["colour"] = np.tile(["1", "2", "x"], N)[:N]
    for numbers in (np.arange(N) % 2 + 1, pd.array([1, 2] * (N // 2), "Int64")):
        source = read_source(train, test=frame.assign(colour=numbers))
        assert set(source.X_test["colour"]) == {"1", "2"}


def test_values_of_a_category_that_are_all_unknown_are_asked_about(frame, read):
    said = "'colour' holds 'RED' in line 2, and none of its values.*such as 'red'"
    with pytest.warns(UserWarning, match=said):
        read(frame, frame.assign(colour=frame["colour"].str.upper()))


def test_sources_made_by_hand_are_warned_of(frame):
    X, y = frame.drop(columns="k"), frame["k"].to_numpy()
    X_test = X.assign(size=X["size"].map("{} cm".format))
    source = Source("own", X, y, X_test, y)
    with pytest.warns(UserWarning, match=r"'size' holds '.* cm' in row 0.*\(40 such"):
        prepared(source, 0)
