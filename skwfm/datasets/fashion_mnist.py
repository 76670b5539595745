"""Fashion-MNIST, from a folder, the Debian package or OpenML."""

from __future__ import annotations

import hashlib
import os
from http.client import HTTPException
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.datasets import fetch_openml
from sklearn.utils import Bunch

from skwfm._warn import warn
from skwfm.datasets._bunch import IMAGE_SHAPE, N_PIXELS, image_bunch
from skwfm.datasets._checks import check_flag, check_option
from skwfm.datasets._idx import read_idx

FOLDER_VARIABLE = "SKWFM_FASHION_MNIST"
DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist"
TARGET_NAMES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]

_N_SAMPLES = {"train": 60_000, "test": 10_000}
_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}

# SHA-256 of the items (pixels or labels) in each file, without the idx header. The
# compressed files have no checksum of their own: Debian strips the name and the time
# from upstream's gzip headers. On the items one checksum serves all sources.
_SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012"
    ),
    "train-labels-idx1-ubyte.gz": (
        "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9"
    ),
}


def fetch_fashion_mnist(
    *,
    folder: str | PathLike[str] | None = None,
    subset: Literal["train", "test", "all"] = "train",
    download_if_missing: bool = True,
    data_home: str | PathLike[str] | None = None,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Load the gray-scale images of Fashion-MNIST (classification).

    The four idx files are looked for in `folder`, then in the folder named by the
    environment variable ``SKWFM_FASHION_MNIST``, then where Debian's package
    dataset-fashion-mnist puts them (``/usr/share/datasets/fashion-mnist``); at last
    the data set is downloaded from OpenML. Whatever the source, pixels and labels
    are compared with the checksums of the original.

    =================   ==============
    Classes                         10
    Samples total                70000
    Dimensionality                 784
    Features            integers 0-255
    =================   ==============

    Parameters
    ----------
    folder : path-like or None, default=None
        Folder that holds the ``.gz`` files under their original names. A warning
        tells when it does not and another source is used.
    subset : {"train", "test", "all"}, default="train"
        The 60000 training images, the 10000 test images, or both in this order.
    download_if_missing : bool, default=True
        Whether to ask OpenML when no folder has the files.
    data_home : path-like or None, default=None
        Where :func:`sklearn.datasets.fetch_openml` keeps its downloads.
    return_X_y : bool, default=False
        Give ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Give pandas objects instead of arrays.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the entries

        data : ndarray of shape (n_samples, 784), dtype uint8
            Gray values 0-255, pixels row by row (a DataFrame if `as_frame`).
        target : ndarray of shape (n_samples,), dtype int64
            Class numbers 0-9 (a Series if `as_frame`).
        images : ndarray of shape (n_samples, 28, 28), dtype uint8
            The same gray values as images.
        target_names : ndarray of shape (10,)
            Class names.
        feature_names : list of str
            ``pixel_<row>_<column>``.
        frame : DataFrame or None
            Pixels and ``target`` together, if `as_frame`.
        source : str
            The folder, or OpenML.
        DESCR : str
            Description of the data set.

    (data, target) : tuple if ``return_X_y=True``
        The first two entries.

    Raises
    ------
    OSError
        If a file is damaged or unreadable (the message names it), or if no source
        has the data (the message lists the places tried and the remedy for each).
    TypeError, ValueError
        If an argument is not one of those above.

    See Also
    --------
    load_dress_coat : The two binarised classes that the paper uses, without files.
    MedianBinarizer : Binarise images as the paper does.

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for
    benchmarking machine learning algorithms", arXiv:1708.07747 (2017).
    """
    check_option("subset", subset, ("train", "test", "all"))
    for name, flag in [
        ("download_if_missing", download_if_missing),
        ("return_X_y", return_X_y),
        ("as_frame", as_frame),
    ]:
        check_flag(name, flag)
    parts = ("train", "test") if subset == "all" else (subset,)
    pairs, source = _find(parts, _named_folders(folder), download_if_missing, data_home)
    images, labels = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    return image_bunch(
        images.reshape(-1, N_PIXELS),
        labels.astype(np.int64),
        name="fashion_mnist",
        loader="fetch_fashion_mnist",
        target_names=TARGET_NAMES,
        as_frame=as_frame,
        return_X_y=return_X_y,
        source=source,
    )


def _named_folders(folder):
    """List (place, path, remedy) of the folders to look in, path None if unset."""
    if folder is not None and not isinstance(folder, (str, os.PathLike)):
        raise TypeError(
            f"folder={folder!r} must be a path, not {type(folder).__name__}: pass the"
            " folder that holds Fashion-MNIST's four .gz files, or None."
        )
    by_hand = "with the folder that holds the four idx .gz files of Fashion-MNIST"
    return [
        ("the argument folder", folder, f"call {by_hand}"),
        (
            f"the environment variable {FOLDER_VARIABLE}",
            os.environ.get(FOLDER_VARIABLE) or None,
            f"set it {by_hand}",
        ),
        (
            "Debian's package dataset-fashion-mnist",
            DEBIAN_FOLDER,
            "run 'apt install dataset-fashion-mnist'",
        ),
    ]


def _find(parts, folders, download_if_missing, data_home):
    """Return the (images, labels) pairs of `parts` and the name of their source."""
    failures, user_choices = [], []
    for place, path, remedy in folders:
        problem = _problem_with(path, parts)
        if problem is None:
            _warn_passed_over(user_choices, path)
            return [_read_part(Path(path), part) for part in parts], str(path)
        failures.append(f"{place}: {problem}; {remedy}")
        if path not in (None, DEBIAN_FOLDER):
            user_choices.append(f"{place}: {problem}")
    if not download_if_missing:
        failures.append("OpenML: not asked; pass download_if_missing=True")
        raise OSError(_nowhere(failures))
    try:
        pairs = _read_openml(parts, data_home)
    except (OSError, ValueError, HTTPException) as error:
        advice = "check the connection, or set data_home to a folder with a copy"
        failures.append(f"OpenML: {type(error).__name__}: {error}; {advice}")
        raise OSError(_nowhere(failures)) from error
    _warn_passed_over(user_choices, "OpenML")
    return pairs, "OpenML"


def _problem_with(path, parts):
    if path is None:
        return "not given"
    if not Path(path).is_dir():
        return f"{str(path)!r} is not a folder"
    names = [name for part in parts for name in _FILES[part]]
    missing = [name for name in names if not Path(path, name).is_file()]
    return f"{str(path)!r} lacks {', '.join(missing)}" if missing else None


def _warn_passed_over(user_choices, source):
    if user_choices:
        reasons = "; ".join(user_choices)
        message = f"Fashion-MNIST is taken from {source}, because {reasons}."
        warn(message, UserWarning)


def _nowhere(failures):
    listed = "".join(f"\n  {i}. {text}" for i, text in enumerate(failures, 1))
    return (
        "Fashion-MNIST was not found. Places tried in this order, each with its"
        f" remedy:{listed}"
    )


def _read_part(folder, part):
    n_samples = _N_SAMPLES[part]
    shapes = (n_samples, *IMAGE_SHAPE), (n_samples,)
    return [
        _read_file(folder / name, shape)
        for name, shape in zip(_FILES[part], shapes, strict=True)
    ]


def _read_file(path, shape):
    try:
        items = read_idx(path)
        if items.shape != shape or items.dtype != np.uint8:
            raise OSError(f"holds {items.dtype}{items.shape}, not uint8{shape}")
        _verify(items, path.name)
    except OSError as error:
        raise OSError(
            f"Fashion-MNIST file {str(path)!r} cannot be used: {error}. Replace it with"
            " the original, or take another folder."
        ) from error
    return items


def _verify(items, name):
    digest = hashlib.sha256(np.ascontiguousarray(items)).hexdigest()
    if digest != _SHA256[name]:
        raise OSError(
            f"SHA-256 of its items is {digest}, expected {_SHA256[name]} ({name})"
        )


def _read_openml(parts, data_home):
    """Download both parts, of which OpenML keeps one table, training set first."""
    X, y = fetch_openml(
        "Fashion-MNIST",
        version=1,
        data_home=data_home,
        return_X_y=True,
        as_frame=False,
        parser=_openml_parser(),
    )
    n_train, n_total = _N_SAMPLES["train"], sum(_N_SAMPLES.values())
    if X.shape != (n_total, N_PIXELS):
        raise OSError(f"table of shape {X.shape}, not {(n_total, N_PIXELS)}")
    rows = {"train": slice(n_train), "test": slice(n_train, None)}
    return [_openml_part(X[rows[part]], y[rows[part]], part) for part in parts]


def _openml_parser():
    # The pandas parser is many times faster; the other one needs no pandas.
    try:
        import pandas  # noqa: F401
    except ImportError:
        return "liac-arff"
    return "pandas"


def _openml_part(X, y, part):
    images = np.asarray(X).astype(np.uint8).reshape(-1, *IMAGE_SHAPE)
    labels = np.asarray(y).astype(np.int64).astype(np.uint8)
    for items, name in zip((images, labels), _FILES[part], strict=True):
        _verify(items, name)
    return images, labels
