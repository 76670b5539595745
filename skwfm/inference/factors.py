"""Patterns as factors of a posterior over weights: what every engine is given."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skwfm.architectures import Architecture, Layout
from skwfm.problem.products import RealProducts, SignProducts
from skwfm.problem.validation import (
    check_patterns,
    find_contradiction,
    mirror_sign,
)


@dataclass(frozen=True, eq=False)
class Factors:
    """Patterns, each of which says that the machine's answer is its label.

    Unit l sees ``x_l = inputs[:, field_l] / sqrt(n_l)``, so that its field has the
    variance of a weight when the inputs are +-1; with ``fit_intercept`` a constant
    input of 1 is counted among the n_l. Weights are flat vectors of length
    ``n_weights``, unit after unit, the intercept last in each, with
    ``||w_l||^2 = n_l``.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_features)
        Inputs, of a real dtype. Integers +-1 are never copied into floats.
    labels : ndarray of shape (n_samples,)
        Labels, +-1.
    architecture : Architecture
        The machine.
    fit_intercept : bool, default=False
        Whether each unit has a weight on a constant input of 1.

    Raises
    ------
    ValueError
        If shapes do not fit, inputs are not finite or labels are not +-1.

    Examples
    --------
    >>> import numpy as np
    >>> from skwfm.architectures import TreeCommittee
    >>> from skwfm.inference import Factors
    >>> factors = Factors(np.ones((2, 7)), np.array([1, 1]), TreeCommittee(3))
    >>> factors.unit_sizes
    array([3, 2, 2])
    """

    inputs: np.ndarray
    labels: np.ndarray
    architecture: Architecture
    fit_intercept: bool = False

    def __post_init__(self):
        inputs = np.asarray(self.inputs)
        labels = np.asarray(self.labels, dtype=np.float64)
        check_patterns(inputs, labels)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "labels", labels)

    @cached_property
    def layout(self):
        """Packed form of inputs and weights."""
        n_features = self.inputs.shape[1]
        return Layout(self.architecture, n_features, self.fit_intercept)

    @cached_property
    def packed_inputs(self):
        """Inputs as the training loops read them: bits, or float64."""
        inputs = self.inputs
        if not self.is_binary:
            inputs = inputs.astype(np.float64, copy=False)
        return self.layout.pack_inputs(np.ascontiguousarray(inputs))

    @cached_property
    def is_binary(self):
        """Whether all inputs are +-1."""
        # Row by row: a comparison of everything would need the memory of the inputs.
        return all(np.all(np.abs(row) == 1) for row in self.inputs)

    @cached_property
    def _products(self):
        return SignProducts(self) if self.is_binary else RealProducts(self)

    @property
    def n_samples(self):
        """Number of patterns M."""
        return len(self.labels)

    @property
    def n_hidden(self):
        """Number of units K."""
        return self.architecture.n_hidden

    @property
    def n_weights(self):
        """Number of weights N_w, intercepts included."""
        return self.layout.n_weights

    @property
    def dense_shape(self):
        """Shape (n_hidden, n_features + fit_intercept) of a matrix of weights."""
        return self.n_hidden, self.inputs.shape[1] + self.fit_intercept

    @cached_property
    def unit_sizes(self):
        """Number of inputs n_l of each unit, intercept included."""
        lengths, counts = self.layout.groups[:, 1], self.layout.groups[:, 4]
        return np.repeat(lengths, counts)

    @cached_property
    def unit_slices(self):
        """Where each unit's weights are in a flat vector."""
        ends = np.cumsum(self.unit_sizes)
        starts = ends - self.unit_sizes
        return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]

    def unit_inputs(self, unit):
        """Give what one unit sees.

        Parameters
        ----------
        unit : int
            The unit l.

        Returns
        -------
        x : ndarray of shape (n_samples, n_l)
            ``inputs[:, field_l] / sqrt(n_l)``, the constant input last.
        """
        field = self._fields[unit]
        x = np.ones((self.n_samples, len(field) + self.fit_intercept))
        x[:, : len(field)] = self.inputs[:, field]
        return x / np.sqrt(x.shape[1])

    @cached_property
    def _fields(self):
        fields = self.architecture.receptive_fields(self.inputs.shape[1])
        return [np.asarray(field) for field in fields]

    def dense(self, flat):
        """Lay flat weights out as a matrix.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            One number per weight.

        Returns
        -------
        dense : ndarray of shape (n_hidden, n_features + fit_intercept)
            The numbers, zeros outside the receptive fields.
        """
        dense = np.zeros(self.dense_shape)
        for unit, where in enumerate(self.unit_slices):
            dense[unit, self._columns(unit)] = flat[where]
        return dense

    def flat(self, dense):
        """Take the weights out of a matrix.

        Parameters
        ----------
        dense : ndarray of shape (n_hidden, n_features + fit_intercept)
            Weights, zeros outside the receptive fields.

        Returns
        -------
        flat : ndarray of shape (n_weights,)
            The weights, unit after unit.
        """
        dense = np.asarray(dense, dtype=float)
        rows = [dense[unit, self._columns(unit)] for unit in range(self.n_hidden)]
        return np.concatenate(rows)

    def _columns(self, unit):
        field = self._fields[unit]
        return np.append(field, self.inputs.shape[1]) if self.fit_intercept else field

    @cached_property
    def places(self):
        """Where the weights of a flat vector are in a packed one."""
        starts = [
            start + k * width
            for _, _, width, start, count in self.layout.groups
            for k in range(count)
        ]
        return self._ranges_from(starts)

    @cached_property
    def columns(self):
        """In which packed column the input of each weight of a flat vector is."""
        groups = self.layout.groups
        return self._ranges_from(np.repeat(groups[:, 0], groups[:, 4]))

    def _ranges_from(self, starts):
        pairs = zip(starts, self.unit_sizes, strict=True)
        return np.concatenate([start + np.arange(n) for start, n in pairs])

    def pack(self, flat):
        """Lay flat weights out as the compiled loops read them.

        Parameters
        ----------
        flat : ndarray of shape (n_weights,)
            One number per weight.

        Returns
        -------
        packed : ndarray of shape (layout.size,)
            The numbers, zeros in the padding.
        """
        packed = np.zeros(self.layout.size)
        packed[self.places] = flat
        return packed

    def fields(self, weights):
        """Compute ``z_l = x_l . w_l``.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Flat weights.

        Returns
        -------
        fields : ndarray of shape (n_samples, n_hidden)
            Field of every unit on every pattern.
        """
        return self._products.fields(weights)

    def variances(self, variance):
        """Compute the fields' variances ``V_l = (x_l^2) . v_l`` of independent weights.

        Parameters
        ----------
        variance : ndarray of shape (n_weights,)
            Variances of the weights, flat.

        Returns
        -------
        variances : ndarray of shape (n_samples, n_hidden)
            Variance of every unit's field.
        """
        return self._products.variances(variance)

    def outer(self, coef):
        """Compute ``sum_mu coef[mu, l] x_l`` for every unit.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        weights : ndarray of shape (n_weights,)
            The sums, flat.
        """
        return self._products.outer(coef)

    def precisions(self, coef):
        """Compute ``sum_mu coef[mu, l] x_l^2`` for every unit.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        precisions : ndarray of shape (n_weights,)
            The sums, flat.
        """
        return self._products.precisions(coef)

    def channel(self, mean, variance):
        """Run the machine's channel on the fields' means and variances.

        Parameters
        ----------
        mean, variance : ndarray of shape (n_samples, n_hidden)
            Of every unit's field.

        Returns
        -------
        log_z : ndarray of shape (n_samples,)
            Log-probability of the label.
        g, gamma : ndarray of shape (n_samples, n_hidden)
            First and minus second derivative of log_z by the mean.
        """
        return self.architecture.channel(mean, variance, self.labels)

    @cached_property
    def contradiction(self):
        """Two patterns that contradict each other, as a pair of indices, or None."""
        mirror = mirror_sign(self.architecture, self.fit_intercept)
        return find_contradiction(self.inputs, self.labels, mirror)
