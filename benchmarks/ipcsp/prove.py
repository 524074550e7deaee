"""Prove the optimum over all choices of whole orbits.

Orbits have sizes, and the search counts sites: so every way to make up the numbers of ions from orbits of each size is
a case of its own, in which so many orbits of each size hold each species. A convex relaxation bounds every case from
below; the search then runs from the most promising case on, and ends when no bound lies below the best arrangement.
"""

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.ipcsp.orbit_energies import OrbitEnergies, orbit_energies, orbit_symmetry
from benchmarks.ipcsp.rows import Row
from ewald import QuadraticForm, Sublattice, SymmetryGroup
from ewald.search.exact.search import search
from ewald.search.exhaustive.search import search as visit_all
from ewald.search.result import SearchOutcome

_TANGENTS = 15
_ENOUGH_EV = 1e-6
_FEW = 100_000
_MUCH_SYMMETRY = 100
# More than the energies of arrangements differ by: whatever has an ion at the origin lies below whatever has none.
_AT_ORIGIN_EV = 2e4

# How many orbits of each size hold each species: {(species, size): orbits}.
Case = dict[tuple[int, int], int]


@dataclass(frozen=True)
class Proof:
    """The optimum, the literals that make it, and what matrices (``setup``) and proof took.

    ``origin_occupied`` tells whether a symmetry copy of it has an ion on the first orbit.
    """

    energy_eV: float
    chosen: tuple[int, ...]
    certified: bool
    origin_occupied: bool
    cases: int
    searched: int
    nodes: int
    setup_cpu_s: float
    proof_cpu_s: float


def prove(row: Row, workers: int = 1, limit_s: float | None = None, *, origin: bool = False) -> Proof:
    """Find and prove the optimum of a row; stopped after ``limit_s``, the best found is not certified.

    The authors' program has an ion on the first orbit, that of the origin, which a group without the matching
    translations does not give for nothing; ``origin`` asks for the same.
    """
    started_s, wall_s = time.process_time(), time.monotonic()
    energies, symmetry = orbit_energies(row), orbit_symmetry(row)
    if origin:
        energies = replace(energies, single_eV=energies.single_eV - _AT_ORIGIN_EV * (energies.orbit == 0))
        symmetry = symmetry[symmetry[:, 0] == 0]
    setup_cpu_s = time.process_time() - started_s
    cases = list(_cases(energies, list(row.material.ions.values())))
    bounds = [lower_bound_eV(energies, case) for case in cases]
    best_eV, best, searched, nodes, certified = np.inf, np.empty(0, dtype=np.int64), 0, 0, True
    for number in np.argsort(bounds):
        if bounds[number] > best_eV - _ENOUGH_EV:
            break
        if limit_s is not None and time.monotonic() - wall_s > limit_s:
            certified = False
            break
        searched += 1
        form, literals = case_form(energies, cases[number])
        outcome = _search(form, _group(energies, literals, symmetry), workers)
        nodes += outcome.evaluated
        certified &= outcome.certified
        if outcome.lowest and outcome.lowest[0][0] < best_eV:
            best_eV, best = outcome.lowest[0][0], literals[outcome.lowest[0][2] == 0]
    if origin:
        best_eV += _AT_ORIGIN_EV
    proof_cpu_s = time.process_time() - started_s - setup_cpu_s
    occupied = bool((symmetry[:, energies.orbit[best]] == 0).any())
    numbers = (len(cases), searched, nodes, setup_cpu_s, proof_cpu_s)
    return Proof(best_eV, tuple(best.tolist()), certified, occupied, *numbers)


def _cases(energies: OrbitEnergies, counts: list[int]) -> Iterator[Case]:
    """All ways to make up the numbers of ions that the orbits of each size have room for."""
    room = {size: len(set(energies.orbit[energies.size == size].tolist())) for size in set(energies.size.tolist())}
    ways = [list(_partitions(energies, species, count)) for species, count in enumerate(counts)]
    for parts in itertools.product(*ways):
        taken: dict[int, int] = {}
        for part in parts:
            for size, orbits in part.items():
                taken[size] = taken.get(size, 0) + orbits
        if all(orbits <= room[size] for size, orbits in taken.items()):
            yield {(species, size): n for species, part in enumerate(parts) for size, n in part.items()}


