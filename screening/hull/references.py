"""Which competing phases a hull needs: the shipped references of its chemical systems, and which systems have none."""

import re
from collections.abc import Collection, Iterable
from functools import cache
from itertools import combinations

from pymatgen.core import Element

from screening.shipped import StructureKind, shipped_names, shipped_text
from screening.species import ANIONS

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
    """Return the names of the shipped mothers (polymorphs included) within `elements`: they compete as well."""
    return _within("mothers", elements, exclude)


def shipped_reference_elements() -> dict[str, frozenset[str]]:
    """Return the elements of every shipped reference, by name."""
    return dict(_shipped_elements("references"))


def _within(kind: StructureKind, elements: Iterable[str], exclude: Collection[str]) -> tuple[str, ...]:
    wanted = frozenset(elements)
    return tuple(
        name for name, found in sorted(_shipped_elements(kind).items()) if found <= wanted and name not in exclude
    )


@cache
def _shipped_elements(kind: StructureKind) -> dict[str, frozenset[str]]:
    formulas = ((name, _FORMULA.search(shipped_text(kind, name))) for name in shipped_names(kind))
    return {name: frozenset(re.findall(r"[A-Z][a-z]?", match[1])) for name, match in formulas if match}


def systems_without_reference(
    elements: Iterable[str], available: Iterable[Collection[str]], *, largest: int = 3
) -> tuple[str, ...]:
    """Return the chemical systems of one to `largest` elements that no available phase belongs to.

    Systems of several elements are only named when they hold an anion (without one among the elements: the most
    electronegative element): most pairs of metals form no compound that matters here, while a missing sulfide or oxide
    makes the energy above the hull too low.

    Parameters
    ----------
    elements
        Symbols of all elements of the phase.
    available
        The elements of each reference phase.
    largest
        Number of elements of the largest systems that are looked at.

    Examples
    --------
    >>> systems_without_reference(["Na", "S", "W"], [{"Na"}, {"S"}, {"W"}, {"Na", "S"}])
    ('S-W', 'Na-S-W')
    """
    symbols = sorted(set(elements))
    have = {frozenset(phase) for phase in available}
    anions = ANIONS.intersection(symbols) or {max(symbols, key=lambda symbol: Element(symbol).X)}
    return tuple(
        "-".join(system)
        for size in range(1, min(largest, len(symbols)) + 1)
        for system in combinations(symbols, size)
        if frozenset(system) not in have and (size == 1 or not anions.isdisjoint(system))
    )
