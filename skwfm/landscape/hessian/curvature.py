"""Second derivatives of the mean loss by the fields, and the matrix made of them."""

from dataclasses import dataclass

import numpy as np

from skwfm._shown import shown
from skwfm.landscape.hessian.solution import smooth


@dataclass(frozen=True)
class Curvature:
    """Second derivatives of the mean loss by the fields of each pattern.

    They are ``outer g g^T + rest`` for every pattern, g the gradient of the decision.

    Parameters
    ----------
    outer : ndarray of shape (n_samples,)
        Second derivative of the loss by the decision, over n_samples.
    slope : ndarray of shape (n_samples, n_hidden)
        Gradient g of the decision by the fields.
    rest : ndarray of shape (n_samples, n_hidden) or (n_samples, n_hidden, n_hidden)
        First derivative of the loss times the decision's second derivatives, over
        n_samples; only the diagonal where nothing else is there, as in committees.
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
            Of one pattern.

        Returns
        -------
        curvature : Curvature
            Of the mean over patterns.

        Raises
        ------
        ValueError
            If it is not finite.
        """
        # What overflows is refused below, with advice.
        with np.errstate(over="ignore", invalid="ignore"):
            delta, slope, second = smooth(solution, loss.beta, order=2)
            _, by_delta, by_delta_twice = loss.derivatives(delta, solution.labels)
        n_samples, n_hidden = slope.shape
        diagonal = second[:, np.arange(n_hidden), np.arange(n_hidden)]
        if np.count_nonzero(second) == np.count_nonzero(diagonal):
            rest = by_delta[:, None] * diagonal
        else:
            rest = by_delta[:, None, None] * second
        # By unit in memory, as fields are; three-dimensional ones by pattern.
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
            Changes of the gradient by the fields.
        """
        along = self.outer * np.sum(self.slope * fields, axis=1)
        product = along[:, None] * self.slope
        if self.rest.ndim == 2:
            product += self.rest * fields
        else:
            product += np.matmul(self.rest, fields[:, :, None])[:, :, 0]
        return product

    def between(self, k, l):
        """Give the second derivatives by the fields of two units.

        Parameters
        ----------
        k, l : int
            The units.

        Returns
        -------
        entries : ndarray of shape (n_samples,)
            Of the mean loss.
        """
        entries = self.outer * self.slope[:, k] * self.slope[:, l]
        if self.rest.ndim == 3:
            return entries + self.rest[:, k, l]
        return entries + self.rest[:, k] if k == l else entries

    def assemble(self, unit_inputs):
        """Sum over patterns of the second derivatives times inputs of two units.

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
