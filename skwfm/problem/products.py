"""Products of a problem's inputs with weights and with coefficients per pattern.

Every sweep of an engine needs them. There are two versions, for inputs that are all
+-1, stored as bits, and for real inputs. With x_l the inputs that unit l sees, over
``sqrt(n_l)``, both compute

- ``fields(weights)``: ``z[mu, l] = x_l[mu] . w_l``,
- ``variances(variance)``: ``V[mu, l] = x_l[mu]^2 . v_l``,
- ``outer(coef)``: ``sum_mu coef[mu, l] x_l[mu]``,
- ``precisions(coef)``: ``sum_mu coef[mu, l] x_l[mu]^2``,

flat weights in, flat weights out.
"""

from math import prod

import numpy as np
from scipy.sparse import issparse

from skwfm._kernels import packing, training
from skwfm.architectures.rows import row_blocks
from skwfm.problem import passes

# Rows whose bits lie side by side, and the bits of a word: see _kernels/src/signs.h.
_LANES, _WORD = 8, 64


def products_of(problem):
    """Return the faster products that the inputs allow.

    Parameters
    ----------
    problem : Problem
        The patterns.

    Returns
    -------
    products : SignProducts or RealProducts
        The first if all inputs that units see are +-1.
    """
    if issparse(problem.inputs):
        return RealProducts(problem)
    signs = SignProducts(problem)
    return signs if signs.is_valid else RealProducts(problem)


