"""Energies as whole numbers, and round widths for bins."""

import math
from dataclasses import dataclass

# Rounding of the base, the single and the pair term, half a unit each, and of the threshold itself.
ROUNDING_UNITS = 3


@dataclass(frozen=True)
class Units:
    """How energies become whole numbers.

    An energy E is counted as ``round((E - low_eV) * per_eV)``, wrong by at most 1.5 units; the histogram's bin is that
    number without its ``shift`` lowest bits, hence ``bin_eV`` wide.

    Attributes
    ----------
    low_eV
        Lower end of the first bin.
    per_eV
        Units per eV.
    bin_eV
        Width of a bin.
    shift
        Bits that a bin leaves out.
    bins
        Number of bins.
    """

    low_eV: float
    per_eV: float
    bin_eV: float
    shift: int
    bins: int

    @property
    def limit(self) -> int:
        """First number that no valid energy reaches."""
        return self.bins << self.shift

    def threshold(self, energy_eV: float) -> int:
        """Largest number that a configuration of at most this energy can have."""
        value = (energy_eV - self.low_eV) * self.per_eV
        return int(min(max(math.ceil(min(value, 2.0**40)) + ROUNDING_UNITS, -1), self.limit))


def nice_ceil(value: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below the value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(float(f"{m * power:.12g}") for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-12))
