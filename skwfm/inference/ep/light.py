"""Covariances of weights that take little memory, and their form in a saved model."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skwfm.inference.ep.geometry import Span
from skwfm.inference.ep.spread import Spread
from skwfm.inference.ep.unit import UnitPosterior, free_variance


@dataclass(frozen=True, eq=False)
class SiteSpread:
    """Covariance of one unit's weights, computed when it is first asked for.

    With fewer patterns than inputs, or many units that see the same inputs, sites take
    much less memory than the matrices that follow from them.

    Parameters
    ----------
    span : Span
        Inputs of the unit.
    precision : ndarray of shape (n_samples,)
        Precisions of the patterns' sites.
    norm : float
        Lambda.
    modes : tuple of (float, float)
        As of `UnitPosterior`.
    """

    span: Span
    precision: np.ndarray
    norm: float
    modes: tuple

    @property
    def basis(self):
        """Axes that the patterns use; None for all."""
        return self.span.basis

    @property
    def outside(self):
        """Variance along every other axis."""
        return free_variance(self.modes, self.norm)

    @cached_property
    def covariance(self):
        """Covariance on the axes that the patterns use; its upper triangle."""
        unit = UnitPosterior(self.span, modes=self.modes)
        unit.set_sites(self.precision, np.zeros_like(self.precision))
        unit.factorise(self.norm)
        return unit.covariance()

    field_variances = Spread.field_variances

    def plain(self):
        """Give what the covariance follows from.

        Returns
        -------
        parts : dict
            Arrays and numbers.
        """
        sites = {"precision": self.precision, "norm": float(self.norm)}
        return {"span": self.span.plain(), **sites, "modes": self.modes}


def plain_spreads(spreads):
    """Give covariances of weights as dicts of arrays and numbers.

    Parameters
    ----------
    spreads : list of Spread or SiteSpread, or None
        One for each unit.

    Returns
    -------
    plain : list of dict or None
        What units have in common is in each, the same array.
    """
    return None if spreads is None else [spread.plain() for spread in spreads]


def spreads_of(plain):
    """Make covariances of weights again.

    Parameters
    ----------
    plain : list of dict or None
        From `plain_spreads`.

    Returns
    -------
    spreads : list of Spread or SiteSpread, or None
        Units that shared a span share it again.
    """
    if plain is None:
        return None
    spans = {}
    for parts in plain:
        if "span" in parts and id(parts["span"][1]) not in spans:
            spans[id(parts["span"][1])] = Span.of_plain(*parts["span"])
    return [
        SiteSpread(**{**parts, "span": spans[id(parts["span"][1])]})
        if "span" in parts
        else Spread(**parts)
        for parts in plain
    ]
