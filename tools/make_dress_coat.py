"""Make the file of Dress/Coat images that the package embeds.

Usage: python tools/make_dress_coat.py [--folder FOLDER] [--check]

Reads Fashion-MNIST (from FOLDER, or wherever ``fetch_fashion_mnist`` finds it) and
writes ``skwfm/datasets/data/dress_coat.npy``. A rerun writes the same bytes. With
``--check`` nothing is written; the exit status tells whether the file is up to date.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

from skwfm.datasets import fetch_fashion_mnist
from skwfm.datasets._dress_coat_file import N_TEST, N_TRAIN, pack, select, to_bytes
from skwfm.datasets.dress_coat import SHA256

TARGET = Path(__file__).parents[1] / "skwfm" / "datasets" / "data" / "dress_coat.npy"


def make(folder=None):
    """Give the content of the file."""
    parts = []
    for subset, n_expected in [("train", N_TRAIN), ("test", N_TEST)]:
        gray, labels = fetch_fashion_mnist(
            folder=folder, subset=subset, return_X_y=True
        )
        X, y = select(gray, labels)
        if len(X) != n_expected:
            raise SystemExit(f"{subset}: {len(X)} images, expected {n_expected}")
        parts.append(pack(X, y))
    return to_bytes(np.vstack(parts))


def main(arguments=None):
    """Write or check the file; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="folder with Fashion-MNIST's idx.gz files")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    content = make(options.folder)
    digest = hashlib.sha256(content).hexdigest()
    print(f"{TARGET.name}: {len(content)} bytes, SHA-256 {digest}")
    if options.check:
        same = TARGET.is_file() and TARGET.read_bytes() == content
        print("up to date" if same else f"{TARGET} differs")
    else:
        TARGET.write_bytes(content)
        same = True
    if digest != SHA256:
        print("set SHA256 in skwfm/datasets/dress_coat.py to this checksum")
    return 0 if same and digest == SHA256 else 1


if __name__ == "__main__":
    sys.exit(main())
