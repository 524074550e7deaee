"""A rough estimate of the Ewald search's time, for the plan's table and the balance between ranks."""

import math

from screening.plan.composition import Composition

_SET_UP_S = 0.4
"""Interaction matrix, symmetry and files of a cell of 200 ions."""
_SMALL_SPACE = 1e6
"""Spaces up to this size are searched within the set-up's time."""
_SECONDS_PER_DECADE = 0.6
"""Growth of the search's time with the factors of ten beyond that; a fit to searches, good to a factor of 5."""


def estimate_seconds(composition: Composition, *, time_limit_s: float | None = None) -> float:
    """Return a rough time of the Ewald search of a composition on one core, in seconds."""
    size = composition.configurations
    decades = max(0.0, math.log10(size) - math.log10(_SMALL_SPACE)) if size > 0 else 0.0
    seconds = _SET_UP_S * (composition.ions / 200) ** 2 + _SECONDS_PER_DECADE * decades**2
    return seconds if time_limit_s is None else min(seconds, time_limit_s)
