"""Second derivatives of the mean loss in the fields, and the matrix made of them."""

from dataclasses import dataclass

import numpy as np

from skwfm._shown import shown
from skwfm.landscape.hessian.solution import smooth


@dataclass(frozen=True)
class Curvature:
    """Second derivatives of the mean loss with respect to the fields of each pattern.

    For each pattern they are ``outer g g^T + rest``, g the gradient of the decision.

    Parameters
    ----------
    outer : ndarray of shape (n_samples,)
        Second derivative of the loss with respect to the decision, divided by
        n_samples.
    slope : ndarray of shape (n_samples, n_hidden)
        Gradient g of the decision with respect to the fields.
    rest : ndarray of shape (n_samples, n_hidden) or (n_samples, n_hidden, n_hidden)
        First derivative of the loss times the second derivatives of the decision,
        divided by n_samples; the diagonal alone if all else is zero, as in committees.
    """

    outer: np.ndarray
    slope: np.ndarray
    rest: np.ndarray

    @classmethod
    def of(cls, solution, loss):
        """Compute the second derivatives at a solution.

        Parameters
        ----------
        solution : Solution
            Machine, weights and patterns.
        loss : Loss
            Loss of one pattern.

        Returns
        -------
        curvature : Curvature
            Curvature of the mean loss over patterns.

        Raises
        ------
        ValueError
            If it is not finite.
        """
        # Overflow raises the ValueError below, with advice.
        with np.errstate(over="ignore", invalid="ignore"):
            delta, slope, second = smooth(solution, loss.beta, order=2)
            _, by_delta, by_delta_twice = loss.derivatives(delta, solution.labels)
        n_samples, n_hidden = slope.shape
        diagonal = second[:, np.arange(n_hidden), np.arange(n_hidden)]
        if np.count_nonzero(second) == np.count_nonzero(diagonal):
            rest = by_delta[:, None] * diagonal
        else:
            rest = by_delta[:, None, None] * second
        # Contiguous by unit, as fields are; a three-dimensional rest by pattern.
        slope = np.asfortranarray(slope)
        rest = np.asarray(rest / n_samples, order="F" if rest.ndim == 2 else "C")
        result = cls(by_delta_twice / n_samples, slope, rest)
        if not all(np.isfinite(a).all() for a in (result.outer, slope, rest)):
            raise ValueError(
                f"the second derivatives at beta={shown(loss.beta)} are not finite: "
                "lower beta or scale the inputs."
            )
        return result

    def apply(self, fields):
        """Multiply the fields of each pattern by its second derivatives.

        Parameters
        ----------
        fields : ndarray of shape (n_samples, n_hidden)
            Changes of the fields.

        Returns
        -------
        product : ndarray of shape (n_samples, n_hidden)
            Changes of the gradient with respect to the fields.
        """
        along = self.outer * np.sum(self.slope * fields, axis=1)
        product = along[:, None] * self.slope
        if self.rest.ndim == 2:
            product += self.rest * fields
        else:
            product += np.matmul(self.rest, fields[:, :, None])[:, :, 0]
        return product

    def between(self, k, l):
        """Return the second derivatives with respect to the fields of two units.

        Parameters
        ----------
        k, l : int
            The units.

        Returns
        -------
        entries : ndarray of shape (n_samples,)
            Second derivatives of the mean loss.
        """
        entries = self.outer * self.slope[:, k] * self.slope[:, l]
        if self.rest.ndim == 3:
            return entries + self.rest[:, k, l]
        return entries + self.rest[:, k] if k == l else entries

    def assemble(self, unit_inputs):
        """Sum, over patterns, the second derivatives times the inputs of two units.

        Parameters
        ----------
        unit_inputs : list of n_hidden ndarrays of shape (n_samples, n_l)
            Inputs of each unit, or their coordinates in a basis of their span.

        Returns
        -------
        matrix : ndarray of shape (sum n_l, sum n_l)
            Symmetric, both triangles filled.
        """
        ends = np.cumsum([0, *(x.shape[1] for x in unit_inputs)])
        matrix = np.empty((ends[-1], ends[-1]))
        for k, inputs in enumerate(unit_inputs):
            rows = slice(ends[k], ends[k + 1])
            for l in range(k + 1):
                columns = slice(ends[l], ends[l + 1])
                weighted = self.between(k, l)[:, None] * inputs
                block = weighted.T @ unit_inputs[l]
                matrix[rows, columns] = block
                matrix[columns, rows] = block.T
        return matrix
