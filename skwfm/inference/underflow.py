"""Numbers that are next to nothing, and take a processor a hundred times as long.

Of many patterns some are answered right with so much certainty that what they say is
below 1e-308, where numbers lose digits. Matrix products with a few of those among
thousands take more than ten times as long as they should.
"""

import numpy as np

# In units of the fields: less than this is nothing next to any prior.
_NOTHING = 1e-200


def flushed(derivatives: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Replace derivatives that are next to nothing by zeros.

    Parameters
    ----------
    derivatives : ndarray
        Of a pattern's log-probability by the means of fields.
    unit : ndarray of the same shape
        What they are multiplied by to be free of units: the deviation of the field for
        a first derivative, its variance for a second.

    Returns
    -------
    flushed : ndarray of the same shape
        All others as they are.
    """
    return np.where(np.abs(derivatives) * unit < _NOTHING, 0.0, derivatives)
