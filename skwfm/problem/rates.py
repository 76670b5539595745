"""Learning rates, also those of algorithms whose parameters no one else checks."""

from __future__ import annotations

from numbers import Real

import numpy as np

from skwfm._shown import shown


def is_automatic(eta: object) -> bool:
    """Return whether a learning rate is left to the package.

    Parameters
    ----------
    eta : float or "auto"
        The user's choice.

    Returns
    -------
    is_automatic : bool
        Whether it is "auto".

    Raises
    ------
    ValueError
        If it is neither "auto" nor a positive finite number.
    """
    if isinstance(eta, str) and eta == "auto":
        return True
    if not isinstance(eta, Real) or not 0 < eta < np.inf:
        raise ValueError(
            f'eta={shown(eta)} is no learning rate: pass "auto" or a positive finite '
            "number."
        )
    return False
