"""Every arrangement of a small space: the lowest distinct ones, histogram, moments, thermal averages."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.search.enumeration.blocks import visit
from ewald.search.enumeration.lowest import lowest_distinct
from ewald.search.enumeration.picks import Picks
from ewald.search.exhaustive.summary import DEFAULT_TEMPERATURES_K, REPORTED_BINS, boltzmann_average
from ewald.search.exhaustive.units import nice_ceil
from ewald.search.ranking import TIE_EV, rank
from ewald.search.result import Histogram, SearchOutcome
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

# Spaces up to this size, symmetry copies included, are done sooner in blocks than compiled code is loaded.
MOST_ARRANGEMENTS = 2_000_000
# Energies of symmetry copies differ by rounding: a bin reaches this much below its lower edge.
_EDGE_EV = 2 * TIE_EV
_NARROWEST_BIN_EV = 1e-4


def search(
    form: QuadraticForm,
    group: SymmetryGroup,
    *,
    keep: int = 5,
    histogram: bool = True,
    temperatures_K: Sequence[float] = DEFAULT_TEMPERATURES_K,
) -> SearchOutcome:
    """Visit every arrangement, in arrays of numpy, and report as :func:`ewald.search.exhaustive.search.search` does.

    Parameters
    ----------
    form, group
        The problem and the symmetry that tells copies apart from distinct arrangements.
    keep
        How many of the lowest distinct arrangements to return.
    histogram
        Count energies in bins.
    temperatures_K
        At which thermal averages are reported.
    """
    picks = Picks.of(form)
    parts = list(visit(picks))
    energies_eV = np.concatenate([np.empty(0), *(energies for energies, _ in parts)])
    width = sum(run.count for run in picks.runs)
    chosen = np.concatenate([np.empty((0, width), dtype=np.int16), *(numbers for _, numbers in parts)])
    candidates = lowest_distinct(energies_eV, lambda entries: picks.occupations(chosen[entries]), group, keep)
    lowest = rank(form, group, candidates, keep)
    return SearchOutcome(
        lowest=lowest,
        certified=True,
        bound_eV=lowest[-1][0] if lowest else None,
        gap_eV=0.0,
        evaluated=len(energies_eV),
        method="exhaustive",
        histogram=_histogram(energies_eV) if histogram and lowest else None,
        statistics=_statistics(energies_eV, lowest[0][0], temperatures_K) if lowest else {},
    )


def _histogram(energies_eV: NDArray[np.float64]) -> Histogram:
    """Count energies in bins whose edges are multiples of a round width."""
    width_eV = max(nice_ceil(max(float(np.ptp(energies_eV)), 1e-9) / REPORTED_BINS), _NARROWEST_BIN_EV)
    numbers = np.floor((energies_eV + _EDGE_EV) / width_eV).astype(np.int64)
    first = int(numbers.min())
    return Histogram(first * width_eV, width_eV, tuple(np.bincount(numbers - first).tolist()))


def _statistics(energies_eV: NDArray[np.float64], ground_eV: float, temperatures_K: Sequence[float]) -> dict[str, Any]:
    mean_eV = math.fsum(energies_eV) / len(energies_eV)
    above_eV = np.maximum(energies_eV - ground_eV, 0.0)
    ones = np.ones(len(energies_eV))
    return {
        "configurations_counted": len(energies_eV),
        "symmetry_representatives": 1,
        "unit_eV": _EDGE_EV,
        "configurations": len(energies_eV),
        "mean_eV": mean_eV,
        "variance_eV2": float(np.mean((energies_eV - mean_eV) ** 2)),
        "thermal": [boltzmann_average(ones, above_eV, ground_eV, float(T)) for T in temperatures_K],
    }
