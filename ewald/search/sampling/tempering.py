"""Compiled kernel of parallel tempering: swap moves at O(variable sites) per accepted move.

Swapping the ions of sites i and j of one sublattice, whose charges differ by d = dq_j - dq_i, changes the energy by
d (phi_i - phi_j) + d^2 (A_ii + A_jj - 2 A_ij) / 2 with the potential phi = v + A dq, which is kept up to date.
"""
# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001, ANN201, PLR0917

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray


class Problem(NamedTuple):
    """What never changes during a search; n variable sites, those of a sublattice in one block."""

    A: NDArray[np.float64]  # (n, n) interaction of unit charges
    v: NDArray[np.float64]  # (n,) potential without charge changes
    first: NDArray[np.int64]  # (n,) first site of the site's sublattice
    last: NDArray[np.int64]  # (n,) one past its last site
    starts: NDArray[np.int64]  # (n + 1,) where the site's forbidden partners begin in ``neighbours``
    neighbours: NDArray[np.int64]
    penalty_eV: float  # for every forbidden pair


class Replica(NamedTuple):
    """An arrangement that is changed in place, and which generator of ``states`` moves it."""

    dq: NDArray[np.float64]  # (n,) charge changes
    species: NDArray[np.int8]  # (n,)
    ion: NDArray[np.bool_]  # (n,) whether anything sits there
    states: NDArray[np.uint64]
    number: int


@numba.njit(cache=True, nogil=True)
def _next_random(states, replica):  # noqa: ANN202
    """Step the generator of one replica (xorshift64*, S. Vigna, ACM Trans. Math. Softw. 42, 30 (2016)); 64 bits."""
    x = states[replica]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    states[replica] = x
    return x * np.uint64(2685821657736338717)


@numba.njit(cache=True, nogil=True)
def uniform(states, replica):
    """Draw a number in [0, 1)."""
    return np.float64(_next_random(states, replica) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@numba.njit(cache=True, nogil=True)
def potential(A, v, dq):
    """Compute phi = v + A dq, shape (n,)."""
    phi = v.copy()
    for j in range(len(v)):
        if dq[j] != 0.0:
            for i in range(len(v)):
                phi[i] += A[i, j] * dq[j]
    return phi


@numba.njit(cache=True, nogil=True)
def swap_energy(A, phi, dq, i, j):
    """Energy change of swapping the ions of sites i and j, in eV."""
    d = dq[j] - dq[i]
    return d * (phi[i] - phi[j]) + 0.5 * d * d * (A[i, i] + A[j, j] - 2.0 * A[i, j])


@numba.njit(cache=True, nogil=True)
def clashes(i, j, ion, starts, neighbours):
    """Change of the number of forbidden pairs when the ions of sites i and j are swapped."""
    if ion[i] == ion[j]:
        return 0
    old, new = (i, j) if ion[i] else (j, i)
    change = 0
    for k in range(starts[old], starts[old + 1]):
        if ion[neighbours[k]]:
            change -= 1
    for k in range(starts[new], starts[new + 1]):
        if neighbours[k] != old and ion[neighbours[k]]:
            change += 1
    return change


@numba.njit(cache=True, nogil=True)
def swap(A, phi, dq, species, ion, i, j):
    """Swap the ions of two sites and bring the potential up to date, in place."""
    d = dq[j] - dq[i]
    if d != 0.0:
        for k in range(len(phi)):
            phi[k] += d * (A[i, k] - A[j, k])
    dq[i], dq[j] = dq[j], dq[i]
    species[i], species[j] = species[j], species[i]
    ion[i], ion[j] = ion[j], ion[i]


@numba.njit(cache=True, nogil=True)
def note(energies, kept, count, energy_eV, species):
    """Keep an arrangement among the lowest seen, unless it is there already; return how many are kept."""
    worst = 0
    for k in range(count):
        if abs(energies[k] - energy_eV) < 1e-7 and np.array_equal(kept[k], species):
            return count
        if energies[k] > energies[worst]:
            worst = k
    place = count if count < len(energies) else worst
    if count < len(energies) or energy_eV < energies[worst]:
        energies[place] = energy_eV
        kept[place] = species
    return min(count + 1, len(energies))


@numba.njit(cache=True, nogil=True)
def run_replica(problem, replica, kT_eV, moves, limit_eV, buffer, energy_eV, pairs_in):
    """Make Monte Carlo moves at one temperature, in place, from the replica's energy and number of forbidden pairs.

    Returns
    -------
    tuple
        Energy without penalty, number of forbidden pairs, and of the arrangements visited below ``limit_eV`` that
        have no forbidden pairs the ``buffer`` lowest: energies (m,) and species (m, n).
    """
    A, first, last, starts, neighbours = problem.A, problem.first, problem.last, problem.starts, problem.neighbours
    dq, species, ion, states, number = replica
    n = len(problem.v)
    phi = potential(A, problem.v, dq)
    violations = pairs_in
    energies, kept, count = np.empty(buffer), np.empty((buffer, n), dtype=species.dtype), 0
    if violations == 0 and energy_eV < limit_eV:
        count = note(energies, kept, count, energy_eV, species)
    for _ in range(moves):
        i = np.int64(_next_random(states, number) >> np.uint64(33)) % n
        j = first[i] + np.int64(_next_random(states, number) >> np.uint64(33)) % (last[i] - first[i])
        if species[i] == species[j]:
            continue
        change_eV = swap_energy(A, phi, dq, i, j)
        more = clashes(i, j, ion, starts, neighbours)
        cost_eV = change_eV + problem.penalty_eV * more
        if cost_eV > 0.0 and uniform(states, number) >= np.exp(-cost_eV / kT_eV):
            continue
        swap(A, phi, dq, species, ion, i, j)
        energy_eV += change_eV
        violations += more
        if violations == 0 and energy_eV < limit_eV:
            count = note(energies, kept, count, energy_eV, species)
    return energy_eV, violations, energies[:count], kept[:count]


@numba.njit(cache=True, nogil=True)
def neighbours_below(problem, dq, species, ion, limit_eV):
    """Pairs of sites whose swap changes the energy by less than ``limit_eV`` and clashes with nothing; shape (m, 2)."""
    A = problem.A
    phi = potential(A, problem.v, dq)
    found = []
    for i in range(len(problem.v)):
        for j in range(i + 1, problem.last[i]):
            if (
                species[i] != species[j]
                and swap_energy(A, phi, dq, i, j) < limit_eV
                and clashes(i, j, ion, problem.starts, problem.neighbours) <= 0
            ):
                found.append((i, j))
    pairs = np.empty((len(found), 2), dtype=np.int64)
    for k in range(len(found)):
        pairs[k, 0], pairs[k, 1] = found[k]
    return pairs
