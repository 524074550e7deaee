"""Compiled kernel of the tabu search: the best swap of all, though it may lead up, but none of sites just swapped.

F. Glover, ORSA J. Comput. 1, 190 (1989); E. Taillard, Parallel Comput. 17, 443 (1991). Swapping the ions of sites i and
j of one sublattice, whose charges differ by d = dq_j - dq_i, changes the energy by
d (phi_i - phi_j) + d^2 (A_ii + A_jj - 2 A_ij) / 2 with the potential phi = v + A dq, which is kept up to date. The
number of forbidden pairs changes alike, with ions in place of charges, and each counts a penalty.
"""
# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001, ANN201, ANN202, PLR0917

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.search.compiling import compiled_inner, compiled_inner_with, compiled_plain

_NEVER = 1e30
# Entries of Walk.energy and Walk.step.
NOW, BEST = range(2)
STEP, IMPROVED = range(2)


class Problem(NamedTuple):
    """What never changes during a search; n variable sites, those of a sublattice in one block."""

    A: NDArray[np.float64]  # (n, n) interaction of unit charges
    v: NDArray[np.float64]  # (n,) potential without charge changes
    stiffness: NDArray[np.float64]  # (n, n) of a swap: (A_ii + A_jj) / 2 - A_ij
    first: NDArray[np.int64]  # (n,) first site of the site's sublattice
    last: NDArray[np.int64]  # (n,) one past its last site
    usual: NDArray[np.int8]  # (n,) most abundant species of the sublattice: every swap has a site with another one
    shortest: NDArray[np.int64]  # (n,) steps that a swapped site rests at least
    longest: NDArray[np.int64]  # (n,) and at most
    partners: NDArray[np.float64]  # (n, n) 1 for a forbidden pair; (0, 0) where there are none
    penalty_eV: float  # for every forbidden pair


class Walk(NamedTuple):
    """An arrangement that is changed in place, and how it came about."""

    dq: NDArray[np.float64]  # (n,) charge changes
    ion: NDArray[np.float64]  # (n,) 1 where an ion sits
    species: NDArray[np.int8]  # (n,)
    best: NDArray[np.int8]  # (n,) species of the best arrangement of this walk
    phi: NDArray[np.float64]  # (n,) potential
    near: NDArray[np.float64]  # (n,) forbidden partners that hold an ion
    rests: NDArray[np.int64]  # (n,) step up to which a site is not swapped
    resting: NDArray[np.float64]  # (n,) work space
    energy: NDArray[np.float64]  # with penalties: now, and the best of this walk
    step: NDArray[np.int64]  # steps made, and the step of the last improvement
    random: NDArray[np.uint64]  # state of the generator


