"""Which known compounds a hull lacks: those that would shape it at the composition asked for.

A hull is complete at a composition when every phase of the decomposition that is known there is among its
references. What is known are the 31592 compounds of the Materials Project that lie on its hull, with their formation
energies (GGA and GGA+U with corrections), as published by C. J. Bartel et al., npj Comput. Mater. 6, 97 (2020). Their
energies only say which phases matter; they never enter a hull, whose energies all come from one engine.
"""

import csv
import gzip
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
from pymatgen.core import Composition, Element
from pymatgen.entries.computed_entries import ComputedEntry

from screening.species import ANIONS, elements_of

_LINE_POINTS = 40
"""Mixtures of two phases that are looked at for the one that reacts the most."""
_NO_REACTION_EV = 5e-4
"""Phases that release less than this (eV/atom) coexist."""
_SHARE = 1e-4
"""Smallest share of the atoms of a decomposition that counts."""


@cache
def stable_compounds() -> dict[str, float]:
    """Return the formation energies (eV/atom) of the compounds on the Materials Project's hull, by reduced formula."""
    packed = files("screening").joinpath("data", "known_compounds.csv.gz").read_bytes()
    rows = csv.DictReader(gzip.decompress(packed).decode("utf-8").splitlines())
    return {row["formula"]: float(row["formation_energy_eV_per_atom"]) for row in rows}


@cache
def _elements() -> dict[str, frozenset[str]]:
    return {formula: frozenset(re.findall(r"[A-Z][a-z]?", formula)) for formula in stable_compounds()}


def missing_compounds(composition: Composition, available: Collection[str]) -> tuple[str, ...]:
    """Return the known compounds of the decomposition at a composition that have no reference, sorted.

    Parameters
    ----------
    composition
        Of the phase whose hull it is: a compound of its own formula counts only when it is among the references.
    available
        Reduced formulas of the references.

    Examples
    --------
    >>> missing_compounds(Composition("Li3YCl6"), {"LiCl"}), missing_compounds(Composition("Li3YCl6"), {"LiCl", "YCl3"})
    (('YCl3',), ())
    """
    bare = composition.element_composition
    return _missing(_diagram(bare, available).get_decomposition(bare), available)


def missing_for_window(composition: Composition, mobile: str, available: Collection[str]) -> tuple[str, ...]:
    """Return the known compounds without reference that a phase's electrochemical window depends on, sorted.

    Those are the phases that it is in equilibrium with where it neither takes up nor gives off alkali, and the
    products just below and just above.

    Parameters
    ----------
    composition
        Of the phase.
    mobile
        Symbol of the alkali metal.
    available
        Reduced formulas of the references.
    """
    diagram = _diagram(composition, available)
    steps = sorted(diagram.get_element_profile(Element(mobile), composition), key=lambda step: -step["chempot"])
    still = [index for index, step in enumerate(steps) if abs(float(step["evolution"])) < _SHARE]
    near = steps[max(0, still[0] - 1) : still[0] + 2] if still else steps[:1]
    return _missing((entry for step in near for entry in step["entries"]), available)


def missing_for_reaction(composition: Composition, partner: Composition, available: Collection[str]) -> tuple[str, ...]:
    """Return the known compounds without reference that form where two phases react the most, sorted.

    Parameters
    ----------
    composition, partner
        Of the two phases.
    available
        Reduced formulas of the references.
    """
    diagram = _diagram(composition, available, joint=partner)
    ends = [diagram.get_hull_energy_per_atom(end) for end in (composition, partner)]
    first, second = composition.fractional_composition, partner.fractional_composition

    def released(share: float) -> float:
        mixture = _mixture(first, second, share)
        return diagram.get_hull_energy_per_atom(mixture) - share * ends[0] - (1 - share) * ends[1]

    worst = min((step / _LINE_POINTS for step in range(_LINE_POINTS + 1)), key=released)
    if released(worst) > -_NO_REACTION_EV:
        return ()
    return _missing(diagram.get_decomposition(_mixture(first, second, worst)), available)


def _mixture(first: Composition, second: Composition, share: float) -> Composition:
    return Composition({e: share * first[e] + (1 - share) * second[e] for e in {*first, *second}})


def _missing(entries: Mapping[PDEntry, float] | Iterable[PDEntry], available: Collection[str]) -> tuple[str, ...]:
    shares = entries.items() if isinstance(entries, Mapping) else ((entry, 1.0) for entry in entries)
    found = {
        entry.composition.reduced_formula for entry, share in shares if share > _SHARE and len(entry.composition) > 1
    }
    return tuple(sorted(found.difference(available)))


def _diagram(composition: Composition, available: Collection[str], *, joint: Composition | None = None) -> PhaseDiagram:
    own = composition.element_composition.reduced_formula
    elements = elements_of(composition) | (elements_of(joint) if joint else frozenset())
    return _cached_diagram(elements, None if own in available else own)


@lru_cache(maxsize=256)
def _cached_diagram(elements: frozenset[str], without: str | None) -> PhaseDiagram:
    entries = [ComputedEntry(symbol, 0.0) for symbol in sorted(elements)]
    for formula, found in _elements().items():
        if found <= elements and formula != without:
            composition = Composition(formula)
            entries.append(ComputedEntry(composition, stable_compounds()[formula] * composition.num_atoms))
    return PhaseDiagram(entries)


def unbound_cations(elements: Iterable[str], phases: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Return the elements that share no phase with any of the anions among the elements, sorted.

    Without such a phase nothing competes for the element, and an energy above the hull means nothing.

    Parameters
    ----------
    elements
        Symbols of all elements of the compound.
    phases
        The elements of each reference phase.

    Examples
    --------
    >>> unbound_cations(["Li", "Y", "Cl"], [{"Li"}, {"Y"}, {"Cl"}, {"Li", "Cl"}])
    ('Y',)
    """
    symbols = frozenset(elements)
    anions = symbols & ANIONS
    bound = [frozenset(phase) for phase in phases if anions.intersection(phase) and symbols.issuperset(phase)]
    return tuple(
        sorted(symbol for symbol in symbols - anions if anions and not any(symbol in phase for phase in bound))
    )


def systems_of(compounds: Sequence[str], unbound: Iterable[str], elements: Iterable[str]) -> tuple[str, ...]:
    """Return the chemical systems of missing compounds, and those of unbound cations with the anions.

    Examples
    --------
    >>> systems_of(["YCl3"], [], ["Li", "Y", "Cl"]), systems_of([], ["Y"], ["Li", "Y", "Cl"])
    (('Cl-Y',), ('Cl-Y',))
    """
    anions = ANIONS.intersection(elements)
    found = {"-".join(sorted(elements_of(name))) for name in compounds}
    found |= {"-".join(sorted((symbol, anion))) for symbol in unbound for anion in anions}
    return tuple(sorted(found, key=lambda system: (system.count("-"), system)))
