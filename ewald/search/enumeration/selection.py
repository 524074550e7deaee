"""All distinct arrangements of a space, random ones, or a Boltzmann sample."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.constants import BOLTZMANN_eV_K
from ewald.search.enumeration.distinct import energies_eV, visit_distinct
from ewald.search.enumeration.picks import Picks
from ewald.search.enumeration.swap_walk import SwapWalk
from ewald.search.ranking import Ranked
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

# Draws in a row that gave nothing new, per arrangement wanted, before a random choice gives up.
_DRAWS_EACH = 10_000
# Draws without an allowed arrangement after which a walk takes over, and arrangements of the walk in a row that were
# known before it gives up.
_DRAWS_BEFORE_WALK = 1_000
_WALKS_EACH = 500


class Selected(NamedTuple):
    """One arrangement: energy in eV, number of symmetry copies, species on the variable sites."""

    energy_eV: float
    multiplicity: int
    occupation: NDArray[np.int8]


def every_distinct(form: QuadraticForm, group: SymmetryGroup) -> Iterator[Selected]:
    """Yield each distinct arrangement once, by one of its copies. Memory holds a few thousand at most."""
    picks = Picks.of(form)
    for chosen, copies in visit_distinct(picks, group.permutations):
        energies = energies_eV(picks, chosen).tolist()
        for energy_eV, occupation in zip(energies, picks.occupations(chosen), strict=True):
            yield Selected(energy_eV, copies, occupation)


def random_distinct(
    form: QuadraticForm,
    group: SymmetryGroup,
    number: int,
    seed: int = 0,
    start: NDArray[np.int8] | None = None,
) -> Iterator[Selected]:
    """Draw distinct arrangements one after the other, each with a probability in proportion to its copies.

    They are drawn independently of one another. Where exclusions leave hardly any of such draws, they come from a
    random walk of swaps that begins at ``start``; that is so in the limit of a long walk only.

    Parameters
    ----------
    form, group
        The problem, and which arrangements are copies of one another.
    number
        How many at most; fewer where there are fewer, or where exclusions leave hardly any and there is no start.
    seed
        Of the random numbers.
    start
        An allowed arrangement, shape (n,).
    """
    generator = np.random.default_rng(seed)
    known = set[bytes]()
    draw: Callable[[], NDArray[np.int8]] = partial(_independent, form, generator)
    most_in_vain = _DRAWS_EACH
    vain = 0
    while len(known) < number and vain < most_in_vain:
        if start is not None and not known and vain == _DRAWS_BEFORE_WALK:
            draw, most_in_vain, vain = SwapWalk(form, start, generator).next, _WALKS_EACH, 0
        occupation = draw()
        vain += 1
        if not form.allowed(occupation):
            continue
        canonical, multiplicity = group.canonical(occupation)
        if canonical.tobytes() not in known:
            known.add(canonical.tobytes())
            vain = 0
            yield Selected(form.energy(canonical), multiplicity, canonical)


def _independent(form: QuadraticForm, generator: np.random.Generator) -> NDArray[np.int8]:
    """Shuffle the ions of every sublattice, whatever excludes one another; shape (n,)."""
    blocks = (np.repeat(np.arange(len(s.counts), dtype=np.int8), s.counts) for s in form.sublattices)
    return np.concatenate([np.empty(0, np.int8), *(generator.permutation(block) for block in blocks)])


def missing_weight(lowest: Ranked, bound_eV: float, configurations: int, temperature_K: float) -> float:
    """Bound the share of the Boltzmann weight that all arrangements outside a proven list can have together.

    Parameters
    ----------
    lowest
        The lowest arrangements with their copies.
    bound_eV
        Nothing outside the list is below this.
    configurations
        Arrangements of the space, copies included.
    temperature_K
        Temperature.
    """
    kT_eV = BOLTZMANN_eV_K * temperature_K
    ground_eV = lowest[0][0]
    inside = sum(copies * math.exp(-(energy_eV - ground_eV) / kT_eV) for energy_eV, copies, _ in lowest)
    others = configurations - sum(copies for _, copies, _ in lowest)
    if others <= 0:
        return 0.0
    # In logarithms: there may be 1e40 others.
    outside = math.log(others) - (bound_eV - ground_eV) / kT_eV
    ratio = outside - math.log(inside)
    return 1.0 / (1.0 + math.exp(-ratio)) if ratio < 700 else 1.0


def boltzmann_draws(lowest: Ranked, number: int, temperature_K: float, seed: int = 0) -> list[int]:
    """Draw with replacement from a list of arrangements: how often each came up.

    Parameters
    ----------
    lowest
        Arrangements with their copies.
    number
        Draws.
    temperature_K
        Each weighs its copies times exp(-E/kT).
    seed
        Of the random numbers.
    """
    energy_eV = np.array([energy for energy, _, _ in lowest])
    copies = np.array([one for _, one, _ in lowest])
    drawn: list[int] = _draws(energy_eV, copies, number, temperature_K, seed).tolist()
    return drawn


def boltzmann_of_all(
    form: QuadraticForm, group: SymmetryGroup, number: int, temperature_K: float, seed: int = 0
) -> list[tuple[Selected, int]]:
    """Draw with replacement from all distinct arrangements, the lowest first, each with how often it came up.

    Memory holds the energies and picks of all of them.

    Parameters
    ----------
    form, group
        The problem, and which arrangements are copies of one another.
    number, temperature_K, seed
        As for :func:`boltzmann_draws`.
    """
    picks = Picks.of(form)
    parts = [(energies_eV(picks, some), copies, some) for some, copies in visit_distinct(picks, group.permutations)]
    if not parts:
        return []
    energy_eV = np.concatenate([energies for energies, _, _ in parts])
    multiplicity = np.repeat([copies for _, copies, _ in parts], [len(some) for _, _, some in parts])
    chosen = np.concatenate([some.astype(np.int16) for _, _, some in parts])
    times = _draws(energy_eV, multiplicity, number, temperature_K, seed)
    drawn = np.flatnonzero(times)
    drawn = drawn[np.argsort(energy_eV[drawn], kind="stable")]
    occupations = picks.occupations(chosen[drawn])
    found = zip(energy_eV[drawn].tolist(), multiplicity[drawn].tolist(), occupations, strict=True)
    return [(Selected(*one), often) for one, often in zip(found, times[drawn].tolist(), strict=True)]


def _draws(
    energy_eV: NDArray[np.float64], copies: NDArray[np.int64], number: int, temperature_K: float, seed: int
) -> NDArray[np.int64]:
    """How often each of the arrangements comes up."""
    weights = copies * np.exp(-(energy_eV - energy_eV.min()) / (BOLTZMANN_eV_K * temperature_K))
    drawn: NDArray[np.int64] = np.random.default_rng(seed).multinomial(number, weights / weights.sum())
    return drawn
