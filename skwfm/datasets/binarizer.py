"""Binarisation of every sample at its own median."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import validate_data

from skwfm.datasets._checks import check_option
from skwfm.persistence import Versioned


class MedianBinarizer(Versioned, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Binarise every sample to -1 and +1 at the median of its own features.

    About half the features of each sample become +1 whatever its brightness, so
    that all samples enter a machine with sign units on equal terms. Samples are
    treated one by one: nothing is learned from the training set.

    Parameters
    ----------
    tie : {-1, 1}, default=-1
        Value of the features equal to the median. With -1 a feature is +1 only if
        it lies strictly above the median (the rule of
        :class:`~sklearn.preprocessing.Binarizer`), so that the empty background of
        an image stays -1 even where it fills more than half of it. With 1 the
        background of such an image, and with it the whole image, becomes +1.

    Attributes
    ----------
    n_features_in_ : int
        Number of features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen in :meth:`fit`, if X had string column names.

    See Also
    --------
    load_dress_coat : Images binarised with this rule.

    Notes
    -----
    With an even number of features the median is the mean of the two middle values.
    No value lies strictly between those, so comparing with the lower one (or with
    the upper one, for ``tie=1``) gives the same answer without forming the mean,
    which could round or overflow. A constant sample is all ties.

    References
    ----------
    C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in neural
    networks around wide flat minima", PNAS 117, 161 (2020), section Numerical
    Studies: each image is binarised at its median.

    Examples
    --------
    >>> from skwfm.datasets import MedianBinarizer
    >>> X = [[0, 0, 0, 7, 9], [10, 20, 30, 40, 50]]
    >>> MedianBinarizer().fit_transform(X)
    array([[-1., -1., -1.,  1.,  1.],
           [-1., -1., -1.,  1.,  1.]])
    >>> MedianBinarizer(tie=1).fit_transform(X)
    array([[ 1.,  1.,  1.,  1.,  1.],
           [-1., -1.,  1.,  1.,  1.]])
    """

    def __init__(self, tie: Literal[-1, 1] = -1):
        self.tie = tie

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check the parameter and the input; there is nothing to learn.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.
        y : None
            Ignored.

        Returns
        -------
        MedianBinarizer
            The transformer itself.
        """
        check_option("tie", self.tie, (-1, 1))
        validate_data(self, X)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Binarise every sample at its own median.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples: real and finite.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            -1 and +1, of the type of X if that is float32 or float64, else float64.

        Raises
        ------
        ValueError
            If `tie` is neither -1 nor 1, or X is not a finite real matrix with the
            number of features seen in :meth:`fit`.
        """
        check_option("tie", self.tie, (-1, 1))
        X = validate_data(self, X, reset=False)
        value = X.dtype.type if X.dtype in (np.float32, np.float64) else np.float64
        return np.where(_above_median(X, self.tie), value(1), value(-1))

    def __sklearn_tags__(self):
        """Declare a stateless transformer that keeps float32 and float64."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _above_median(X, tie):
    middle = (X.shape[1] - 1) // 2, X.shape[1] // 2
    lower, upper = np.partition(X, middle, axis=1)[:, list(middle)].T
    if tie == 1:
        return np.greater_equal(X, upper[:, None])
    return np.greater(X, lower[:, None])
