"""One arrangement as an ordered structure, and ordered structures as the text of a CIF."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.ions import VACANCY, element_of
from ewald.space.space import ConfigurationSpace

if TYPE_CHECKING:
    from pymatgen.core import Structure


def ordered_structure(space: ConfigurationSpace, occupation: ArrayLike) -> "Structure":
    """Return one arrangement as a pymatgen Structure, vacancies left out, oxidation states on the species.

    Parameters
    ----------
    space
        The space.
    occupation
        Species index on every site, shape (N,).
    """
    from pymatgen.core import Lattice, Species, Structure

    names, charges = space.species_of(occupation), space.charges_of(occupation)
    filled = [site for site, name in enumerate(names) if name != VACANCY]
    return Structure(
        Lattice(space.lattice),
        [Species(element_of(names[site]), float(charges[site])) for site in filled],
        space.frac_coords[filled],
        to_unit_cell=True,
    )


def structure_cif(structure: "Structure") -> str:
    """Format an ordered structure as a CIF of the whole cell (P 1), in the order of its sites.

    pymatgen's own writer takes four times as long, which counts where a campaign's candidates are exported.
    """
    # Sites share a few species; comparing or writing a species takes as long as writing a whole line.
    species = [site.species for site in structure]
    ions = {key: each.elements[0] for key, each in {id(each): each for each in species}.items()}
    names = {key: str(ion) for key, ion in ions.items()}
    states = {names[key]: ion.oxi_state for key, ion in ions.items() if getattr(ion, "oxi_state", None) is not None}
    named = [names[id(each)] for each in species]
    inside = (structure.frac_coords - np.floor(structure.frac_coords)).tolist()
    lines = (cif_line(name, frac) for name, frac in zip(named, inside, strict=True))
    head = cif_head(structure.lattice.matrix, named, states)
    return head + "".join(f"{before}{number}{after}" for number, (before, after) in enumerate(lines))


def cif_head(lattice: NDArray[np.float64], names: Sequence[str], states: Mapping[str, float]) -> str:
    """Write what comes before the sites of a CIF.

    Parameters
    ----------
    lattice
        Cell vectors as rows in A, shape (3, 3).
    names
        Species of every ion, as in ``Na+``.
    states
        Oxidation state of those species that have one.
    """
    lines = ["data_arrangement", "_symmetry_space_group_name_H-M   'P 1'", "_symmetry_Int_Tables_number   1"]
    lines += _cell_lines(lattice)
    lines += ["loop_", " _symmetry_equiv_pos_site_id", " _symmetry_equiv_pos_as_xyz", "  1  'x, y, z'"]
    if states:
        lines += ["loop_", " _atom_type_symbol", " _atom_type_oxidation_number"]
        lines += [f"  {name}  {charge:.6g}" for name, charge in states.items()]
    counts = Counter(names)
    elements = Counter[str]()
    for name, count in counts.items():
        elements[element_of(name)] += count
    formula = " ".join(f"{element}{count}" for element, count in elements.items())
    lines += [f"_chemical_formula_sum   '{formula}'", "loop_"]
    columns = ("type_symbol", "label", "symmetry_multiplicity", "fract_x", "fract_y", "fract_z", "occupancy")
    return "\n".join([*lines, *(f" _atom_site_{column}" for column in columns)]) + "\n"


def cif_line(name: str, frac: Sequence[float]) -> tuple[str, str]:
    """Write a site of a CIF, given its species and fractional coordinates: before and after the number in its label.

    Coordinates carry twelve decimals, so that the energy of the file equals the one stated to rounding.
    """
    x, y, z = frac
    return f"  {name}  {element_of(name)}", f"  1  {x:.12f}  {y:.12f}  {z:.12f}  1.0\n"


def _cell_lines(lattice: NDArray[np.float64]) -> list[str]:
    lengths = np.linalg.norm(lattice, axis=1)
    lines = [f"_cell_length_{name}   {value:.12f}" for name, value in zip("abc", lengths, strict=True)]
    for name, (i, j) in (("alpha", (1, 2)), ("beta", (0, 2)), ("gamma", (0, 1))):
        cosine = float(lattice[i] @ lattice[j] / (lengths[i] * lengths[j]))
        angle = 90.0 if abs(cosine) < 1e-14 else math.degrees(math.acos(cosine))
        lines.append(f"_cell_angle_{name}   {angle:.12f}")
    return lines
