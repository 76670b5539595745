"""The Dress/Coat images of the paper, embedded in the package."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike
from sklearn.utils import Bunch

from skwfm._shown import shown
from skwfm.datasets._bunch import image_bunch
from skwfm.datasets._checks import (
    as_generator,
    check_count,
    check_flag,
    check_option,
    check_seed,
    check_signed_dtype,
)
from skwfm.datasets._dress_coat_file import N_TRAIN, from_bytes, unpack

TARGET_NAMES = ["Dress", "Coat"]

# Of the embedded file; printed by the script that makes it (tools/make_dress_coat.py).
SHA256 = "41388eb6c8c36c76b24121baaa56681206d495851514618894845324b0cafd33"

_ROWS = {"train": slice(N_TRAIN), "test": slice(N_TRAIN, None), "all": slice(None)}


def load_dress_coat(
    *,
    subset: Literal["train", "test", "all"] = "train",
    n_per_class: int | None = None,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
    dtype: DTypeLike = np.float64,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Load the binarised Dress and Coat images of Fashion-MNIST (classification).

    The images that the paper learns: Fashion-MNIST's classes Dress and Coat, without
    the images whose median gray value, as a fraction of 255, lies outside
    [0.25, 0.75], each binarised to -1 and +1 at its own median. They are part of the
    package; nothing is downloaded.

    ==============   =======================   ====================
    Subset           ``"train"``               ``"test"``
    ==============   =======================   ====================
    Images           3927                      677
    Dress            344                       74
    Coat             3583                      603
    Dimensionality   784                       784
    Features         -1, +1                    -1, +1
    ==============   =======================   ====================

    Coats are far more frequent: answering Coat always is right on 89.1 % of the test
    images. Report the balanced accuracy beside the accuracy.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Training images, test images, or both in this order.
    n_per_class : int or None, default=None
        Draw a balanced sample of this many images of each class, without
        replacement and in random order. The paper trains on 250 per class. With None
        all images are given, in Fashion-MNIST's order.
    random_state : int, Generator, RandomState instance or None, default=None
        Source of the draw; has no effect if `n_per_class` is None.
    dtype : dtype, default=numpy.float64
        Floating or signed integer type of the images; ``"int8"`` is the most compact.
    return_X_y : bool, default=False
        Give ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Give pandas objects instead of arrays.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the entries

        data : ndarray of shape (n_samples, 784)
            Pixels -1 and +1, row by row (a DataFrame if `as_frame`).
        target : ndarray of shape (n_samples,), dtype int64
            0 for Dress, 1 for Coat (a Series if `as_frame`).
        images : ndarray of shape (n_samples, 28, 28)
            The same pixels as images.
        target_names : ndarray of shape (2,)
            ``["Dress", "Coat"]``.
        feature_names : list of str
            ``pixel_<row>_<column>``.
        frame : DataFrame or None
            Pixels and ``target`` together, if `as_frame`.
        DESCR : str
            Description of the data set.

    (data, target) : tuple if ``return_X_y=True``
        The first two entries.

    Raises
    ------
    OSError
        If the file in the package is missing or damaged.
    TypeError, ValueError
        If an argument is not one of those above, or a class has fewer than
        `n_per_class` images.

    See Also
    --------
    fetch_fashion_mnist : The gray-scale images of all ten classes.
    MedianBinarizer : The rule by which the images are binarised.

    References
    ----------
    C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in neural
    networks around wide flat minima", PNAS 117, 161 (2020), section Numerical
    Studies.

    Examples
    --------
    >>> from skwfm.datasets import load_dress_coat
    >>> X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
    >>> X.shape, (y == 0).sum(), (y == 1).sum()
    ((500, 784), np.int64(250), np.int64(250))
    """
    check_option("subset", subset, tuple(_ROWS))
    check_flag("return_X_y", return_X_y)
    check_flag("as_frame", as_frame)
    dtype = check_signed_dtype(dtype)
    check_seed(random_state)
    rows = _read_rows()[_ROWS[subset]]
    if n_per_class is not None:
        rows = _draw_balanced(rows, n_per_class, subset, random_state)
    X, y = unpack(rows, dtype)
    return image_bunch(
        X,
        y,
        name="dress_coat",
        loader="load_dress_coat",
        target_names=TARGET_NAMES,
        as_frame=as_frame,
        return_X_y=return_X_y,
    )


def _embedded_file():
    return files("skwfm.datasets").joinpath("data", "dress_coat.npy")


def _read_rows():
    advice = "Install skwfm again."
    try:
        content = _embedded_file().read_bytes()
    except OSError as error:
        raise OSError(
            f"The Dress/Coat images cannot be read: {error}. {advice}"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise OSError(
            f"The Dress/Coat images in {_embedded_file()} are damaged: SHA-256 is"
            f" {digest}, expected {SHA256}. {advice}"
        )
    return from_bytes(content)


def _draw_balanced(rows, n_per_class, subset, random_state):
    n_per_class = check_count("n_per_class", n_per_class)
    labels = rows[:, -1]
    members = [np.flatnonzero(labels == label) for label in range(len(TARGET_NAMES))]
    largest = min(map(len, members))
    if n_per_class > largest:
        raise ValueError(
            f"n_per_class={n_per_class} is too large: subset={shown(subset)} has only"
            f" {largest} images of {TARGET_NAMES[0]}; pass at most {largest}."
        )
    rng = as_generator(random_state)
    drawn = [rng.choice(rows_of, n_per_class, replace=False) for rows_of in members]
    return rows[rng.permutation(np.concatenate(drawn))]
