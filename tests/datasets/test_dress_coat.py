"""The embedded Dress/Coat images."""

import gzip
import hashlib
import importlib.util
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from skwfm.datasets import _dress_coat_file, dress_coat, load_dress_coat
from skwfm.datasets.fashion_mnist import DEBIAN_FOLDER

EMBEDDED = files("skwfm.datasets").joinpath("data", "dress_coat.npy")
COUNTS = {"train": (344, 3583), "test": (74, 603), "all": (418, 4186)}

needs_originals = pytest.mark.skipif(
    not Path(DEBIAN_FOLDER).is_dir(),
    reason="Debian's package dataset-fashion-mnist is not installed",
)


@pytest.mark.parametrize("subset", COUNTS)
def test_counts_and_values(subset):
    bunch = load_dress_coat(subset=subset)
    assert tuple(np.bincount(bunch.target)) == COUNTS[subset]
    assert bunch.data.shape == (sum(COUNTS[subset]), 784)
    assert set(np.unique(bunch.data)) == {-1.0, 1.0}
    assert bunch.data.dtype == np.float64
    assert bunch.target.dtype == np.int64
    np.testing.assert_array_equal(bunch.images.reshape(-1, 784), bunch.data)


def test_default_is_the_training_set():
    X, y = load_dress_coat(return_X_y=True)
    both_X, both_y = load_dress_coat(subset="all", return_X_y=True)
    np.testing.assert_array_equal(X, both_X[:3927])
    np.testing.assert_array_equal(y, both_y[:3927])


def test_entries_of_the_bunch():
    bunch = load_dress_coat(subset="test")
    assert list(bunch.target_names) == ["Dress", "Coat"]
    assert bunch.feature_names[:2] == ["pixel_0_0", "pixel_0_1"]
    assert bunch.feature_names[-1] == "pixel_27_27"
    assert bunch.frame is None
    for number in ("3927", "344", "677", "74", "[0.25, 0.75]", "MIT"):
        assert number in bunch.DESCR


def test_shares_of_positive_pixels_stated_in_the_description():
    shares = [
        (load_dress_coat(subset=subset).data == 1).mean()
        for subset in ("train", "test")
    ]
    assert shares == pytest.approx([0.498142, 0.498101], abs=1e-6)
    # Strictly above the median lie at most half of the pixels of any image.
    assert (load_dress_coat(subset="all").data == 1).mean(axis=1).max() == 0.5


def test_constant_answer_scores_89_per_cent():
    y = load_dress_coat(subset="test").target
    assert (y == 1).mean() == pytest.approx(0.891, abs=5e-4)


@pytest.mark.parametrize("dtype", ["int8", np.float32, np.int64])
def test_dtype_changes_the_type_only(dtype):
    X = load_dress_coat(subset="test", dtype=dtype).data
    assert X.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(X, load_dress_coat(subset="test").data)


def test_as_frame():
    pd = pytest.importorskip("pandas")
    bunch = load_dress_coat(subset="test", as_frame=True)
    assert isinstance(bunch.data, pd.DataFrame)
    assert isinstance(bunch.target, pd.Series)
    assert bunch.frame.shape == (677, 785)
    assert list(bunch.frame.columns) == [*bunch.feature_names, "target"]
    plain = load_dress_coat(subset="test")
    np.testing.assert_array_equal(bunch.data, plain.data)
    np.testing.assert_array_equal(bunch.target, plain.target)
    X, y = load_dress_coat(subset="test", as_frame=True, return_X_y=True)
    pd.testing.assert_frame_equal(X, bunch.data)
    pd.testing.assert_series_equal(y, bunch.target)


