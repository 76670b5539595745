"""Fashion-MNIST from each of its sources, and what happens when none has it."""

import gzip
import re
import struct
import sys
import warnings
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from skwfm.datasets import fashion_mnist, fetch_fashion_mnist
from skwfm.datasets._idx import read_idx

DEBIAN_FOLDER = fashion_mnist.DEBIAN_FOLDER
needs_originals = pytest.mark.skipif(
    not Path(DEBIAN_FOLDER).is_dir(),
    reason="Debian's package dataset-fashion-mnist is not installed",
)


@pytest.mark.parametrize(
    ("subset", "parts"),
    [("train", ["train"]), ("test", ["test"]), ("all", ["train", "test"])],
)
@pytest.mark.parametrize("as_type", [str, Path])
def test_given_folder(small, tmp_path, subset, parts, as_type):
    folder = small.write(tmp_path / "given")
    bunch = fetch_fashion_mnist(folder=as_type(folder), subset=subset)
    small.assert_is(bunch, *parts)
    assert bunch.source == str(folder)


def test_default_is_the_training_set(small, tmp_path):
    small.assert_is(fetch_fashion_mnist(folder=small.write(tmp_path)), "train")


def test_only_the_files_of_the_subset_are_needed(small, tmp_path):
    folder = small.write(tmp_path, "test")
    small.assert_is(fetch_fashion_mnist(folder=folder, subset="test"), "test")


def test_order_of_the_places(small, tmp_path, monkeypatch):
    given, named, debian = (
        small.write(tmp_path / name) for name in ("given", "named", "debian")
    )
    monkeypatch.setattr(fashion_mnist, "fetch_openml", small.openml())
    assert fetch_fashion_mnist().source == "OpenML"
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", str(debian))
    assert fetch_fashion_mnist().source == str(debian)
    monkeypatch.setenv("SKWFM_FASHION_MNIST", str(named))
    assert fetch_fashion_mnist().source == str(named)
    assert fetch_fashion_mnist(folder=given).source == str(given)


def test_warning_when_a_named_folder_is_passed_over(small, tmp_path, monkeypatch):
    debian = small.write(tmp_path / "debian")
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", str(debian))
    partial = small.write(tmp_path / "partial", "test")
    with pytest.warns(UserWarning, match="lacks train-images-idx3-ubyte.gz") as caught:
        bunch = fetch_fashion_mnist(folder=partial)
    assert str(debian) in str(caught[0].message)
    assert caught[0].filename == __file__
    small.assert_is(bunch, "train")
    monkeypatch.setenv("SKWFM_FASHION_MNIST", str(tmp_path / "absent"))
    with pytest.warns(UserWarning, match=r"SKWFM_FASHION_MNIST: .*is not a folder"):
        fetch_fashion_mnist()


def test_no_warning_without_a_named_folder(small, tmp_path, monkeypatch):
    debian = small.write(tmp_path / "debian")
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", str(debian))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fetch_fashion_mnist()


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
@pytest.mark.parametrize(
    ("subset", "parts"),
    [("train", ["train"]), ("test", ["test"]), ("all", ["train", "test"])],
)
def test_openml(small, monkeypatch, dtype, subset, parts):
    monkeypatch.setattr(fashion_mnist, "fetch_openml", small.openml(dtype=dtype))
    bunch = fetch_fashion_mnist(subset=subset)
    small.assert_is(bunch, *parts)
    assert bunch.source == "OpenML"


def test_openml_options(small, monkeypatch, tmp_path):
    fetch = small.openml()
    monkeypatch.setattr(fashion_mnist, "fetch_openml", fetch)
    monkeypatch.setitem(sys.modules, "pandas", None)
    fetch_fashion_mnist(data_home=tmp_path)
    assert fetch.calls == [{"data_home": tmp_path, "parser": "liac-arff"}]


def test_openml_is_called_as_its_signature_allows():
    import inspect

    from sklearn.datasets import fetch_openml

    inspect.signature(fetch_openml).bind(
        "Fashion-MNIST",
        version=1,
        data_home=None,
        return_X_y=True,
        as_frame=False,
        parser="pandas",
    )


def test_openml_rows_in_another_order_are_refused(small, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "fetch_openml", small.openml("test", "train"))
    with pytest.raises(OSError, match=r"OpenML: OSError: SHA-256 .*train-images"):
        fetch_fashion_mnist()


def test_openml_table_of_another_size_is_refused(small, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "fetch_openml", small.openml("train"))
    with pytest.raises(OSError, match=r"OpenML: OSError: table of shape \(30, 784\)"):
        fetch_fashion_mnist()


