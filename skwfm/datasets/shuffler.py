"""The randomised version of a data set: marginals kept, correlations destroyed."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import validate_data

from skwfm.datasets._checks import as_generator, check_seed
from skwfm.persistence import Versioned


class PixelShuffler(Versioned, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Shuffle the values of each feature across samples, independently per feature.

    Every feature keeps exactly the values it had, and so its bias; the correlations
    between features, and between features and labels, are lost. Labels are not
    touched.

    Parameters
    ----------
    random_state : int, Generator, RandomState instance or None, default=None
        Source of the permutations. With an int, the permutations depend only on it
        and on the shape of X, and calls repeat. Anything else gives new permutations
        at every call.

    Attributes
    ----------
    n_features_in_ : int
        Number of features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen in :meth:`fit`, if X had string column names.

    See Also
    --------
    make_random_patterns : Inputs with neither correlations nor biases.

    Notes
    -----
    :meth:`transform` shuffles the samples it is given among themselves; values never
    pass from the training set to a test set or back. A row of the result therefore
    depends on all the rows of X: fewer than two samples are an error, and of
    scikit-learn's estimator checks the two that ask for the contrary,
    ``check_methods_sample_order_invariance`` and ``check_methods_subset_invariance``,
    cannot pass.

    References
    ----------
    C. Baldassi, F. Pittorino, R. Zecchina, "Shaping the learning landscape in neural
    networks around wide flat minima", PNAS 117, 161 (2020), section Numerical
    Studies: the randomised version of Fashion-MNIST.

    Examples
    --------
    >>> from skwfm.datasets import PixelShuffler
    >>> X = [[1, 10], [2, 20], [3, 30], [4, 40]]
    >>> PixelShuffler(random_state=0).fit_transform(X)
    array([[ 3, 40],
           [ 1, 30],
           [ 2, 20],
           [ 4, 10]])
    """

    def __init__(
        self,
        random_state: int | np.random.Generator | np.random.RandomState | None = None,
    ):
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check the parameter and the input; there is nothing to learn.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples, at least two.
        y : None
            Ignored.

        Returns
        -------
        PixelShuffler
            The transformer itself.
        """
        check_seed(self.random_state)
        validate_data(self, X, ensure_min_samples=2)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Shuffle every feature of X across the samples of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples, at least two: real and finite.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            A copy whose columns are permuted independently of each other.

        Raises
        ------
        ValueError
            If X is not a finite real matrix of at least two samples with the number
            of features seen in :meth:`fit`.
        """
        X = validate_data(self, X, reset=False, ensure_min_samples=2)
        return as_generator(self.random_state).permuted(X, axis=0)

    def __sklearn_tags__(self):
        """Declare a stateless transformer that keeps float32 and float64."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