def test_as_frame_without_pandas(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(
        ImportError, match="load_dress_coat with as_frame=True requires"
    ):
        load_dress_coat(as_frame=True)


def _row_set(X):
    return {row.tobytes() for row in X.astype("int8")}


def test_balanced_sample():
    X, y = load_dress_coat(n_per_class=250, random_state=3, return_X_y=True)
    assert X.shape == (500, 784)
    assert tuple(np.bincount(y)) == (250, 250)
    assert np.abs(np.diff(y)).sum() > 100  # classes are mixed, not stacked
    full_X, full_y = load_dress_coat(return_X_y=True)
    for label in (0, 1):
        assert _row_set(X[y == label]) <= _row_set(full_X[full_y == label])


def test_balanced_sample_is_without_replacement():
    # All Dress images are drawn, so each must come exactly once.
    X, y = load_dress_coat(n_per_class=344, random_state=0, return_X_y=True)
    full_X, full_y = load_dress_coat(return_X_y=True)
    for drawn, stored in [(X[y == 0], full_X[full_y == 0])]:
        assert sorted(row.tobytes() for row in drawn) == sorted(
            row.tobytes() for row in stored
        )


def test_balanced_sample_depends_on_the_seed_only():
    def draw(seed):
        return load_dress_coat(n_per_class=20, random_state=seed).data

    np.testing.assert_array_equal(draw(5), draw(5))
    assert not np.array_equal(draw(5), draw(6))
    np.testing.assert_array_equal(
        draw(np.random.default_rng(5)), draw(np.random.default_rng(5))
    )
    generator = np.random.default_rng(5)
    assert not np.array_equal(draw(generator), draw(generator))
    np.random.seed(7)  # noqa: NPY002 - None follows numpy's global state
    first = draw(None)
    np.random.seed(7)  # noqa: NPY002
    np.testing.assert_array_equal(first, draw(None))


def test_every_image_can_be_drawn():
    # 74 of 603 coats per draw: after 200 draws a given coat is missing with
    # probability (1 - 74/603)**200 = 4e-12.
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(200):
        bunch = load_dress_coat(
            subset="test", n_per_class=74, random_state=rng, dtype="int8"
        )
        seen |= _row_set(bunch.data[bunch.target == 1])
    stored = load_dress_coat(subset="test")
    assert seen == _row_set(stored.data[stored.target == 1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"subset": "validation"}, ValueError, "subset='validation'.*'train', 'test'"),
        ({"subset": None}, ValueError, "subset=None"),
        ({"n_per_class": 345}, ValueError, "n_per_class=345.*at most 344"),
        (
            {"n_per_class": 75, "subset": "test"},
            ValueError,
            "subset='test' has only 74 images of Dress; pass at most 74",
        ),
        ({"n_per_class": 0}, ValueError, "n_per_class=0.*at least 1"),
        ({"n_per_class": 2.5}, TypeError, "n_per_class=2.5 must be an integer"),
        ({"n_per_class": True}, TypeError, "n_per_class=True must be an integer"),
        ({"n_per_class": 5, "random_state": "a"}, TypeError, "random_state='a'"),
        ({"n_per_class": 5, "random_state": -1}, ValueError, "random_state=-1"),
        ({"random_state": 1.5}, TypeError, "random_state=1.5"),
        ({"dtype": "uint8"}, ValueError, "dtype='uint8' cannot hold -1"),
        ({"dtype": "complex64"}, ValueError, "dtype='complex64' cannot hold"),
        ({"dtype": "nonsense"}, TypeError, "dtype='nonsense' is not a dtype"),
        ({"return_X_y": 1}, TypeError, "return_X_y=1 must be a bool"),
        ({"as_frame": "auto"}, TypeError, "as_frame='auto' must be a bool"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        load_dress_coat(**arguments)


def test_package_files_are_small():
    folder = (
        EMBEDDED.parent if isinstance(EMBEDDED, Path) else Path(str(EMBEDDED)).parent
    )
    assert sum(path.stat().st_size for path in folder.iterdir()) < 500_000


def test_checksum_of_the_embedded_file():
    assert hashlib.sha256(EMBEDDED.read_bytes()).hexdigest() == dress_coat.SHA256


def test_licence_is_beside_the_images():
    text = files("skwfm.datasets").joinpath("data", "LICENSE-fashion-mnist.txt")
    assert "MIT License" in text.read_text("utf-8")
    assert "Zalando SE" in text.read_text("utf-8")


@pytest.mark.parametrize("position", [0, 200, -1])
def test_damaged_file(position, tmp_path, monkeypatch):
    content = bytearray(EMBEDDED.read_bytes())
    content[position] ^= 1
    damaged = tmp_path / "dress_coat.npy"
    damaged.write_bytes(content)
    monkeypatch.setattr(dress_coat, "_embedded_file", lambda: damaged)
    with pytest.raises(
        OSError, match=r"dress_coat.npy are damaged: SHA-256 is .*again"
    ):
        load_dress_coat()


def test_missing_file(tmp_path, monkeypatch):
    monkeypatch.setattr(
        dress_coat, "_embedded_file", lambda: tmp_path / "dress_coat.npy"
    )
    with pytest.raises(OSError, match=r"cannot be read.*Install skwfm again"):
        load_dress_coat()


def test_pack_round_trip():
    rng = np.random.default_rng(0)
    X, y = rng.choice([-1.0, 1.0], (7, 784)), rng.integers(2, size=7)
    rows = _dress_coat_file.pack(X, y)
    assert rows.shape == (7, 99)
    restored = _dress_coat_file.from_bytes(_dress_coat_file.to_bytes(rows))
    back_X, back_y = _dress_coat_file.unpack(restored, np.dtype("float64"))
    np.testing.assert_array_equal(back_X, X)
    np.testing.assert_array_equal(back_y, y)


def _unzip(path):
    return gzip.decompress(path.read_bytes())


def _gray_by_hand(part):
    """Read Fashion-MNIST without the package: 16 and 8 bytes of header."""
    folder = Path(DEBIAN_FOLDER)
    gray, labels = (
        np.frombuffer(_unzip(folder / f"{part}-{kind}-ubyte.gz"), "u1", offset=start)
        for kind, start in [("images-idx3", 16), ("labels-idx1", 8)]
    )
    return gray.reshape(-1, 784), labels


@needs_originals
@pytest.mark.parametrize(("subset", "part"), [("train", "train"), ("test", "t10k")])
def test_images_follow_from_fashion_mnist(subset, part):
    gray, labels = _gray_by_hand(part)
    wanted = (labels == 3) | (labels == 4)
    gray, labels = gray[wanted], labels[wanted]
    ordered = np.sort(gray, axis=1).astype(float)
    median = (ordered[:, 391] + ordered[:, 392]) / 2
    kept = (median / 255 >= 0.25) & (median / 255 <= 0.75)
    bunch = load_dress_coat(subset=subset)
    np.testing.assert_array_equal(
        bunch.data, np.where(gray[kept] > median[kept, None], 1, -1)
    )
    np.testing.assert_array_equal(bunch.target, labels[kept] == 4)


@needs_originals
def test_script_reproduces_the_file_byte_for_byte(tmp_path, monkeypatch, capsys):
    script = Path(__file__).parents[2] / "tools" / "make_dress_coat.py"
    if not script.is_file():
        pytest.skip("the source tree with tools/ is not beside the tests")
    spec = importlib.util.spec_from_file_location("make_dress_coat", script)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(tool, "TARGET", tmp_path / "dress_coat.npy")
    assert tool.main(["--check"]) == 1  # nothing there yet
    assert tool.main([]) == 0
    assert tool.TARGET.read_bytes() == EMBEDDED.read_bytes()
    assert tool.main(["--check"]) == 0
    assert "up to date" in capsys.readouterr().out
