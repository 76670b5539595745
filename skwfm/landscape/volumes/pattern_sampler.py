"""Errors of drawn weights: what every sampler has."""


class PatternSampler:
    """What samplers of weights share: patterns, and how many of them are wrong.

    One adds `draw`, `move` and, with the fields of drawn weights, `_fields_of`.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    """

    def __init__(self, factors):
        self._factors = factors
        self._against = factors.temperature.against
        self.pattern_weights = factors.temperature.for_label - self._against

    @property
    def fewest_errors(self):
        """Errors that all weights make: of inputs with both labels."""
        return float(self._against.sum())

    def errors(self, draws):
        """Count the patterns that drawn weights get wrong.

        Parameters
        ----------
        draws : ndarray of shape (n_draws, n_numbers)
            Draws as `draw` returns them.

        Returns
        -------
        errors : ndarray of shape (n_draws,)
            Wrong patterns of each draw, counted by their weights.
        """
        return self._wrong(draws) @ self.pattern_weights + self._against.sum()

    def never_right(self, draws):
        """Tell the patterns that all draws get wrong.

        Parameters
        ----------
        draws : ndarray of shape (n_draws, n_numbers)
            Draws as `draw` returns them.

        Returns
        -------
        never_right : ndarray of shape (n_patterns,) of bool
            One for each of `pattern_weights`.
        """
        return self._wrong(draws).all(axis=0)

    def _wrong(self, draws):
        fields = self._fields_of(draws)
        answers = self._factors.problem.answers(fields.reshape(-1, fields.shape[-1]))
        return answers.reshape(fields.shape[:2]) != self._factors.labels
