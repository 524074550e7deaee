"""From whole-number sums to the histogram, the moments and the thermal averages that are reported."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.constants import BOLTZMANN_eV_K
from ewald.search.exhaustive.found import Found
from ewald.search.exhaustive.units import Units, nice_ceil
from ewald.search.result import Histogram

# Reported bins are joined from the finer ones of the search, to about this many over the energies that occur.
REPORTED_BINS = 400
DEFAULT_TEMPERATURES_K = (300.0, 600.0, 1000.0)


def _undo_overcount(counts: NDArray[np.int64], overcount: int) -> NDArray[np.int64]:
    """Divide counts of configurations that were each counted ``overcount`` times.

    Symmetry copies whose energies lie on two sides of a bin's edge (within the search's units, below 1e-5 eV) can leave
    a remainder; it goes to the next bin, and the total stays exact.
    """
    if overcount == 1:
        return counts
    return np.diff(np.cumsum(counts) // overcount, prepend=0)


def report_histogram(found: Found, scale: Units, overcount: int) -> Histogram:
    """Join the search's bins to the bins of ``histogram.csv``, whose edges are multiples of a round width."""
    counts = _undo_overcount(found.histogram, overcount)
    used = np.flatnonzero(counts)
    span_eV = (used[-1] - used[0] + 1) * scale.bin_eV
    width = max(round(nice_ceil(span_eV / REPORTED_BINS) / scale.bin_eV), 1)
    # The edges fall on multiples of the wider width.
    lowest = round(scale.low_eV / scale.bin_eV)
    bins = (lowest + np.arange(len(counts))) // width
    first, last = int(bins[used[0]]), int(bins[used[-1]])
    joined = np.zeros(last - first + 1, dtype=np.int64)
    np.add.at(joined, bins[used] - first, counts[used])
    return Histogram(first * width * scale.bin_eV, width * scale.bin_eV, tuple(int(count) for count in joined))


def moments(found: Found, scale: Units, centre: int, overcount: int) -> dict[str, Any]:
    """Mean and variance of the energy over all configurations, each counted once."""
    mean_units = Fraction(found.first, found.count)
    variance_units = Fraction(found.square, found.count) - mean_units**2
    return {
        "configurations": found.count // overcount,
        "mean_eV": scale.low_eV + float(centre + mean_units) / scale.per_eV,
        "variance_eV2": float(variance_units) / scale.per_eV**2,
    }


def thermal_averages(
    found: Found, scale: Units, overcount: int, ground_eV: float, temperatures_K: Sequence[float]
) -> list[dict[str, float]]:
    """Boltzmann averages over all configurations with their multiplicities, from the search's bins.

    Parameters
    ----------
    ground_eV
        Exact lowest energy; the bins are taken at their middles, but never below it.
    temperatures_K
        One entry each is returned, of the mean energy, the free energy -kT ln Z and the configurational entropy (in
        units of the Boltzmann constant), and the heat capacity (likewise).
    """
    counts = _undo_overcount(found.histogram, overcount)
    used = np.flatnonzero(counts)
    energies_eV = np.maximum(scale.low_eV + (used + 0.5) * scale.bin_eV, ground_eV) - ground_eV
    return [boltzmann_average(counts[used], energies_eV, ground_eV, float(one)) for one in temperatures_K]


def boltzmann_average(
    counts: NDArray[Any], above_eV: NDArray[np.float64], ground_eV: float, temperature_K: float
) -> dict[str, float]:
    """Average over ``counts`` arrangements at each energy above the lowest, ``ground_eV``; both of shape (m,)."""
    kT_eV = BOLTZMANN_eV_K * temperature_K
    weights = counts * np.exp(-above_eV / kT_eV)
    partition = float(weights.sum())
    mean_eV = float(weights @ above_eV) / partition
    spread_eV2 = float(weights @ (above_eV - mean_eV) ** 2) / partition
    return {
        "temperature_K": temperature_K,
        "mean_energy_eV": ground_eV + mean_eV,
        "free_energy_eV": ground_eV - kT_eV * math.log(partition),
        "entropy_kB": mean_eV / kT_eV + math.log(partition),
        "heat_capacity_kB": spread_eV2 / kT_eV**2,
    }
