"""Upper bounds among the measured values, and the values that a model is fitted to in their place.

A conductivity below what the instrument resolves is not the limit itself. It is replaced by the mean of a normal
distribution around what the other measurements predict, cut off at the bound (J. Buckley, I. James, Biometrika 66, 429
(1979)).
"""

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_FAR = -6.0
"""Deviations below which the tail of the normal distribution is as good as exponential."""


def expected_below(bound: Floats, predicted: Floats, deviation: float) -> Floats:
    """Return the mean of normal distributions cut off above.

    Parameters
    ----------
    bound
        Where each is cut off.
    predicted, deviation
        Mean of each, and the standard deviation of all, before they are cut off.

    Examples
    --------
    >>> expected_below(np.array([0.0]), np.array([0.0]), 1.0).round(3)
    array([-0.798])
    """
    z = np.maximum((bound - predicted) / deviation, _FAR)
    mean = predicted - deviation * np.exp(-(z**2) / 2 - scipy.special.log_ndtr(z)) / np.sqrt(2 * np.pi)
    return np.minimum(mean, bound)


def excess(predicted: Floats, value: Floats, bound: NDArray[np.bool_]) -> Floats:
    """Return how far predictions are from what was measured; below an upper bound is no error.

    Parameters
    ----------
    predicted, value
        Predictions, and what was measured.
    bound
        Where the value is an upper bound.
    """
    difference = predicted - value
    return np.where(bound, np.maximum(difference, 0.0), np.abs(difference))
