"""What compositions are compared by: the shares of their elements, and the properties of those."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from screening.prior.descriptors import describe

Floats = NDArray[np.float64]
_CONSTANT = 1e-9
"""Relative deviation below which a descriptor only carries rounding."""
_FAR = 3.0
"""Deviations beyond which a descriptor is cut off: one odd element makes no composition unlike all others."""


def campaign_descriptors(amounts: Sequence[Mapping[str, float]], mobile: Sequence[str]) -> Floats:
    """Return descriptors of the compositions of a campaign, for distances among them.

    The first half are the square roots of the shares of elements, whose distance is that of Hellinger, the second half
    the standardized descriptors of the prior, by which elements that the campaign has not tried are like others. Each
    half contributes as much to the typical distance.

    Parameters
    ----------
    amounts
        Number of atoms by element, of each composition.
    mobile
        Element of the mobile ion of each.

    Returns
    -------
    Floats
        (n, d).
    """
    elements = sorted({symbol for one in amounts for symbol in one})
    shares = np.array([[one.get(symbol, 0.0) for symbol in elements] for one in amounts])
    shares = np.sqrt(shares / shares.sum(axis=1, keepdims=True))
    physics = np.array([describe(one, ion) for one, ion in zip(amounts, mobile, strict=True)])
    spread = physics.std(axis=0)
    varied = spread > _CONSTANT * np.abs(physics).max(axis=0)
    standardized = np.clip((physics[:, varied] - physics[:, varied].mean(axis=0)) / spread[varied], -_FAR, _FAR)
    return np.hstack([_scaled(shares), _scaled(standardized)])


def _scaled(values: Floats) -> Floats:
    """Return values whose variances sum to 1, where there are any."""
    total = float(values.var(axis=0).sum())
    return values / np.sqrt(total) if total > 0 else values
