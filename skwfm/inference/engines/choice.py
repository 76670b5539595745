"""Choice of the engine that suits a problem."""

from __future__ import annotations

from typing import Literal

import numpy as np

from skwfm.inference.factors import Factors

# Inputs count as weakly correlated if the squared cosines between them sum to at most
# this many times what independent inputs would give.
_WEAKLY_CORRELATED = 1.5
# Sums of fewer inputs are not Gaussian, as amp supposes, and ep costs next to nothing.
_FEWEST_INPUTS = 8


def default_method(factors: Factors) -> Literal["amp", "ep"]:
    """Choose amp for disjoint fields of many weakly correlated inputs, ep otherwise.

    Parameters
    ----------
    factors : Factors
        The patterns.

    Returns
    -------
    method : {"amp", "ep"}
        Engine.
    """
    n_features = factors.inputs.shape[1]
    seen = np.concatenate(factors.architecture.receptive_fields(n_features))
    if len(np.unique(seen)) < len(seen):
        return "ep"
    if min(factors.unit_sizes) < _FEWEST_INPUTS:
        return "ep"
    groups = range(len(factors.layout.groups))
    weak = all(_is_weakly_correlated(factors.group_inputs(group)) for group in groups)
    return "amp" if weak else "ep"


def _is_weakly_correlated(inputs):
    """Compare squared cosines between inputs, which are not centred, with chance."""
    n_samples, n_inputs = inputs.shape
    norms = np.linalg.norm(inputs, axis=0)
    columns = inputs / np.where(norms > 0, norms, 1)
    gram = columns @ columns.T if n_samples < n_inputs else columns.T @ columns
    chance = n_inputs + n_inputs * (n_inputs - 1) / n_samples
    return np.vdot(gram, gram) <= _WEAKLY_CORRELATED * chance