@compiled_inner
def next_random(states, below):
    """Draw a whole number below a limit (xorshift64*, S. Vigna, ACM Trans. Math. Softw. 42, 30 (2016))."""
    x = states[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    states[0] = x
    return np.int64((x * np.uint64(2685821657736338717)) >> np.uint64(33)) % below


def begin(problem: Problem, walk: Walk) -> None:
    """Compute potential, forbidden partners and energy of the walk's arrangement."""
    walk.phi[:] = problem.v + problem.A @ walk.dq
    walk.near[:] = problem.partners @ walk.ion if len(problem.partners) else 0.0
    walk.rests[:] = 0
    clashes = 0.5 * problem.penalty_eV * (walk.ion @ walk.near)
    walk.energy[:] = 0.5 * walk.dq @ (problem.v + walk.phi) + clashes
    walk.best[:] = walk.species
    walk.step[:] = 0


def swap_costs(problem: Problem, walk: Walk) -> NDArray[np.float64]:
    """Change of energy and penalties when the ions of two sites are swapped, for all pairs; shape (n, n), in eV."""
    d = walk.dq[None, :] - walk.dq[:, None]
    costs: NDArray[np.float64] = d * (walk.phi[:, None] - walk.phi[None, :] + d * problem.stiffness)
    if len(problem.partners):
        more = walk.ion[None, :] - walk.ion[:, None]
        near = walk.near[:, None] - walk.near[None, :]
        costs += problem.penalty_eV * (more * near - more * more * problem.partners)
    return costs


@compiled_inner_with(fastmath=True)
def _lowest_of_row(row, phi, dq, resting, i, start, stop):
    """Lowest change of a swap of site i with one from ``start`` to ``stop``, and the same without sites at rest."""
    every, free = _NEVER, _NEVER
    charge, potential = dq[i], phi[i]
    for j in range(start, stop):
        d = dq[j] - charge
        change = d * (potential - phi[j] + d * row[j])
        change = change if d != 0.0 else _NEVER
        every = min(every, change)
        free = min(free, change + resting[j])
    return every, free


@compiled_inner
def swap_cost(problem, walk, i, j):
    """Change of energy and penalties when the ions of two sites are swapped; in eV."""
    d = walk.dq[j] - walk.dq[i]
    cost = d * (walk.phi[i] - walk.phi[j] + d * problem.stiffness[i, j])
    if problem.partners.shape[0]:
        more = walk.ion[j] - walk.ion[i]
        cost += problem.penalty_eV * (more * (walk.near[i] - walk.near[j]) - more * more * problem.partners[i, j])
    return cost


@compiled_inner_with(fastmath=True)
def _lowest_with_pairs(row, phi, dq, resting, i, start, stop, partners, near, ion, penalty):
    """Tell what :func:`_lowest_of_row` tells where pairs are forbidden."""
    every, free = _NEVER, _NEVER
    charge, potential, here, close = dq[i], phi[i], ion[i], near[i]
    for j in range(start, stop):
        d = dq[j] - charge
        more = ion[j] - here
        change = d * (potential - phi[j] + d * row[j])
        change += penalty * (more * (close - near[j]) - more * more * partners[j])
        change = change if d != 0.0 or more != 0.0 else _NEVER
        every = min(every, change)
        free = min(free, change + resting[j])
    return every, free


@compiled_inner
def swap(problem, walk, i, j):
    """Swap the ions of two sites and bring everything up to date, in place."""
    d = walk.dq[j] - walk.dq[i]
    more = walk.ion[j] - walk.ion[i]
    for k in range(walk.phi.shape[0]):
        walk.phi[k] += d * (problem.A[i, k] - problem.A[j, k])
    if problem.partners.shape[0] and more != 0.0:
        for k in range(walk.phi.shape[0]):
            walk.near[k] += more * (problem.partners[i, k] - problem.partners[j, k])
    walk.dq[i], walk.dq[j] = walk.dq[j], walk.dq[i]
    walk.ion[i], walk.ion[j] = walk.ion[j], walk.ion[i]
    walk.species[i], walk.species[j] = walk.species[j], walk.species[i]


@compiled_inner
def _best_swap(problem, walk, resting):
    """Sites whose swap costs least; one at rest only where it leads below the best of the walk. (-1, -1) for none."""
    below = walk.energy[BEST] - walk.energy[NOW] - 1e-7
    best, site = _NEVER, -1
    pairs = problem.partners.shape[0] > 0
    for i in range(walk.dq.shape[0]):
        if walk.species[i] == problem.usual[i]:
            continue
        start, stop = problem.first[i], problem.last[i]
        if pairs:
            every, free = _lowest_with_pairs(
                problem.stiffness[i], walk.phi, walk.dq, resting, i, start, stop, problem.partners[i],
                walk.near, walk.ion, problem.penalty_eV,
            )  # fmt: skip
        else:
            every, free = _lowest_of_row(problem.stiffness[i], walk.phi, walk.dq, resting, i, start, stop)
        cost = every if every < below else free + resting[i]
        if cost < best:
            best, site = cost, i
    if best >= 0.5 * _NEVER:
        return -1, -1
    partner, least = -1, _NEVER
    for j in range(problem.first[site], problem.last[site]):
        if walk.dq[j] != walk.dq[site] or walk.ion[j] != walk.ion[site]:
            cost = swap_cost(problem, walk, site, j)
            if cost < least and (cost < below or resting[site] + resting[j] == 0.0):
                least, partner = cost, j
    return site, partner


@compiled_inner
def note(energies, kept, count, energy_eV, species):
    """Keep an arrangement among the lowest seen, unless it is there already; return how many are kept."""
    worst = 0
    for k in range(count):
        if abs(energies[k] - energy_eV) < 1e-7:
            different = False
            for i in range(species.size):
                different |= kept[k, i] != species[i]
            if not different:
                return count
        if energies[k] > energies[worst]:
            worst = k
    place = count if count < len(energies) else worst
    if count < len(energies) or energy_eV < energies[worst]:
        energies[place] = energy_eV
        for i in range(species.size):
            kept[place, i] = species[i]
    return min(count + 1, len(energies))


@compiled_inner
def _clashes(walk):
    """Whether both sites of a forbidden pair hold an ion."""
    found = False
    for i in range(walk.ion.size):
        found |= walk.ion[i] > 0.0 and walk.near[i] > 0.0
    return found


@compiled_plain
def advance(problem, walk, steps, patience, limit_eV, energies, kept):
    """Make up to so many steps, fewer where ``patience`` of them in a row brought no improvement.

    Parameters
    ----------
    problem, walk
        Changed in place.
    steps, patience
        As above.
    limit_eV
        Arrangements below this (without the form's constant) are noted.
    energies, kept
        Where the lowest of them go: shapes (b,) and (b, n).

    Returns
    -------
    tuple
        How many were noted, and whether patience is at its end.
    """
    count = np.int64(0)
    resting = walk.resting
    for _ in range(steps):
        if walk.step[STEP] - walk.step[IMPROVED] >= patience:
            return count, True
        walk.step[STEP] += 1
        all_open = True
        for k in range(resting.shape[0]):
            resting[k] = _NEVER if walk.rests[k] > walk.step[STEP] else 0.0
            all_open &= resting[k] == 0.0
        i, j = _best_swap(problem, walk, resting)
        if j < 0:
            if i < 0 and all_open:
                return count, True
            continue
        walk.energy[NOW] += swap_cost(problem, walk, i, j)
        swap(problem, walk, i, j)
        for site in (i, j):
            spread = problem.longest[site] - problem.shortest[site] + 1
            walk.rests[site] = walk.step[STEP] + problem.shortest[site] + next_random(walk.random, spread)
        if walk.energy[NOW] < walk.energy[BEST] - 1e-9:
            walk.energy[BEST] = walk.energy[NOW]
            for k in range(walk.species.size):
                walk.best[k] = walk.species[k]
            walk.step[IMPROVED] = walk.step[STEP]
        if walk.energy[NOW] < limit_eV and not _clashes(walk):
            count = note(energies, kept, count, walk.energy[NOW], walk.species)
    return count, False
