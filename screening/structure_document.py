"""Fast reading of structures from their documents: a large campaign's record holds hundreds of thousands of sites.

pymatgen's own reader builds every site twice and every species anew. Ordered sites without properties, which is what
a campaign stores, need neither; everything else is left to pymatgen. Most questions about a campaign need none of its
structures: those from a database are read when something of them is asked for.
"""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pymatgen.core import Composition, Element, Lattice, Species, Structure

from screening.tagged import plain

_PLAIN = frozenset({"element", "occu"})
_CHARGED = frozenset({"element", "occu", "oxidation_state"})
_NO_SPIN = frozenset({"spin"})


def read_structure(document: dict[str, Any]) -> Structure:
    """Return the structure of a document that `Structure.as_dict` wrote, as `Structure.from_dict` would."""
    species = [_one_ion(site) for site in document["sites"]]
    if not species or None in species:
        return Structure.from_dict(_untagged(document))
    return Structure(
        Lattice.from_dict(document["lattice"]),
        species,
        [site["abc"] for site in document["sites"]],
        charge=document.get("charge"),
        labels=[site.get("label") for site in document["sites"]],
        properties=document.get("properties"),
    )


class DeferredStructure(Structure):
    """A structure that is read when something of it is first asked for, and a plain `Structure` from then on.

    Parameters
    ----------
    load
        Returns its document.
    """

    def __init__(self, load: Callable[[], dict[str, Any]]) -> None:
        object.__getattribute__(self, "__dict__")["_load"] = load

    def __getattribute__(self, name: str) -> Any:
        # isinstance asks for the class, and needs no site for that.
        if name == "__class__":
            return object.__getattribute__(self, name)
        state = object.__getattribute__(self, "__dict__")
        load = state.pop("_load", None)
        state.pop("_length", None)
        if load is not None:
            state.update(vars(read_structure(load())))
        object.__setattr__(self, "__class__", Structure)
        return getattr(self, name)

    def __len__(self) -> int:
        """Return the number of sites; most pages ask for nothing else."""
        state = object.__getattribute__(self, "__dict__")
        if "_load" not in state:
            return len(self.sites)
        if "_length" not in state:
            state["_length"] = len(state["_load"]()["sites"])
        return int(state["_length"])


def site_symbols(structure: Structure) -> list[str]:
    """Return the element of every site of an ordered structure; sites share a few species, which are asked once."""
    species = [site.species for site in structure]
    symbols = {key: each.elements[0].symbol for key, each in {id(each): each for each in species}.items()}
    return [symbols[id(each)] for each in species]


def symbol_counts(structure: Structure) -> Counter[str]:
    """Return how many ions of each element a structure has; one that was not read yet is counted in its document."""
    load = object.__getattribute__(structure, "__dict__").get("_load")
    ions = [None] if load is None else [_one_ion(site) for site in load()["sites"]]
    if None in ions:
        # pymatgen's own composition compares the species of every site first.
        return Counter(site_symbols(structure))
    return Counter(ion.elements[0].symbol for ion in ions if ion is not None)


def _untagged(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without tags in its site properties: pymatgen would import the class that a tag names."""
    return document | {"sites": [site | {"properties": plain(site.get("properties"))} for site in document["sites"]]}


def _one_ion(site: dict[str, Any]) -> Composition | None:
    """Return the ion of a fully occupied site without properties; None for every other site."""
    if len(site["species"]) != 1 or site.get("properties"):
        return None
    ion = site["species"][0]
    # pymatgen writes the spin since it knows one, also where there is none.
    if ion["occu"] != 1 or ion.get("spin") is not None:
        return None
    keys = ion.keys() - _NO_SPIN
    if keys == _PLAIN:
        return _ion(ion["element"], None)
    return _ion(ion["element"], ion["oxidation_state"]) if keys == _CHARGED else None


@lru_cache(maxsize=1024)
def _ion(element: str, oxidation_state: float | None) -> Composition | None:
    if not Element.is_valid_symbol(element):
        return None
    ion = Element(element) if oxidation_state is None else Species(element, oxidation_state)
    return Composition({ion: 1})
