"""A small table that stands for Fashion-MNIST."""

import gzip
import hashlib
import struct
from urllib.error import URLError

import numpy as np
import pytest

from skwfm.datasets import fashion_mnist


class SmallFashion:
    """Random images and labels under the names of the original files."""

    sizes = {"train": 30, "test": 20}
    names = {
        "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
        "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
    }

    def __init__(self):
        rng = np.random.default_rng(0)
        self.tables = {
            subset: (
                rng.integers(256, size=(n_samples, 28, 28), dtype=np.uint8),
                rng.integers(10, size=n_samples, dtype=np.uint8),
            )
            for subset, n_samples in self.sizes.items()
        }

    def files(self, *subsets):
        """Give (file name, items) of the files of `subsets`."""
        for subset in subsets:
            yield from zip(self.names[subset], self.tables[subset], strict=True)

    def write(self, folder, *subsets):
        """Write the idx files of `subsets`, both if none is named."""
        folder.mkdir(exist_ok=True)
        for name, items in self.files(*(subsets or self.sizes)):
            (folder / name).write_bytes(gzip.compress(self.idx_bytes(items)))
        return folder

    @staticmethod
    def idx_bytes(items):
        """Give the content of an idx file of bytes."""
        header = struct.pack(f">BBBB{items.ndim}I", 0, 0, 8, items.ndim, *items.shape)
        return header + items.tobytes()

    def joined(self, *subsets):
        """Give the images and the labels of `subsets`, one after the other."""
        parts = (self.tables[subset] for subset in subsets)
        return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))

    def assert_is(self, bunch, *subsets):
        """Compare a loaded Bunch with the tables."""
        images, labels = self.joined(*subsets)
        np.testing.assert_array_equal(bunch.images, images)
        np.testing.assert_array_equal(bunch.data, images.reshape(-1, 784))
        np.testing.assert_array_equal(bunch.target, labels)
        assert bunch.data.dtype == np.uint8
        assert bunch.target.dtype == np.int64

    def openml(self, *subsets, dtype=np.int64):
        """Stand in for fetch_openml, which gives one table and labels as text."""

        def fetch(name, *, version, data_home, return_X_y, as_frame, parser):
            assert (name, version) == ("Fashion-MNIST", 1)
            assert (return_X_y, as_frame) == (True, False)
            fetch.calls.append({"data_home": data_home, "parser": parser})
            images, labels = self.joined(*(subsets or self.sizes))
            X = images.reshape(-1, 784).astype(dtype)
            return X, labels.astype(str).astype(object)

        fetch.calls = []
        return fetch


def _no_network(*args, **kwargs):
    raise URLError("Name or service not known")


@pytest.fixture
def small(monkeypatch):
    """Let the small table stand for the original, in none of the usual places."""
    table = SmallFashion()
    for name, items in table.files("train", "test"):
        digest = hashlib.sha256(items.tobytes()).hexdigest()
        monkeypatch.setitem(fashion_mnist._SHA256, name, digest)
    monkeypatch.setattr(fashion_mnist, "_N_SAMPLES", table.sizes)
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", "/nonexistent/debian")
    monkeypatch.delenv("SKWFM_FASHION_MNIST", raising=False)
    monkeypatch.setattr(fashion_mnist, "fetch_openml", _no_network)
    return table
