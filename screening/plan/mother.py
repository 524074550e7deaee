"""A mother crystal: the structure that is doped, with the oxidation state of every ion."""

import math
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import Element

from ewald.errors import StructureError
from ewald.io.choices.whole_numbers import MOST_IONS
from ewald.io.crystals.disorder import Alternatives
from ewald.io.nearest import neutral_occupancies
from ewald.io.oxidation import ChargedStructure, assign_charges
from ewald.io.structure import FILE_SYMPREC_A, read_structure
from screening.campaign.doping import MotherSpec, SupercellPlan
from screening.plan.supercell import Matrix
from screening.shipped import shipped_names, shipped_structure
from screening.species import LARGEST_DENOMINATOR, VACANCY, as_fraction, charge_of, element_of, summed
from screening.value import CrystalStructure, Value

_NEUTRAL_WITHIN_E = 0.05
"""Largest net charge per cell, in e, that rounded occupancies of a file may leave."""
_MOST_IONS = 1000
"""Most ions of a supercell in which occupancies make whole numbers, where the campaign does not say."""


class Mother(Value):
    """A mother crystal.

    Attributes
    ----------
    name
        Name in tables and identifiers.
    mobile
        Element symbol of the mobile ion.
    structure
        The cell as given, every species with its oxidation state; sites may be partially occupied.
    charges_from
        Where the oxidation states come from, see :func:`ewald.io.oxidation.assign_charges`.
    source
        The file or shipped name it was read from.
    """

    name: str
    mobile: str
    structure: CrystalStructure
    charges_from: str
    source: str

    @property
    def mobile_species(self) -> str:
        """The mobile ion with its charge, such as Na+."""
        return next(species for species in self.counts() if element_of(species) == self.mobile)

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each site in the file it came from."""
        return tuple(str(site.label) for site in self.structure)

    @property
    def alternatives(self) -> Alternatives:
        """Sites that exclude one another by the disorder groups of the file."""
        return tuple((i, j, tuple(shift)) for i, j, shift in self.structure.properties.get("alternatives", ()))

    def occupancies(self) -> list[dict[str, float]]:
        """Return for each site its ions and their occupancies, the missing part as vacancy."""
        return [_site_occupancies(site.species.items()) for site in self.structure]

    def counts(self, sites: Collection[int] | None = None) -> dict[str, Fraction]:
        """Return how many ions of each species one cell holds, on all sites or those of the given indices.

        Parameters
        ----------
        sites
            Indices of sites; None for all.
        """
        occupancies = self.occupancies()
        chosen = occupancies if sites is None else [occupancies[site] for site in sites]
        totals = summed(ion for occupied in chosen for ion in occupied.items())
        return {species: as_fraction(total) for species, total in totals.items() if species != VACANCY}

    def charges(self) -> dict[str, float]:
        """Return the charge of each species, in e."""
        return {species: charge_of(species) for species in self.counts()}

    def describe_charges(self) -> str:
        """Return one line that says which oxidation states are used, and why.

        A campaign prints it, because a wrong oxidation state makes every later result wrong without another sign.
        """
        return f"{self.name}: {', '.join(sorted(self.counts()))} (from {self.charges_from})"


def load_mother(
    spec: MotherSpec, base_dir: Path, *, field: str = "mothers", supercell: SupercellPlan | None = None
) -> Mother:
    """Read a mother crystal from a file beside the campaign, or from the shipped ones.

    Parameters
    ----------
    spec
        The campaign's entry.
    base_dir
        Folder that relative paths start from: that of the campaign file.
    field
        Name of the entry in error messages.
    supercell
        What the campaign says of supercells: occupancies that are whole numbers in none of them become those of the
        nearest neutral crystal that is.

    Raises
    ------
    StructureError
        When the file is missing or unreadable, the mobile ion is not in it, or the charges do not sum to zero.
    """
    path = base_dir / spec.structure
    if path.is_file():
        structure = read_structure(
            path,
            field=f"{field}.structure",
            block=spec.block,
            ignore_formula=spec.ignore_formula,
            command_line=False,
        )
    elif spec.structure in shipped_names("mothers"):
        structure = shipped_structure("mothers", spec.structure)
    else:
        raise StructureError(
            "no such file, and no shipped mother has this name",
            field=f"{field}.structure",
            value=spec.structure,
            fix=f"a path relative to {base_dir or '.'}, or one of {', '.join(shipped_names('mothers'))}",
        )
    charged = assign_charges(structure, spec.charges, user="the campaign", field=f"{field}.charges")
    charges_from = "; ".join((_sources(charged), *structure.properties.get("notes", ())))
    if not charged.structure.is_ordered and _as_refined(charged.structure, spec.mobile, supercell):
        neutral = _nearest_neutral(charged, supercell)
        if neutral is not None:
            before, after = (one.composition.reduced_formula for one in (charged.structure, neutral))
            charges_from += f"; refined {before}, taken as the nearest neutral {after}"
            charged = replace(charged, structure=neutral)
    mother = Mother(
        name=spec.name or Path(spec.structure).stem,
        mobile=spec.mobile,
        structure=charged.structure,
        charges_from=charges_from,
        source=spec.structure,
    )
    _check(mother, field)
    return mother


def _as_refined(structure: Any, mobile: str, supercell: SupercellPlan | None) -> bool:
    """Whether the occupancies are not neutral, or make whole numbers in no supercell of the campaign.

    The numbers are those of sites that share ions: those of the mobile ion, and those with equal lists of ions.
    """
    composition = structure.composition
    charge_e = sum(float(one.oxi_state) * float(n) for one, n in composition.items())
    numbers: dict[tuple[frozenset[str], str], float] = {}
    for site in structure:
        occupied = _site_occupancies(site.species.items())
        shared = any(ion != VACANCY and element_of(ion) == mobile for ion in occupied)
        sharing = frozenset[str]() if shared else frozenset(occupied)
        for ion, n in occupied.items():
            numbers[sharing, ion] = numbers.get((sharing, ion), 0.0) + n
    cells = math.lcm(*(as_fraction(n).denominator for n in numbers.values()))
    if abs(charge_e) > _NEUTRAL_WITHIN_E:
        return True
    if supercell is not None and supercell.matrix is not None:
        return _cells(supercell.matrix) % cells != 0
    return cells > 1 and cells * composition.num_atoms > (_MOST_IONS if supercell is None else supercell.max_ions)


def _nearest_neutral(charged: ChargedStructure, supercell: SupercellPlan | None) -> Any | None:
    if supercell is None:
        return neutral_occupancies(charged, FILE_SYMPREC_A)
    if supercell.matrix is not None:
        return neutral_occupancies(charged, FILE_SYMPREC_A, cells=_cells(supercell.matrix))
    # Numbers per cell of the file are read as fractions, see as_fraction.
    most_ions = min(MOST_IONS, supercell.max_ions, LARGEST_DENOMINATOR * float(charged.structure.composition.num_atoms))
    return neutral_occupancies(charged, FILE_SYMPREC_A, int(most_ions))


def _cells(matrix: Matrix) -> int:
    return abs(round(float(np.linalg.det(np.array(matrix)))))


def _sources(charged: ChargedStructure) -> str:
    """Return where the charges come from; which ion from where when the sources are several."""
    if len(charged.origin) == 1:
        text = next(iter(charged.origin))
    else:
        text = ", ".join(f"{source}: {' '.join(ions)}" for source, ions in charged.origin.items())
    overruled = ", ".join(ion for ion, _ in charged.overruled)
    return f"{text}; the file says {overruled}" if overruled else text


def _check(mother: Mother, field: str) -> None:
    elements = sorted({element_of(species) for species in mother.counts()})
    if not Element.is_valid_symbol(mother.mobile) or mother.mobile not in elements:
        raise StructureError(
            f"is not an element of {mother.name}",
            field=f"{field}.mobile",
            value=mother.mobile,
            fix=f"one of {', '.join(elements)}",
        )
    total = sum(charge_of(species) * occupancy for site in mother.occupancies() for species, occupancy in site.items())
    if abs(total) > _NEUTRAL_WITHIN_E:
        states = ", ".join(sorted(mother.counts()))
        raise StructureError(
            f"{mother.name} is not neutral: {states} from {mother.charges_from} sum to {total:+.3g} e per cell",
            field=f"{field}.charges",
            fix="give charges that sum to zero, or fix the occupancies",
        )


def _site_occupancies(items: object) -> dict[str, float]:
    occupied = {str(species): float(occupancy) for species, occupancy in items}  # type: ignore[attr-defined]
    missing = 1.0 - sum(occupied.values())
    if missing > 1e-4:
        occupied[VACANCY] = missing
    return occupied