@pytest.mark.parametrize(
    "failure",
    [URLError("no network"), ValueError("no such data set"), IncompleteRead(b"")],
)
def test_failure_names_all_places_and_remedies(small, tmp_path, monkeypatch, failure):
    def fail(*args, **kwargs):
        raise failure

    monkeypatch.setattr(fashion_mnist, "fetch_openml", fail)
    monkeypatch.setenv("SKWFM_FASHION_MNIST", str(tmp_path))
    with pytest.raises(OSError, match="was not found") as caught:
        fetch_fashion_mnist(folder="/nonexistent/given", subset="test")
    lines = str(caught.value).splitlines()[1:]
    expected = [
        r"1\. the argument folder: '/nonexistent/given' is not a folder; call with",
        r"2\. the environment variable SKWFM_FASHION_MNIST: '.*' lacks t10k-images-idx3"
        r"-ubyte.gz, t10k-labels-idx1-ubyte.gz; set it",
        r"3\. Debian's package dataset-fashion-mnist: '/nonexistent/debian' is not a"
        r" folder; run 'apt install dataset-fashion-mnist'",
        rf"4\. OpenML: {type(failure).__name__}: .*; check the connection",
    ]
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.search(pattern, line), line
    assert caught.value.__cause__ is failure


def test_failure_without_download(small):
    with pytest.raises(OSError, match=r"(?s)not given.*not given.*OpenML: not asked"):
        fetch_fashion_mnist(download_if_missing=False)


def _flip_last_pixel(path):
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 1
    path.write_bytes(gzip.compress(bytes(content)))


def _cut_short(path):
    path.write_bytes(path.read_bytes()[:-20])


def _garble_stream(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _replace_by_text(path):
    path.write_text("404 not found")


def _drop_one_image(path):
    items = read_idx(path)[:-1]
    header = struct.pack(f">BBBB{items.ndim}I", 0, 0, 8, items.ndim, *items.shape)
    path.write_bytes(gzip.compress(header + items.tobytes()))


@pytest.mark.parametrize(
    "name", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]
)
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_flip_last_pixel, "SHA-256"),
        (_cut_short, "cannot be decompressed"),
        (_garble_stream, "cannot be decompressed"),
        (_replace_by_text, "cannot be decompressed"),
        (_drop_one_image, "not uint8"),
    ],
)
def test_damaged_file_is_named(small, tmp_path, monkeypatch, name, damage, reason):
    # Another source is at hand, but a damaged file must not pass unnoticed.
    monkeypatch.setattr(fashion_mnist, "fetch_openml", small.openml())
    path = small.write(tmp_path) / name
    damage(path)
    with pytest.raises(OSError, match=re.escape(repr(str(path)))) as caught:
        fetch_fashion_mnist(folder=tmp_path)
    assert reason in str(caught.value)
    assert "Replace it" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"subset": "t10k"}, ValueError, "subset='t10k'.*'train', 'test', 'all'"),
        ({"folder": 3}, TypeError, "folder=3 must be a path, not int"),
        ({"download_if_missing": "no"}, TypeError, "download_if_missing='no'"),
        ({"return_X_y": None}, TypeError, "return_X_y=None"),
        ({"as_frame": 0}, TypeError, "as_frame=0"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        fetch_fashion_mnist(**arguments)


def test_return_X_y_and_as_frame(small, tmp_path):
    pd = pytest.importorskip("pandas")
    folder = small.write(tmp_path)
    X, y = fetch_fashion_mnist(folder=folder, return_X_y=True)
    np.testing.assert_array_equal(X, small.tables["train"][0].reshape(-1, 784))
    bunch = fetch_fashion_mnist(folder=folder, as_frame=True)
    assert isinstance(bunch.frame, pd.DataFrame)
    assert bunch.frame.shape == (30, 785)
    assert bunch.target.name == "target"
    np.testing.assert_array_equal(bunch.data, X)
    np.testing.assert_array_equal(bunch.target, y)


@needs_originals
def test_originals(monkeypatch):
    monkeypatch.delenv("SKWFM_FASHION_MNIST", raising=False)
    bunch = fetch_fashion_mnist(subset="all", download_if_missing=False)
    assert bunch.source == DEBIAN_FOLDER
    assert bunch.data.shape == (70_000, 784)
    np.testing.assert_array_equal(np.bincount(bunch.target[:60_000]), np.full(10, 6000))
    np.testing.assert_array_equal(np.bincount(bunch.target[60_000:]), np.full(10, 1000))
    assert bunch.target_names[bunch.target[0]] == "Ankle boot"
    # Published mean and standard deviation of the training pixels: 0.2860, 0.3530.
    pixels = bunch.data[:60_000].astype(np.float32) / 255
    assert pixels.mean() == pytest.approx(0.2860, abs=1e-4)
    assert pixels.std() == pytest.approx(0.3530, abs=1e-4)
