"""What every image loader returns, in scikit-learn's conventions."""

from importlib.resources import files

import numpy as np
from sklearn.utils import Bunch

IMAGE_SHAPE = (28, 28)
N_PIXELS = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]


def pixel_names():
    """Name the pixels ``pixel_<row>_<column>``, row by row."""
    rows, columns = IMAGE_SHAPE
    return [f"pixel_{i}_{j}" for i in range(rows) for j in range(columns)]


def read_description(name):
    """Read the text of the description ``descr/<name>.rst``."""
    return files("skwfm.datasets").joinpath("descr", f"{name}.rst").read_text("utf-8")


def image_bunch(X, y, *, name, loader, target_names, as_frame, return_X_y, **extra):
    """Pack images and labels as a scikit-learn loader does.

    Parameters
    ----------
    X : ndarray of shape (n_samples, 784)
        One image per row.
    y : ndarray of shape (n_samples,)
        Class numbers, indices into `target_names`.
    name : str
        Name of the description file.
    loader : str
        Name of the public function, for its error messages.
    target_names : list of str
        Class names.
    as_frame : bool
        Give pandas objects instead of arrays.
    return_X_y : bool
        Give ``(X, y)`` instead of a Bunch.
    **extra : dict
        Further entries of the Bunch.

    Returns
    -------
    Bunch or tuple
        As `return_X_y` asks.
    """
    images, feature_names, frame = X.reshape(-1, *IMAGE_SHAPE), pixel_names(), None
    if as_frame:
        frame, X, y = _as_frame(X, y, feature_names, loader)
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        frame=frame,
        images=images,
        feature_names=feature_names,
        target_names=np.array(target_names),
        DESCR=read_description(name),
        **extra,
    )


def _as_frame(X, y, feature_names, loader):
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            f"{loader} with as_frame=True requires pandas: install pandas, or pass"
            " as_frame=False."
        ) from error
    X, y = pd.DataFrame(X, columns=feature_names), pd.Series(y, name="target")
    return pd.concat([X, y], axis=1), X, y
