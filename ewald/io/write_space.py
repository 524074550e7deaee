"""A configuration space as a YAML space file that says all of it."""

from typing import Any

import yaml

from ewald.ions import VACANCY
from ewald.space.space import ConfigurationSpace


def space_text(space: ConfigurationSpace) -> str:
    """Write a space out: cell, sites, numbers of ions, charges, and which sites exclude one another.

    Reading it back gives the same arrangements and energies; see :mod:`ewald.io.space_file`.
    """
    charges = {
        name: charge
        for s in space.sublattices
        for name, charge in zip(s.species, s.charges, strict=True)
        if name != VACANCY
    }
    content: dict[str, Any] = {
        "lattice": [[round(float(x), 12) for x in row] for row in space.lattice],
        "charges": charges,
    }
    if space.min_distance_A:
        content["min_distance_A"] = space.min_distance_A
    if space.closest_A:
        content["closest_A"] = dict(space.closest_A)
    if space.pairs is not None:
        content["pairs"] = space.pairs.model_dump(mode="json", exclude_defaults=True)
    if space.apart:
        written = {site: k for k, site in enumerate(site for s in space.sublattices for site in s.sites)}
        content["apart"] = [sorted(written[site] for site in pair) for pair in space.apart]
    content["sublattices"] = [_entry(space, k) for k in range(len(space.sublattices))]
    notes = [f"# {line}" for line in (*space.notes, *(space.approximant.describe() if space.approximant else ()))]
    body = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
    return "\n".join([*notes, body])


def _entry(space: ConfigurationSpace, number: int) -> dict[str, Any]:
    sublattice = space.sublattices[number]
    place = {site: k for k, site in enumerate(sublattice.sites)}
    entry: dict[str, Any] = {
        "name": sublattice.name,
        "counts": dict(zip(sublattice.species, sublattice.counts, strict=True)),
    }
    if sublattice.only:
        entry["only"] = {species: [place[site] for site in sites] for species, sites in sublattice.only}
    energies = {
        name: [float(values[site]) for site in sublattice.sites]
        for name, values in space.site_energies_eV.items()
        if any(values[site] for site in sublattice.sites)
    }
    if energies:
        entry["site_energies_eV"] = energies
    entry["frac_coords"] = [[round(float(x), 12) for x in space.frac_coords[site]] for site in sublattice.sites]
    return entry
