"""Which weights replicas answer with: their majority, or the best of them."""

import numpy as np

from skwfm.classifiers.annealing.replicas import majority
from skwfm.problem.ties import sizes_of_zero, wrong_either_way


class Answer:
    """The weights to go on with as those of one machine.

    Parameters
    ----------
    problem : Problem
        Patterns and machine.
    state : State
        The replicas, whose later changes it sees.

    Attributes
    ----------
    weights : ndarray of shape (layout.size,)
        Packed weights, units of norm one: those of the last `look`.
    """

    def __init__(self, problem, state):
        self._problem = problem
        self._state = state
        self._size = 1 / np.sqrt(problem.layout.unit_sizes)
        self._zero = sizes_of_zero(problem) / self._size  # those of weights +-1
        self.weights = self._packed(state.signs[0])

    def _packed(self, signs):
        layout = self._problem.layout
        sizes = np.repeat(self._size, layout.unit_sizes)
        return layout.pack(signs * sizes, self._problem.dtype)

    def look(self):
        """Take the weights with the fewest errors.

        Returns
        -------
        solved : bool
            Whether these have none, whichever way fields of zero are answered.
        """
        state = self._state
        n_errors = [self._count_errors(fields.T) for fields in state.fields]
        best = state.signs[int(np.argmin(n_errors))]
        self.weights[:] = self._packed(best)
        fewest = min(n_errors)
        if len(n_errors) > 1:
            centre = self._packed(majority(state.signs, state.overlaps))
            rows = np.arange(self._problem.n_samples)
            fields = self._problem.fields(centre, rows) / self._size
            n_errors = self._count_errors(fields)
            if n_errors <= fewest:
                self.weights[:] = centre
                fewest = n_errors
        return fewest == 0

    def _count_errors(self, fields):
        """Count the errors of fields of +-1 weights by weight."""
        problem = self._problem
        wrong = wrong_either_way(problem, fields, self._zero)
        if problem.sample_weight is None:
            return int(wrong.sum())
        return float(problem.sample_weight[wrong].sum())
