"""Local volumes by Monte Carlo: weights drawn near a reference.

Real weights at overlap p with a reference r are drawn on the shell: ``p r`` plus
``sqrt(1 - p^2)`` times a vector orthogonal to r, uniform on the sphere of the theory's
norm. Overlap and norm hold for all units together, as in message passing. Only fields
matter, so a draw holds normal numbers on the axes that the patterns span, and what the
others add to norm and overlap. Weights +-1 are the reference with a fraction (1 - p)/2
of them flipped.
"""

import numpy as np

from skwfm.inference.ep.geometry import span_inputs
from skwfm.landscape.volumes.pattern_sampler import PatternSampler
from skwfm.landscape.volumes.splitting import CHUNK, estimate_fraction

# Draws that are enough to compare with: one in twenty must count.
_FEW_DRAWS = 2000


class ShellSampler(PatternSampler):
    """Real weights at a given overlap with a reference, as far as fields know them.

    A draw is a row of numbers about a standard normal vector: its coordinates on the
    axes that each unit's patterns span, its component along the part of the reference
    outside them, and its norm on the axes that are left.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    reference : ndarray of shape (n_weights,)
        Flat reference weights with ``||w_l||^2 = n_l``.
    overlap : float
        p.
    spans : list of Span or None, default=None
        What `span_inputs` returns, to compute it once for several samplers.
    """

    def __init__(self, factors, reference, overlap, spans=None):
        super().__init__(factors)
        self._overlap = overlap
        self._spans = span_inputs(factors) if spans is None else spans
        self._fields = factors.fields(reference)
        self._norm = np.linalg.norm(reference)
        inside, outside = [], 0.0
        for span, where in zip(self._spans, factors.unit_slices, strict=True):
            rotated = span.rotate(reference[where])
            inside.append(rotated[: span.rank])
            outside += np.sum(rotated[span.rank :] ** 2)
        self._direction = np.append(np.concatenate(inside), np.sqrt(outside))
        self._direction /= self._norm
        self._n_left = factors.n_weights - len(self._direction) + 1
        # With no axis outside there is no component either.
        self._n_left -= self._n_left > 0

    @property
    def n_numbers(self):
        """Numbers that a draw holds in memory."""
        return max(self._fields.size, len(self._direction) + 1)

    def draw(self, n_draws, rng):
        """Draw standard normal vectors.

        Parameters
        ----------
        n_draws : int
            Number of draws.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        draws : ndarray of shape (n_draws, n_coordinates + 2)
            See the class.
        """
        draws = rng.standard_normal((n_draws, len(self._direction) + 1))
        if self._has_outside:
            draws[:, -1] = np.sqrt(_chi_squares(self._n_left, n_draws, rng))
        else:
            draws[:, -2:] = 0
        return draws

    @property
    def _has_outside(self):
        return self._factors.n_weights > len(self._direction) - 1

    def _fields_of(self, draws):
        # Take out the reference and normalise what is left.
        along = draws[:, :-1] @ self._direction
        sizes = np.sum(draws**2, axis=1) - along**2
        scale = np.sqrt(1 - self._overlap**2) * self._norm / np.sqrt(sizes)
        centre = self._overlap - scale * along / self._norm
        fields = np.empty((len(draws), *self._fields.shape))
        start = 0
        for unit, span in enumerate(self._spans):
            coordinates = draws[:, start : start + span.rank] * scale[:, None]
            fields[:, :, unit] = coordinates @ span.coordinates.T
            fields[:, :, unit] += centre[:, None] * self._fields[:, unit]
            start += span.rank
        return fields

    def move(self, draws, step, rng):
        """Make a Crank-Nicolson step, which leaves the distribution as it is.

        Parameters
        ----------
        draws : ndarray of shape (n_draws, n_coordinates + 2)
            Draws as `draw` returns them.
        step : float
            Size, in (0, 1]; 1 draws afresh.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        moved : ndarray of shape (n_draws, n_coordinates + 2)
            New draws.
        """
        kept = np.sqrt(1 - step**2)
        moved = kept * draws + step * self.draw(len(draws), rng)
        if self._has_outside and self._n_left:
            # The norm of a vector moved likewise: one component along it, and others.
            along = kept * draws[:, -1] + step * rng.standard_normal(len(draws))
            across = step**2 * _chi_squares(self._n_left - 1, len(draws), rng)
            moved[:, -1] = np.sqrt(along**2 + across)
        return moved


def _chi_squares(n, size, rng):
    return rng.chisquare(n, size) if n else np.zeros(size)


