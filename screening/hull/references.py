"""Which shipped structures a hull needs: the references and mothers of its chemical systems."""

import re
from collections.abc import Collection, Iterable
from functools import cache

from pymatgen.core import Composition

from screening.shipped import StructureKind, shipped_names, shipped_text

_FORMULA = re.compile(r"^_chemical_formula_sum\s+'?([^'\n]+)'?", re.MULTILINE)


def needed_references(elements: Iterable[str], exclude: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names of the shipped references whose elements all lie within `elements`, sorted.

    Parameters
    ----------
    elements
        Symbols of all elements of the compositions that share a hull.
    exclude
        Names left out by the campaign.
    """
    return _within("references", elements, exclude)


def needed_mothers(elements: Iterable[str], exclude: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names of the shipped mothers (polymorphs included) within `elements`: they compete as well.

    A disordered one has no energy of its own, and is no reference.
    """
    return tuple(name for name in _within("mothers", elements, exclude) if _ordered_mother(name))


def shipped_reference_elements() -> dict[str, frozenset[str]]:
    """Return the elements of every shipped reference, by name."""
    return dict(_shipped_elements("references"))


def shipped_formulas(names: Iterable[str]) -> frozenset[str]:
    """Return the reduced formulas of shipped references and mothers.

    Parameters
    ----------
    names
        Names of shipped structures, without `.cif`.

    Examples
    --------
    >>> sorted(shipped_formulas(["Na2S", "NaBiS2", "el_Na"]))
    ['Na', 'Na2S', 'NaBiS2']
    """
    return frozenset(_shipped_formula(name) for name in names)


@cache
def _ordered_mother(name: str) -> bool:
    lines = shipped_text("mothers", name).partition("_atom_site_occupancy")[2].splitlines()
    return all(float(line.split()[-1]) == 1 for line in lines if line.strip())


@cache
def _shipped_formula(name: str) -> str:
    kind: StructureKind = "references" if name in shipped_names("references") else "mothers"
    match = _FORMULA.search(shipped_text(kind, name))
    return Composition(match[1]).reduced_formula if match else name


def _within(kind: StructureKind, elements: Iterable[str], exclude: Collection[str]) -> tuple[str, ...]:
    wanted = frozenset(elements)
    return tuple(
        name for name, found in sorted(_shipped_elements(kind).items()) if found <= wanted and name not in exclude
    )


@cache
def _shipped_elements(kind: StructureKind) -> dict[str, frozenset[str]]:
    formulas = ((name, _FORMULA.search(shipped_text(kind, name))) for name in shipped_names(kind))
    return {name: frozenset(re.findall(r"[A-Z][a-z]?", match[1])) for name, match in formulas if match}
