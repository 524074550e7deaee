"""A structure taken apart into what spaces are made of, the supercell and the numbers of ions left open."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.choices.closest import closest_distances, fit
from ewald.io.choices.whole_numbers import MixedValence
from ewald.io.crystals.disorder import Alternatives
from ewald.io.occupancy import PartialSublattice, balanced_counts, whole_counts
from ewald.io.oxidation import ChargedStructure, assign_charges
from ewald.io.supercell import expand, expand_pairs
from ewald.io.wyckoff import couple_orbits, refuse_shared_spots, wyckoff_orbits
from ewald.ions import VACANCY, element_of, ion_count, ion_name
from ewald.space.approximant import Approximant, CountChange
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from ewald.space.symmetrize import symmetrized

#: Whole numbers of one sublattice, and what was rounded, for the user.
Numbers = list[tuple[dict[str, int], str | None]]


@dataclass(frozen=True, eq=False)
class Parts:
    """A structure with charges, and its sublattices in the cell of the file.

    Attributes
    ----------
    lattice, frac_coords
        Of the file's cell; shapes (3, 3) in angstrom and (N, 3).
    orbits
        Its sublattices.
    charges
        Charge of each species.
    notes
        What was assumed, for the user.
    mixed
        The element of mixed valence, if any.
    alternatives
        Sites that exclude one another by the file's disorder groups; see :mod:`ewald.io.crystals.disorder`.
    """

    lattice: NDArray[np.float64]
    frac_coords: NDArray[np.float64]
    orbits: tuple[PartialSublattice, ...]
    charges: Mapping[str, float]
    notes: tuple[str, ...]
    mixed: MixedValence | None = None
    alternatives: Alternatives = ()

    @classmethod
    def from_structure(
        cls, structure: Any, charges: Mapping[str, float] | None, couple: Sequence[str], symprec_A: float
    ) -> "Parts":
        """Find charges and orbits; see :func:`ewald.io.structure.from_structure`."""
        read = tuple(structure.properties.get("notes", ()))
        return cls.of_charged(assign_charges(structure, charges), couple, symprec_A, read)

    @classmethod
    def of_charged(
        cls, charged: ChargedStructure, couple: Sequence[str], symprec_A: float, read: tuple[str, ...] = ()
    ) -> "Parts":
        """Find the orbits of a structure with charges; ``read`` are notes of its reading."""
        structure = charged.structure
        states = {one: float(one.oxi_state) for one in structure.composition.elements}
        return cls(
            lattice=np.asarray(structure.lattice.matrix),
            frac_coords=np.asarray(structure.frac_coords),
            orbits=tuple(couple_orbits(wyckoff_orbits(structure, states, symprec_A), couple)),
            charges={ion_name(element_of(one), charge): charge for one, charge in states.items()},
            notes=(*read, *_charge_notes(charged)),
            mixed=None if charged.mixed is None else MixedValence(*charged.mixed),
            alternatives=tuple(structure.properties.get("alternatives", ())),
        )

    @property
    def charge_per_ion_e(self) -> float:
        """Charge that the file's occupancies leave, per ion, in e."""
        amounts = [(species, amount) for orbit in self.orbits for species, amount in orbit.amounts.items()]
        return math.fsum(self.charges[one] * n for one, n in amounts) / math.fsum(n for _, n in amounts)

    def space(
        self, matrix: NDArray[np.int64], numbers: Numbers, min_distance_A: float | None, symprec_A: float
    ) -> ConfigurationSpace:
        """Make the space of given numbers of ions, one entry per orbit, its sites on their symmetric positions.

        Without ``min_distance_A`` ionic radii say which sites exclude one another.
        """
        copies = round(abs(np.linalg.det(matrix)))
        sublattices = tuple(
            _sublattice(orbit, counts, self.charges, copies)
            for orbit, (counts, _) in zip(self.orbits, numbers, strict=True)
        )
        notes = (*self.notes, *(note for _, note in numbers if note))
        lattice, coords = matrix @ self.lattice, expand(self.frac_coords, matrix)
        apart = expand_pairs(self.alternatives, matrix)
        if not fit(sublattices, apart):
            notes = (
                *notes,
                "WARNING: the ions do not fit where disorder groups exclude one another, so the groups are ignored",
            )
            apart = ()
        closest: dict[str, float] = {}
        shrunk = False
        if min_distance_A is None:
            closest, shrunk = closest_distances(lattice, coords, sublattices, self.charges, apart)
        if closest:
            shown = ", ".join(f"{pair} {distance:.2f} A" for pair, distance in closest.items())
            why = "as far as its ions have room" if shrunk else "from ionic radii"
            notes = (*notes, f"sites that can be vacant exclude one another below {shown} ({why})")
        space = ConfigurationSpace(
            lattice,
            coords,
            sublattices,
            min_distance_A or 0.0,
            notes,
            closest_A=closest,
            approximant=self.approximant(matrix, numbers),
            apart=apart,
        )
        return on_symmetric_positions(space, symprec_A)

    def approximant(self, matrix: NDArray[np.int64], numbers: Numbers) -> Approximant:
        """Put the numbers of ions beside those of the file."""
        copies = round(abs(np.linalg.det(matrix)))
        before: dict[str, float] = {}
        after: dict[str, int] = {}
        changes = []
        for orbit, (counts, _) in zip(self.orbits, numbers, strict=True):
            mean = orbit.ions(copies)
            for species, number in mean.items():
                if species != VACANCY:
                    before[element_of(species)] = before.get(element_of(species), 0.0) + number
            for species, taken in counts.items():
                if species != VACANCY:
                    after[element_of(species)] = after.get(element_of(species), 0) + taken
            if len(mean) > 1 or len(counts) > 1:
                changes += [
                    CountChange(orbit.name, one, len(orbit.sites) * copies, mean.get(one, 0.0), counts.get(one, 0))
                    for one in dict.fromkeys([*mean, *counts])
                ]
        shape = tuple((int(row[0]), int(row[1]), int(row[2])) for row in matrix)
        return Approximant(shape, tuple(changes), before, after, self.notes)