class _SignMatrices:
    """Matrices of +-1 stored as bits; each may enter several products.

    Parameters
    ----------
    shapes : list of tuple of int
        Shape (n_rows, n_terms) of each.
    counts : list of int
        Number of successive products in which each matrix is used.

    Attributes
    ----------
    matrices : list of ndarray of shape (n_blocks, n_words, 8)
        The bits of each, written by `packing.pack_words`; a bit that is not set is +1.
    """

    def __init__(self, shapes, counts):
        packed = [(-(-n // _LANES), -(-m // _WORD), _LANES) for n, m in shapes]
        starts = np.cumsum([0, *map(prod, packed)]).tolist()
        self._words = np.zeros(starts[-1], dtype=np.uint64)
        self.matrices = [
            self._words[start : start + prod(shape)].reshape(shape)
            for start, shape in zip(starts, packed, strict=False)
        ]
        products, first_term, first_sum = [], 0, 0
        for words, start, shape, count in zip(
            self.matrices, starts, shapes, counts, strict=False
        ):
            n_rows, n_terms = shape
            stride = words[0].size
            for _ in range(count):
                products.append((start, stride, n_rows, first_term, n_terms, first_sum))
                first_term, first_sum = first_term + n_terms, first_sum + n_rows
        self._products = np.array(products, dtype=np.int64)
        self._size = first_sum
        self._table_size = 4 * int(self._products[:, 4].max()) + 32

    @property
    def nbytes(self):
        """Memory that the bits take, in bytes."""
        return self._words.nbytes

    def times(self, terms):
        """Multiply each matrix with its terms.

        Parameters
        ----------
        terms : ndarray
            One number per column of every product.

        Returns
        -------
        sums : ndarray
            One number per row of every product.
        """
        # Each call has its own scratch memory: threads may share the inputs.
        sums, table = np.empty(self._size), np.empty(self._table_size)
        training.sign_sums(self._words, self._products, terms, table, sums)
        return sums


class SignProducts:
    """Products with inputs that are all +-1, stored as bits by rows and by columns.

    Arrays of shape (n_samples, n_hidden) are in Fortran order: the entries of a unit
    are contiguous.

    Parameters
    ----------
    problem : Problem
        The patterns.

    Attributes
    ----------
    is_valid : bool
        Whether all inputs that units see are +-1, the constant one included; if not,
        the products are wrong.
    """

    def __init__(self, problem):
        layout, inputs = problem.layout, problem.inputs
        n_samples = len(inputs)
        self._shape = layout.n_hidden, n_samples
        self._sizes = layout.unit_sizes
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._scale = np.repeat(self._sizes**-0.5, self._sizes)
        # Neighbouring units with the same receptive field share the bits.
        sizes, counts = layout.groups[:, 1].tolist(), layout.groups[:, 4].tolist()
        self._rows = _SignMatrices([(n_samples, n) for n in sizes], counts)
        self._columns = _SignMatrices([(n, n_samples) for n in sizes], counts)
        matrices = self._rows.matrices, self._columns.matrices
        self.is_valid = bool(np.all(layout.constants == 1)) and all(
            packing.pack_words(block, start, rows, columns)
            for seen, rows, columns in zip(
                layout.receptive_fields, *matrices, strict=True
            )
            for start, block in row_blocks(inputs, seen)
        )

    @property
    def nbytes(self):
        """Memory that the inputs take, in bytes."""
        return self._rows.nbytes + self._columns.nbytes

    def fields(self, weights):
        """Compute the fields of all units.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Flat weights.

        Returns
        -------
        fields : ndarray of shape (n_samples, n_hidden)
            One per pattern and unit.
        """
        return self._rows.times(weights * self._scale).reshape(self._shape).T

    def variances(self, variance):
        """Compute the variances of the fields.

        Parameters
        ----------
        variance : ndarray of shape (n_weights,)
            Variances of the weights, flat.

        Returns
        -------
        variances : ndarray of shape (n_samples, n_hidden)
            One per pattern and unit; read-only where all patterns have the same.
        """
        # All squared inputs are one, so that all patterns have the same variance.
        means = np.add.reduceat(variance, self._starts) / self._sizes
        return np.broadcast_to(means, self._shape[::-1])

    def outer(self, coef):
        """Sum the patterns, weighted by coefficients.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        weights : ndarray of shape (n_weights,)
            The sums, flat.
        """
        return self._columns.times(coef.ravel(order="F")) * self._scale

    def precisions(self, coef):
        """Sum the squares of the patterns, weighted by coefficients.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        precisions : ndarray of shape (n_weights,)
            The sums, flat.
        """
        # All squares are 1 / n_l. A product with ones, as NumPy sums slowly over rows.
        sums = np.ones(len(coef)) @ coef
        return np.repeat(sums / self._sizes, self._sizes)


class RealProducts:
    """Products with real inputs, packed by receptive field.

    The methods are those of `SignProducts`.

    Parameters
    ----------
    problem : Problem
        The patterns.
    """

    def __init__(self, problem):
        self._layout, self._sizes = problem.layout, problem.layout.unit_sizes
        # Inputs already packed for training are used, unless in single precision.
        inputs = problem.inputs
        self._inputs = (
            problem.packed_inputs
            if problem.dtype == np.float64
            else self._layout.pack_inputs(inputs.astype(np.float64))
        )
        # Squares that overflow end a run of message passing, whose status says so.
        with np.errstate(over="ignore"):
            self._squares = self._inputs**2
        self._rows = np.arange(problem.n_samples)

    def _times(self, inputs, flat):
        layout = self._layout
        out = np.empty((len(self._rows), layout.n_hidden))
        passes.fields(inputs, self._rows, layout.pack(flat), layout.groups, out)
        return out

    def _sums(self, inputs, coef):
        layout = self._layout
        packed, coef = np.zeros(layout.size), np.ascontiguousarray(coef)
        passes.outer(inputs, self._rows, coef, layout.groups, packed)
        return packed[layout.places]

    def fields(self, weights):
        return self._times(self._inputs, weights) / np.sqrt(self._sizes)

    def variances(self, variance):
        return self._times(self._squares, variance) / self._sizes

    def outer(self, coef):
        return self._sums(self._inputs, coef / np.sqrt(self._sizes))

    def precisions(self, coef):
        return self._sums(self._squares, coef / self._sizes)
