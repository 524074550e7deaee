"""The quadratic form of a cell whose ions interact by more than their formal charges.

The indicator x_a of a species (1 on the sites that hold it) is linear in the form's columns, x_a = b_a + L_a dq, and
so are the charges, q = b_q + L_q dq. The energy

    1/2 q A q + sum_a 1/2 x_a P_aa x_a + sum_(a<b) x_a P_ab x_b + sum_a e_a . x_a

with the Ewald matrix A, the lattice sums P_ab of the pair functions and the site energies e_a is then of the wanted
form.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ewald.errors import StructureError
from ewald.ions import VACANCY, element_of
from ewald.pairs.lattice_sums import pair_sums
from ewald.pairs.model import PairModel
from ewald.space.form import QuadraticForm
from ewald.space.sublattice import Sublattice, sites_of, variable_of

_NEUTRALITY_TOLERANCE_E = 1e-6
# Each function takes a matrix of all sites.
_FUNCTIONS_AT_ONCE = 8


def form_with_pairs(
    lattice: NDArray[np.float64],
    frac_coords: NDArray[np.float64],
    sublattices: Sequence[Sublattice],
    forbidden: NDArray[np.int64],
    problem_hash: str,
    *,
    pairs: PairModel,
    site_energies_eV: Mapping[str, NDArray[np.float64]],
    min_distance_A: float,
) -> QuadraticForm:
    """Compute the form of a neutral cell.

    Parameters
    ----------
    lattice, frac_coords
        Cell vectors as rows (3, 3) in angstrom, fractional coordinates (N, 3).
    sublattices
        They cover every site exactly once.
    forbidden, problem_hash
        As in :class:`ewald.space.form.QuadraticForm`.
    pairs, site_energies_eV
        Interactions, and energies of every site, shape (N,), by species or element.
    min_distance_A
        Forbidden pairs have no energy where they are nearer than this.

    Raises
    ------
    StructureError
        If effective charges do not add up to zero, or sites are nearer than a pair function is defined for.
    """
    from ewald.space.matrix import ewald_matrix  # it loads numba

    _require_neutral(sublattices, pairs)
    cell = (lattice, frac_coords)
    if not pairs.terms and not site_energies_eV:
        return _of_charges(QuadraticForm.of_cell(*cell, _effective(sublattices, pairs), forbidden, problem_hash), pairs)
    levels = _Levels.of(sublattices, pairs, site_energies_eV)
    sites = sites_of(variable_of(sublattices))
    total = _Total(levels.columns)
    charge = levels.of_sites(pairs.charge)
    total.add(charge, ewald_matrix(lattice, frac_coords) / pairs.permittivity, charge, 0.5)
    skipped = (sites[forbidden], min_distance_A) if len(forbidden) else None
    wanted = [
        (one, other, function)
        for one, other in itertools.combinations_with_replacement(levels.species, 2)
        for function in pairs.between(one, other)
    ]
    for start in range(0, len(wanted), _FUNCTIONS_AT_ONCE):
        some = wanted[start : start + _FUNCTIONS_AT_ONCE]
        sums = pair_sums(*cell, [function for _, _, function in some], skipped=skipped)
        for (one, other, _), matrix in zip(some, sums, strict=True):
            total.add(levels.holding(one), matrix, levels.holding(other), 0.5 if one == other else 1.0)
    for name, energies_eV in site_energies_eV.items():
        total.add_single(energies_eV, levels.named(name))
    variable = variable_of(sublattices)
    return QuadraticForm(
        sites=sites,
        sublattice=np.array([k for k, s in enumerate(variable) for _ in s.sites], dtype=np.int64),
        sublattices=variable,
        E0_eV=math.fsum(total.constant),
        v=total.v,
        A=np.ascontiguousarray(0.5 * (total.A + total.A.T)),
        forbidden=forbidden,
        problem_hash=problem_hash,
        species_levels=levels.levels,
    )


def _effective(sublattices: Sequence[Sublattice], pairs: PairModel) -> tuple[Sublattice, ...]:
    return tuple(
        replace(s, charges=tuple(pairs.charge(name, q) for name, q in zip(s.species, s.charges, strict=True)))
        for s in sublattices
    )


def _of_charges(form: QuadraticForm, pairs: PairModel) -> QuadraticForm:
    """Divide the form of effective charges by the permittivity."""
    return replace(
        form, E0_eV=form.E0_eV / pairs.permittivity, v=form.v / pairs.permittivity, A=form.A / pairs.permittivity
    )


def _named(name: str, species: str) -> bool:
    return species != VACANCY and name in {species, element_of(species)}


def _require_neutral(sublattices: Sequence[Sublattice], pairs: PairModel) -> None:
    charge = math.fsum(s.charge for s in _effective(sublattices, pairs))
    if abs(charge) > _NEUTRALITY_TOLERANCE_E:
        raise StructureError(
            "the effective charges do not add up to zero",
            field="pairs.charges",
            value=f"{charge:+g} e",
            fix="change them, or leave out those that should keep formal charges",
        )


# A quantity on all sites as base (N,) and its change with the columns (N, columns).
_Linear = tuple[NDArray[np.float64], csr_array]
# A quantity of a species by its name and formal charge.
_OfSpecies = Callable[[str, float], float]


@dataclass(eq=False)
class _Total:
    """Constant, single and pair costs, added up."""

    columns: int
    constant: list[float] = field(default_factory=list)
    v: NDArray[np.float64] = field(init=False)
    A: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.v = np.zeros(self.columns)
        self.A = np.zeros((self.columns, self.columns))

    def add(self, left: _Linear, matrix: NDArray[np.float64], right: _Linear, factor: float) -> None:
        """Add factor * left . matrix . right, of a symmetric matrix."""
        (base, change), (other_base, other_change) = left, right
        potential, other_potential = matrix @ other_base, matrix @ base
        self.constant.append(factor * math.fsum(base * potential))
        self.v += factor * (change.T @ potential + other_change.T @ other_potential)
        block = factor * (other_change.T @ (change.T @ matrix).T)
        self.A += block + block.T

    def add_single(self, energies_eV: NDArray[np.float64], indicator: _Linear) -> None:
        base, change = indicator
        self.constant.append(math.fsum(energies_eV * base))
        self.v += change.T @ energies_eV


@dataclass(frozen=True, eq=False)
class _Levels:
    """Which columns the variable sites have, and how the species of all sites follow from them.

    ``stand_in`` names for each species the first one that the energy cannot tell from it; ``species`` are those.
    """

    sublattices: tuple[Sublattice, ...]
    levels: tuple[NDArray[np.float64], ...]
    stand_in: Mapping[str, str]

    @classmethod
    def of(
        cls, sublattices: Sequence[Sublattice], pairs: PairModel, site_energies_eV: Mapping[str, NDArray[np.float64]]
    ) -> "_Levels":
        charges: dict[str, set[float]] = {}
        for s in sublattices:
            for species, q in zip(s.species, s.charges, strict=True):
                charges.setdefault(species, set()).add(q)
        everyone = [species for species in charges if species != VACANCY]
        lone = {
            species
            for species in everyone
            if len(charges[species]) > 1 or any(_named(name, species) for name in site_energies_eV)
        }
        known = {species: next(iter(values)) for species, values in charges.items()}
        stand_in = {VACANCY: VACANCY}
        for species in everyone:
            others = [name for name in dict.fromkeys(stand_in.values()) if name not in {VACANCY, *lone}]
            same = (
                other
                for other in others
                if species not in lone and pairs.alike((species, known[species]), (other, known[other]), everyone)
            )
            stand_in[species] = next(same, species)
        levels = tuple(_one_hot(s, [stand_in[species] for species in s.species]) for s in variable_of(sublattices))
        return cls(tuple(sublattices), levels, stand_in)

    @property
    def species(self) -> list[str]:
        return [name for name in dict.fromkeys(self.stand_in.values()) if name != VACANCY]

    @property
    def columns(self) -> int:
        return sum(len(s.sites) * one.shape[1] for s, one in zip(self._variable, self.levels, strict=True))

    @property
    def _variable(self) -> tuple[Sublattice, ...]:
        return variable_of(self.sublattices)

    def holding(self, stand_in: str) -> _Linear:
        """Tell which sites hold a species, or one like it."""
        return self.of_sites(lambda species, _: float(self.stand_in[species] == stand_in))

    def named(self, name: str) -> _Linear:
        """Tell which sites hold a species of this name or element."""
        return self.of_sites(lambda species, _: float(_named(name, species)))

    def of_sites(self, value: _OfSpecies) -> _Linear:
        """Write a value of every species (name, formal charge) as base and change on all sites."""
        base = np.zeros(sum(len(s.sites) for s in self.sublattices))
        rows, columns, steps, start = list[int](), list[int](), list[float](), 0
        position = 0
        for s in self.sublattices:
            values = np.array([value(species, q) for species, q in zip(s.species, s.charges, strict=True)])
            if not s.variable:
                base[list(s.sites)] = values[next(k for k, count in enumerate(s.counts) if count)]
                continue
            levels = self.levels[position]
            position += 1
            base[list(s.sites)] = values[s.reference]
            for column in range(levels.shape[1]):
                rows += s.sites
                columns += range(start + column, start + len(s.sites) * levels.shape[1], levels.shape[1])
                step = next((values[k] for k in np.flatnonzero(levels[:, column])), values[s.reference])
                steps += [float(step - values[s.reference])] * len(s.sites)
            start += len(s.sites) * levels.shape[1]
        change = csr_array((steps, (rows, columns)), shape=(len(base), self.columns))
        return base, change


def _one_hot(sublattice: Sublattice, stand_ins: list[str]) -> NDArray[np.float64]:
    """Levels of the species of a sublattice: a column for each stand-in but that of the reference."""
    usual = stand_ins[sublattice.reference]
    present = {name for name, count in zip(stand_ins, sublattice.counts, strict=True) if count}
    others = [name for name in dict.fromkeys(stand_ins) if name != usual and name in present] or [""]
    return np.array([[float(name == other) for other in others] for name in stand_ins])