def _partitions(energies: OrbitEnergies, species: int, count: int) -> Iterator[dict[int, int]]:
    sizes, available = np.unique(energies.size[energies.species == species], return_counts=True)

    def fill(position: int, left: int) -> Iterator[dict[int, int]]:
        if left == 0:
            yield {}
        elif position >= 0:
            size = int(sizes[position])
            for n in range(min(left // size, int(available[position])) + 1):
                for rest in fill(position - 1, left - n * size):
                    yield rest | ({size: n} if n else {})

    yield from fill(len(sizes) - 1, count)


def case_form(energies: OrbitEnergies, case: Case) -> tuple[QuadraticForm, NDArray[np.int64]]:
    """One case as the form that the exact search takes: a site for every literal, which holds its species or is empty.

    Returns
    -------
    form
        Species 0 of each of its sublattices is the ion.
    literals
        The literal of each site.
    """
    groups = [np.flatnonzero((energies.species == s) & (energies.size == size)) for s, size in case]
    literals = np.concatenate(groups)
    sublattices, start = [], 0
    for (species, size), members, wanted in zip(case, groups, case.values(), strict=True):
        sites = tuple(range(start, start + len(members)))
        start += len(members)
        name = f"{size} x species {species}"
        counts = (wanted, len(members) - wanted)
        sublattices.append(Sublattice(name, sites, ("X+", "vacancy"), (1.0, 0.0), counts))
    inside = np.ix_(literals, literals)
    form = QuadraticForm(
        sites=np.arange(len(literals)),
        sublattice=np.repeat(np.arange(len(groups)), [len(members) for members in groups]),
        sublattices=tuple(sublattices),
        E0_eV=0.0,
        v=energies.single_eV[literals],
        A=energies.pair_eV[inside],
        forbidden=np.argwhere(np.triu(energies.excluded[inside], 1)),
        species_levels=tuple(np.array([[1.0], [0.0]]) for _ in groups),
    )
    return form, literals


def _search(form: QuadraticForm, group: SymmetryGroup, workers: int) -> SearchOutcome:
    """Visit all arrangements where much symmetry leaves few; else branch and bound."""
    few = math.prod(s.configurations for s in form.sublattices) // group.order <= _FEW
    if few and group.order >= _MUCH_SYMMETRY:
        return visit_all(form, group, keep=1, histogram=False, workers=workers)
    return search(form, group, keep=1, workers=workers)


def _group(energies: OrbitEnergies, literals: NDArray[np.int64], symmetry: NDArray[np.int64]) -> SymmetryGroup:
    """How the symmetry of the orbits permutes the sites of a case."""
    number = {(int(energies.species[k]), int(energies.orbit[k])): site for site, k in enumerate(literals)}
    keys = [(int(energies.species[k]), int(energies.orbit[k])) for k in literals]
    images = [[number[species, int(image[orbit])] for species, orbit in keys] for image in symmetry]
    return SymmetryGroup(len(symmetry), np.unique(np.array(images, dtype=np.int32), axis=0))


def lower_bound_eV(energies: OrbitEnergies, case: Case) -> float:
    """Bound a case from below by tangents of its convex relaxation (see docs/topics/exact-search.md)."""
    groups = [np.flatnonzero((energies.species == s) & (energies.size == size)) for s, size in case]
    wanted = list(case.values())
    literals = np.concatenate(groups)
    ends = np.cumsum([0, *map(len, groups)])
    B = energies.pair_eV[np.ix_(literals, literals)]
    start = np.concatenate([np.full(len(g), n / len(g)) for g, n in zip(groups, wanted, strict=True)])
    blocks = np.zeros_like(B)
    for a, b in itertools.pairwise(ends):
        blocks[a:b, a:b] = 1.0 / (b - a)
    project = np.eye(len(B)) - blocks
    lowest = float(np.linalg.eigvalsh(project @ B @ project)[0])
    # x^2 = x: what the shift adds to the curvature, the linear term takes away.
    shift = max(0.0, -lowest) + 1e-9
    Q, c = B + shift * np.eye(len(B)), energies.single_eV[literals] - 0.5 * shift
    x, best_eV = start, -np.inf
    for _ in range(_TANGENTS):
        gradient = c + Q @ x
        vertex = np.zeros_like(x)
        for (a, b), n in zip(itertools.pairwise(ends), wanted, strict=True):
            vertex[a + np.argpartition(gradient[a:b], n - 1)[:n]] = 1.0
        value = float(0.5 * x @ (gradient + c))
        gap = float(gradient @ (x - vertex))
        best_eV = max(best_eV, value - gap)
        curve = float((vertex - x) @ Q @ (vertex - x))
        if gap < 1e-6 or curve <= 0:
            break
        x = x + min(1.0, gap / curve) * (vertex - x)
    return best_eV
