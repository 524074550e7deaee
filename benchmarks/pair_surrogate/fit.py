"""Fits a pair model to relaxed energies of a composition's own arrangements.

Parameters are one factor of the electrostatic energy (the permittivity) and an energy for each pair of species in each
of its nearest shells. All are linear in the energy: ridge regression, whose penalty leave-one-out errors choose (A. E.
Hoerl and R. W. Kennard, Technometrics 12, 55 (1970)). What comes out is an :class:`ewald.pairs.PairModel`, so that the
lowest arrangement of the fitted energy can be searched with a proof.
"""

import itertools
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald import ConfigurationSpace
from ewald.ions import VACANCY
from ewald.pairs import PairModel, PairTerm, Tabulated, pair_sums

# Shells are distances with a gap between them, up to a distance.
_FARTHEST_A = 5.5
_GAP_A = 0.12
_PENALTIES = 10.0 ** np.arange(-4, 5)
# A permittivity stands for "no electrostatic energy" where the fit wants none.
_NO_ELECTROSTATICS = 1e9


@dataclass(frozen=True, eq=False)
class Features:
    """What the energies of arrangements are linear in: shapes (arrangements, features); the first is electrostatic."""

    values: NDArray[np.float64]
    pairs: tuple[tuple[str, str], ...]
    functions: tuple[Tabulated, ...]

    @classmethod
    def of(cls, space: ConfigurationSpace, occupations: ArrayLike) -> "Features":
        """Features of arrangements given as species on the variable sites, shape (arrangements, n)."""
        indices = np.asarray(occupations, dtype=np.int8)
        names = np.array([space.species_of(space.full_occupation(one)) for one in indices])
        columns = [_electrostatic_eV(space, indices)]
        pairs, functions = [], []
        moving = {s for lattice in space.variable_sublattices for s in lattice.species if s != VACANCY}
        shells = _shells(space)
        counts = pair_sums(space.lattice, space.frac_coords, [(one, _FARTHEST_A + 1) for one in shells])
        for one, other in itertools.combinations_with_replacement(sorted({*names.ravel().tolist()} - {VACANCY}), 2):
            if not {one, other} & moving:
                continue
            left, right = (names == one).astype(float), (names == other).astype(float)
            for function, count in zip(shells, counts, strict=True):
                column = (0.5 if one == other else 1.0) * ((left @ count) * right).sum(axis=1)
                if np.ptp(column) > 1e-9:
                    columns.append(column)
                    pairs.append((one, other))
                    functions.append(function)
        return cls(np.stack(columns, axis=1), tuple(pairs), tuple(functions))

    def model(self, weights: NDArray[np.float64]) -> PairModel:
        """The pair model of fitted weights, one per feature."""
        terms = []
        for pair, box, weight in zip(self.pairs, self.functions, weights[1:].tolist(), strict=True):
            heights = tuple(weight * height for height in box.energy_eV)
            terms.append(PairTerm(between=pair, table=Tabulated(r_A=box.r_A, energy_eV=heights)))
        permittivity = 1 / weights[0] if weights[0] > 1 / _NO_ELECTROSTATICS else _NO_ELECTROSTATICS
        return PairModel(permittivity=permittivity, cutoff_A=_FARTHEST_A + 1, terms=tuple(terms))


def _electrostatic_eV(space: ConfigurationSpace, indices: NDArray[np.int8]) -> NDArray[np.float64]:
    form = space.form
    dq = form.charge_changes(indices)
    return form.E0_eV + dq @ form.v + 0.5 * ((dq @ form.A) * dq).sum(axis=1)


def _shells(space: ConfigurationSpace) -> list[Tabulated]:
    """Boxes of height one around the groups of distances between the sites."""
    cell, frac = space.lattice, space.frac_coords
    shifts = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    found = [np.linalg.norm((frac - one + shift) @ cell, axis=1) for one in frac for shift in shifts]
    distances = np.unique(np.concatenate(found).round(3))
    distances = distances[(distances > 0.01) & (distances < _FARTHEST_A)]
    edges = np.flatnonzero(np.diff(distances) > _GAP_A)
    shells = []
    for low, high in zip(distances[[0, *(edges + 1)]], distances[[*edges, -1]], strict=True):
        inner, outer = low - _GAP_A / 3, high + _GAP_A / 3
        points = (1e-3, max(inner - 0.01, 2e-3), inner, outer, outer + 0.01)
        shells.append(Tabulated(r_A=tuple(float(x) for x in points), energy_eV=(0.0, 0.0, 1.0, 1.0, 0.0)))
    return shells


def fitted_weights(features: NDArray[np.float64], energies_eV: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """Weights of the features, and the root-mean-square of the leave-one-out errors in eV.

    A negative weight of the electrostatic energy becomes zero.
    """
    energies = np.asarray(energies_eV, dtype=float)
    weights, error_eV = _ridge(features, energies)
    if weights[0] < 0:
        rest, error_eV = _ridge(features[:, 1:], energies)
        weights = np.concatenate([[0.0], rest])
    return weights, error_eV


def _ridge(features: NDArray[np.float64], energies: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    scale = features.std(axis=0)
    used = scale > 1e-9
    result = np.zeros(features.shape[1])
    if not used.any() or len(energies) < 3:
        return result, float(energies.std())
    X = (features[:, used] - features[:, used].mean(axis=0)) / scale[used]
    y = energies - energies.mean()
    U, s, V = np.linalg.svd(X, full_matrices=False)
    fits = []
    for penalty in _PENALTIES * len(y):
        shrink = s**2 / (s**2 + penalty)
        # The mean takes one more degree of freedom of each prediction.
        leverage = (U**2 * shrink).sum(axis=1) + 1 / len(y)
        residual = (y - U @ (shrink * (U.T @ y))) / np.maximum(1 - leverage, 1e-9)
        fits.append((float(np.sqrt((residual**2).mean())), V.T @ (s / (s**2 + penalty) * (U.T @ y)) / scale[used]))
    error_eV, weights = min(fits, key=itemgetter(0))
    result[used] = weights
    return result, error_eV
