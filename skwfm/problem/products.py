"""Products of a problem's inputs with weights and with numbers per pattern.

What every sweep of an engine asks for, in two versions: inputs that are all +-1, kept
as bits, and real ones. With ``x_l = inputs[:, field_l] / sqrt(n_l)`` both give

- ``fields(weights)``: ``z[mu, l] = x_l[mu] . w_l``,
- ``variances(variance)``: ``V[mu, l] = x_l[mu]^2 . v_l``,
- ``outer(coef)``: ``sum_mu coef[mu, l] x_l[mu]``,
- ``precisions(coef)``: ``sum_mu coef[mu, l] x_l[mu]^2``,

flat weights in, flat weights out.
"""

from math import prod

import numpy as np

from skwfm._kernels import packing, training
from skwfm.architectures.rows import row_blocks

# Rows whose bits lie side by side, and the bits of a word: see _kernels/src/signs.h.
_LANES, _WORD = 8, 64


def products_of(problem):
    """Give the products that the inputs allow.

    Parameters
    ----------
    problem : Problem
        The patterns.

    Returns
    -------
    products : SignProducts or RealProducts
        The first if all inputs that units see are +-1.
    """
    signs = SignProducts(problem)
    return signs if signs.is_valid else RealProducts(problem)


class _SignMatrices:
    """Matrices of +-1 stored as bits; each may have several products.

    Parameters
    ----------
    shapes : list of tuple of int
        Shape (n_rows, n_terms) of each.
    counts : list of int
        Number of successive products that each matrix has part in.

    Attributes
    ----------
    matrices : list of ndarray of shape (n_blocks, n_words, 8)
        The bits of each, for `packing.pack_words` to write: what is not set is 1.
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
        """Memory of the bits."""
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
        # Room for the kernel of each call's own: threads may share the inputs.
        sums, table = np.empty(self._size), np.empty(self._table_size)
        training.sign_sums(self._words, self._products, terms, table, sums)
        return sums


class SignProducts:
    """Products with inputs that are all +-1, kept as bits: rows and columns.

    Arrays of shape (n_samples, n_hidden) are in Fortran order: the numbers of a unit
    are next to each other.

    Parameters
    ----------
    problem : Problem
        The patterns.

    Attributes
    ----------
    is_valid : bool
        Whether all inputs that units see are +-1; if not, products mean nothing.
    """

    def __init__(self, problem):
        layout, inputs = problem.layout, problem.inputs
        n_samples = len(inputs)
        self._shape = layout.n_hidden, n_samples
        self._sizes = layout.unit_sizes
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._scale = np.repeat(self._sizes**-0.5, self._sizes)
        # Units next to each other that see the same share the bits.
        sizes, counts = layout.groups[:, 1].tolist(), layout.groups[:, 4].tolist()
        self._rows = _SignMatrices([(n_samples, n) for n in sizes], counts)
        self._columns = _SignMatrices([(n, n_samples) for n in sizes], counts)
        matrices = self._rows.matrices, self._columns.matrices
        self.is_valid = all(
            packing.pack_words(block, start, rows, columns)
            for field, rows, columns in zip(
                layout.receptive_fields, *matrices, strict=True
            )
            for start, block in row_blocks(inputs, field)
        )

    @property
    def nbytes(self):
        """Memory of the inputs."""
        return self._rows.nbytes + self._columns.nbytes

    def fields(self, weights):
        """Compute the fields of all units; see the head of the module.

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
        """Compute the fields' variances: the same for all patterns.

        Parameters
        ----------
        variance : ndarray of shape (n_weights,)
            Variances of the weights, flat.

        Returns
        -------
        variances : ndarray of shape (n_samples, n_hidden)
            A read-only view of one number per unit.
        """
        means = np.add.reduceat(variance, self._starts) / self._sizes
        return np.broadcast_to(means, self._shape[::-1])

    def outer(self, coef):
        """Add the patterns up with coefficients.

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
        """Add coefficients up: all squares are 1 / n_l.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        precisions : ndarray of shape (n_weights,)
            The sums, flat.
        """
        # A product with ones: NumPy's sums along the first axis are slow.
        sums = np.ones(len(coef)) @ coef
        return np.repeat(sums / self._sizes, self._sizes)


class RealProducts:
    """Products with real inputs, packed by receptive field.

    Parameters
    ----------
    problem : Problem
        The patterns.
    """

    def __init__(self, problem):
        self._layout, self._sizes = problem.layout, problem.layout.unit_sizes
        # What training has laid out serves here too, unless it is in single precision.
        inputs = problem.inputs
        self._inputs = (
            problem.packed_inputs
            if problem.dtype == np.float64
            else self._layout.pack_inputs(np.ascontiguousarray(inputs, np.float64))
        )
        # Squares that overflow end a run of message passing, whose status says so.
        with np.errstate(over="ignore"):
            self._squares = self._inputs**2
        self._rows = np.arange(len(inputs))

    def _times(self, inputs, flat):
        layout = self._layout
        out = np.empty((len(self._rows), layout.n_hidden))
        training.fields(inputs, self._rows, layout.pack(flat), layout.groups, out)
        return out

    def _sums(self, inputs, coef):
        layout = self._layout
        packed, coef = np.zeros(layout.size), np.ascontiguousarray(coef)
        training.outer(inputs, self._rows, coef, layout.groups, packed)
        return packed[layout.places]

    def fields(self, weights):
        """Compute the fields of all units; see the head of the module.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Flat weights.

        Returns
        -------
        fields : ndarray of shape (n_samples, n_hidden)
            One per pattern and unit.
        """
        return self._times(self._inputs, weights) / np.sqrt(self._sizes)

    def variances(self, variance):
        """Compute the fields' variances.

        Parameters
        ----------
        variance : ndarray of shape (n_weights,)
            Variances of the weights, flat.

        Returns
        -------
        variances : ndarray of shape (n_samples, n_hidden)
            One per pattern and unit.
        """
        return self._times(self._squares, variance) / self._sizes

    def outer(self, coef):
        """Add the patterns up with coefficients.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        weights : ndarray of shape (n_weights,)
            The sums, flat.
        """
        return self._sums(self._inputs, coef / np.sqrt(self._sizes))

    def precisions(self, coef):
        """Add the patterns' squares up with coefficients.

        Parameters
        ----------
        coef : ndarray of shape (n_samples, n_hidden)
            One number per pattern and unit.

        Returns
        -------
        precisions : ndarray of shape (n_weights,)
            The sums, flat.
        """
        return self._sums(self._squares, coef / self._sizes)
