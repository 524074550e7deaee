"""Wyckoff orbits of a partially occupied structure: the sites that will share one pool of ions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.occupancy import PartialSublattice, pooled
from ewald.ions import element_of, ion_name
from ewald.space.distances import close_pairs
from ewald.space.symmetry import find_operations, site_permutations


def wyckoff_orbits(structure: Any, states: Mapping[Any, float], symprec_A: float) -> list[PartialSublattice]:
    """Find the orbits of a partially occupied structure, one for each future sublattice.

    Parameters
    ----------
    structure
        pymatgen Structure.
    states
        Charge of each of its species.
    symprec_A
        Tolerance of the symmetry search.

    Raises
    ------
    StructureError
        If two sites lie on one spot.
    """
    contents = [_content(site, states) for site in structure]
    properties = structure.site_properties.get("sublattice") or [None] * len(structure)
    kinds: dict[object, int] = {}
    keys = [(tuple(sorted(content.items())), tag) for content, tag in zip(contents, properties, strict=True)]
    labels = np.array([kinds.setdefault(key, len(kinds) + 1) for key in keys], dtype=np.intc)
    lattice, coords = structure.lattice.matrix, np.asarray(structure.frac_coords)
    refuse_shared_spots(lattice, coords, symprec_A)
    operations = find_operations(lattice, coords, labels, symprec_A)
    representative = site_permutations(lattice, coords, operations, symprec_A)[1].min(axis=0)
    members: dict[object, list[int]] = {}
    for site, first in enumerate(representative):
        content = contents[site]
        full = len(content) == 1 and abs(sum(content.values()) - 1) < 1e-8
        pool: object = properties[site] or ((next(iter(content)),) if full else int(first))
        members.setdefault(pool, []).append(site)
    orbits = []
    for pool, sites in members.items():
        amounts: dict[str, float] = {}
        for site in sites:
            for species, amount in contents[site].items():
                amounts[species] = amounts.get(species, 0.0) + amount
        orbits.append(PartialSublattice(_name(structure, pool, sites, amounts), tuple(sites), amounts))
    return _with_unique_names(orbits)


def _content(site: Any, states: Mapping[Any, float]) -> dict[str, float]:
    content: dict[str, float] = {}
    for one, amount in site.species.items():
        name = ion_name(element_of(one), states[one])
        content[name] = content.get(name, 0.0) + round(float(amount), 9)
    return content


def _name(structure: Any, pool: object, sites: list[int], amounts: Mapping[str, float]) -> str:
    if isinstance(pool, str):
        return pool
    label = getattr(structure[sites[0]], "label", None)
    elements = "/".join(dict.fromkeys(element_of(species) for species in amounts))
    labels = {getattr(structure[site], "label", None) for site in sites}
    plain = label and len(labels) == 1 and label[:1].isalpha() and label.isalnum()
    return str(label) if plain else elements


def _with_unique_names(orbits: list[PartialSublattice]) -> list[PartialSublattice]:
    names = [orbit.name for orbit in orbits]
    seen: dict[str, int] = {}
    unique = []
    for orbit in orbits:
        seen[orbit.name] = seen.get(orbit.name, 0) + 1
        name = f"{orbit.name}_{seen[orbit.name]}" if names.count(orbit.name) > 1 else orbit.name
        unique.append(PartialSublattice(name, orbit.sites, orbit.amounts))
    return unique


def couple_orbits(orbits: Sequence[PartialSublattice], couple: Sequence[str]) -> list[PartialSublattice]:
    """Join the orbits that share one pool of ions.

    Raises
    ------
    StructureError
        If a name fits no orbit, or an element only one.
    """
    result = list(orbits)
    for request in couple:
        names = [name.strip() for name in request.split("+")]
        chosen = [o for o in result if o.name in names or (len(names) == 1 and names[0] in o.elements)]
        if len(chosen) < 2 or (len(names) > 1 and len(chosen) != len(names)):
            raise StructureError(
                "names fewer than two sublattices to couple",
                field="couple",
                value=request,
                fix=f"name an element or join names with +; the sublattices are {', '.join(o.name for o in result)}",
            )
        # An element joins what carries it, and every other ion stays where the file has it; names join everything.
        joined = pooled(chosen, request, everywhere=len(names) > 1)
        position = result.index(chosen[0])
        result = [joined if k == position else o for k, o in enumerate(result) if k == position or o not in chosen]
    return result


def refuse_shared_spots(lattice: NDArray[np.float64], frac_coords: NDArray[np.float64], symprec_A: float) -> None:
    """Refuse two sites on one spot, which would confuse the symmetry search.

    Raises
    ------
    StructureError
        Naming the two sites.
    """
    spots = close_pairs(lattice, frac_coords, 2 * symprec_A)
    if spots:
        raise StructureError(
            f"sites {spots[0][0]} and {spots[0][1]} are {spots[0][2]:.4f} A apart: two ions on one position",
            field="sites",
            fix="remove one of the two, give both species to one site, or correct the symmetry",
        )