class SignSampler(PatternSampler):
    """Weights +-1 that differ from a reference in a given fraction of places.

    A draw is a row of integers: how many weights are flipped, then all weights in
    random order, the flipped ones first.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    reference : ndarray of shape (n_weights,)
        Flat reference weights, +-1.
    overlap : float
        p. Where (1 - p)/2 of the weights is no integer, draws have one flip more or
        less, so that the overlap holds on average.
    """

    def __init__(self, factors, reference, overlap):
        super().__init__(factors)
        # Products of signs with +-1 inputs are exact in single precision.
        self._dtype = np.float32 if factors.is_binary else np.float64
        self._reference = np.sign(reference).astype(self._dtype)
        self._n_flips = (1 - overlap) / 2 * len(reference)
        self._inputs = [
            # Not divided by the root of the size: zeros stay exact.
            factors.layout.group_inputs(factors.inputs, group).astype(self._dtype)
            for group in factors.layout.group_of_unit
        ]

    @property
    def n_numbers(self):
        """Numbers that a draw holds in memory."""
        factors = self._factors
        return max(factors.n_samples * factors.n_hidden, factors.n_weights)

    def draw(self, n_draws, rng):
        """Draw weights.

        Parameters
        ----------
        n_draws : int
            Number of draws.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        flips : ndarray of shape (n_draws, 1 + n_weights) of int
            See the class.
        """
        flips = np.empty((n_draws, 1 + len(self._reference)), dtype=np.int32)
        flips[:, 0] = np.floor(self._n_flips + rng.random(n_draws))
        flips[:, 1:] = np.arange(len(self._reference))
        rng.permuted(flips[:, 1:], axis=1, out=flips[:, 1:])
        return flips

    def weights(self, flips):
        """Write drawn weights out.

        Parameters
        ----------
        flips : ndarray of shape (n_draws, 1 + n_weights) of int
            Draws as `draw` returns them.

        Returns
        -------
        weights : ndarray of shape (n_draws, n_weights)
            Flat weights, +-1.
        """
        weights = np.tile(self._reference, (len(flips), 1))
        # All rows have this many flips, or one more.
        fewest = flips[:, 0].min()
        rows = np.arange(len(flips))[:, None]
        weights[rows, flips[:, 1 : 1 + fewest]] *= -1
        more = np.flatnonzero(flips[:, 0] > fewest)
        weights[more, flips[more, 1 + fewest]] *= -1
        return weights

    def _fields_of(self, flips):
        weights, slices = self.weights(flips), self._factors.unit_slices
        fields = np.empty((len(flips), self._factors.n_samples, len(slices)))
        for unit, (where, inputs) in enumerate(zip(slices, self._inputs, strict=True)):
            fields[:, :, unit] = weights[:, where] @ inputs.T
        return fields

    def move(self, flips, step, rng):
        """Exchange flipped weights for others.

        A run of flipped weights, in their random order and cyclic, changes places with
        as long a run of the others. The same exchange leads back, so that all orders
        stay equally probable.

        Parameters
        ----------
        flips : ndarray of shape (n_draws, 1 + n_weights) of int
            Draws as `draw` returns them.
        step : float
            Share of the flipped weights (or of the others, if these are fewer) to
            exchange, in (0, 1]; at least one.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        moved : ndarray of shape (n_draws, 1 + n_weights) of int
            New draws.
        """
        moved = flips.copy()
        n_flipped, n_weights = flips[:, :1], len(self._reference)
        fewest = min(n_flipped.min(), n_weights - n_flipped.max())
        if fewest == 0:  # below one flip on average: draws are few, and all known
            return self.draw(len(flips), rng)
        run = np.arange(max(1, round(step * fewest)))
        starts = rng.random((2, len(flips), 1))
        old, new = (
            (np.floor(start * size).astype(int) + run) % size
            for start, size in zip(
                starts, (n_flipped, n_weights - n_flipped), strict=True
            )
        )
        rows = np.arange(len(flips))[:, None]
        old, new = 1 + old, 1 + n_flipped + new
        moved[rows, old], moved[rows, new] = flips[rows, new], flips[rows, old]
        return moved


def sample_local_volume(
    factors, reference, overlap, *, binary=False, spans=None, n_samples=10_000, **run
):
    """Estimate the fraction of weights near a reference that make few errors.

    Parameters
    ----------
    factors : Factors
        Patterns and machine.
    reference : ndarray of shape (n_weights,)
        Flat reference weights with ``||w_l||^2 = n_l``.
    overlap : float
        Overlap p, in (0, 1).
    binary : bool, default=False
        Whether to count weights +-1, the reference being one of them.
    spans : list of Span or None, default=None
        What `span_inputs` returns, to compute it once for several overlaps of real
        weights.
    n_samples : int, default=10000
        Direct draws. If too few of them count, splitting runs with as many particles.
    **run : dict
        `counting`, `seed` and `n_jobs` of `estimate_fraction`.

    Returns
    -------
    estimate : VolumeEstimate
        Log-fraction and its standard error.
    """
    sampler = _sampler(factors, reference, overlap, binary, spans)
    return estimate_fraction(sampler, n_samples=n_samples, **run)


def draw_errors(factors, reference, binary, spans, seed, overlap):
    """Draw a few weights near a reference and count their errors.

    Parameters
    ----------
    factors, reference, binary, spans : object
        See `sample_local_volume`.
    seed : int
        Source of randomness.
    overlap : float
        Overlap p, in (0, 1).

    Returns
    -------
    errors : ndarray of shape (n_draws,)
        By the weights of the patterns.
    """
    sampler = _sampler(factors, reference, overlap, binary, spans)
    rng = np.random.default_rng(seed)
    n_chunks = -(-_FEW_DRAWS * sampler.n_numbers // CHUNK)
    sizes = np.diff(np.linspace(0, _FEW_DRAWS, n_chunks + 1).astype(int))
    chunks = [sampler.errors(sampler.draw(size, rng)) for size in sizes if size]
    return np.concatenate(chunks)


def _sampler(factors, reference, overlap, binary, spans):
    if binary:
        return SignSampler(factors, reference, overlap)
    return ShellSampler(factors, reference, overlap, spans)