def _charge_notes(charged: ChargedStructure) -> tuple[str, ...]:
    sources = "; ".join(f"{', '.join(ions)} ({source})" for source, ions in charged.origin.items())
    overruled = (f"the file says {ion}; --charges {charge:+g} is used" for ion, charge in charged.overruled)
    return (f"charges: {sources}", *overruled, *charged.remarks)


def on_symmetric_positions(space: ConfigurationSpace, symprec_A: float) -> ConfigurationSpace:
    """Move the sites of a space to where the symmetry found within ``symprec_A`` puts them, and note by how much."""
    refuse_shared_spots(space.lattice, space.frac_coords, symprec_A)
    lattice, coords, moved_A = symmetrized(space.lattice, space.frac_coords, space.labels, symprec_A)
    notes = space.notes
    if moved_A > 1e-6:
        notes = (*notes, f"sites moved by up to {moved_A:.2g} A onto their symmetric positions")
    return replace(space, lattice=lattice, frac_coords=coords, notes=notes)


def exact_numbers(
    groups: Sequence[PartialSublattice],
    copies: int,
    charges: Mapping[str, float],
    balance: str | None,
    tolerance: float,
) -> Numbers:
    """Turn the occupancies of every sublattice into whole numbers, each on its own; `balance` follows from neutrality.

    Parameters
    ----------
    groups, copies, charges
        The sublattices, how many cells, and the charge of each species.
    balance
        Name or element of one sublattice of two species.
    tolerance
        Largest change of an occupancy.

    Raises
    ------
    StructureError
        If a number is not whole.
    """
    free = None if balance is None else named_group(groups, balance, "balance")
    if free is not None and len(free.ions(1)) != 2:
        raise StructureError(
            "must name one sublattice of two species (vacancy is one)",
            field="balance",
            value=balance,
            fix=f"choose among {', '.join(g.name for g in groups if len(g.ions(1)) == 2)}, or free its numbers",
        )
    others = [group for group in groups if group is not free]
    known = charges if free is None else None
    numbers: Numbers = []
    for group in groups:
        numbers.append(({}, None) if group is free else whole_counts(group, copies, others, tolerance, known))
    if free is not None:
        rest = math.fsum(charges.get(s, 0.0) * n for counts, _ in numbers for s, n in counts.items())
        first, second = free.ions(copies)
        counts = balanced_counts(free.name, (first, second), len(free.sites) * copies, charges, rest)
        shown = " and ".join(ion_count(number, species) for species, number in counts.items())
        numbers[groups.index(free)] = (counts, f"sublattice {free.name}: {shown} by neutrality")
    return numbers


def named_group(groups: Sequence[PartialSublattice], name: str, field: str) -> PartialSublattice:
    """Find the sublattice of a name, or the one with room for choice that carries an element."""
    carrying = [g for g in groups if len(g.ions(1)) > 1 and name in g.elements]
    named = [g for g in groups if g.name == name] or carrying
    if len(named) != 1:
        raise StructureError(
            "must name one sublattice",
            field=field,
            value=name,
            fix=_names_to_choose(groups, carrying, name),
        )
    return named[0]


def _names_to_choose(groups: Sequence[PartialSublattice], carrying: Sequence[PartialSublattice], name: str) -> str:
    open_numbers = [g.name for g in carrying or groups if len(g.ions(1)) > 1]
    return f"choose among {', '.join(open_numbers)}" + (f", or --couple {name} to join them" if carrying else "")


def _sublattice(
    orbit: PartialSublattice, counts: Mapping[str, int], charges: Mapping[str, float], copies: int
) -> Sublattice:
    sites = tuple(site * copies + copy for site in orbit.sites for copy in range(copies))
    species = tuple(counts)
    return Sublattice(
        orbit.name,
        sites,
        species,
        tuple(charges.get(name, math.nan) if name != VACANCY else 0.0 for name in species),
        tuple(counts.values()),
        tuple(
            (species, tuple(site * copies + copy for site in own for copy in range(copies)))
            for species, own in orbit.only.items()
            if species in counts
        ),
    )
