"""The electrochemical window against the alkali metal.

It is where the phase is stable, or for a metastable phase where its own decomposition products neither take up
nor give off alkali, on the grand potential diagram open to the alkali metal (W. D. Richards et al., Chem. Mater. 28,
266 (2016); Y. Zhu, X. He, Y. Mo, ACS Appl. Mater. Interfaces 7, 23685 (2015)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition, Element
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.hull.written import written_formula, written_reaction


@dataclass(frozen=True)
class Window:
    """The electrochemical window against the alkali metal, in V.

    Attributes
    ----------
    low_V, high_V
        Reduction and oxidation limit.
    reduction, oxidation
        Reactions just beyond the limits; empty when there is none.
    at_metal
        Products in contact with the alkali metal (0 V).
    """

    low_V: float
    high_V: float
    reduction: str
    oxidation: str
    at_metal: tuple[str, ...]


def electrochemical_window(entry: ComputedEntry, references: Sequence[ComputedEntry], mobile: str) -> Window:
    """Return the window of a phase against the alkali metal.

    Parameters
    ----------
    entry
        The electrolyte.
    references
        Competing phases of its chemical system, the elements among them.
    mobile
        Symbol of the alkali metal.

    Raises
    ------
    UserError
        When the alkali metal does not occur in the phase.
    """
    element = Element(mobile)
    if element not in entry.composition.element_composition:
        raise UserError("does not occur in the phase", field="mobile", value=mobile)
    diagram = PhaseDiagram([*references, _on_hull(entry, references)])
    metal = diagram.el_refs[element].energy_per_atom
    composition = Composition(entry.composition.element_composition.reduced_formula)
    profile = diagram.get_element_profile(element, composition)
    steps = [(metal - step["chempot"], float(step["evolution"]), step) for step in profile]
    # Each step holds from its own voltage up to that of the next, with rising voltage as alkali leaves.
    steps.sort(key=lambda item: item[0])
    at_zero = [step for step in steps if abs(step[1]) < 1e-6]
    if not at_zero:
        return Window(0.0, 0.0, "", "", _products(steps[0][2]))
    return _limits(steps)


def _limits(steps: list[tuple[float, float, dict[str, Any]]]) -> Window:
    index = next(i for i, step in enumerate(steps) if abs(step[1]) < 1e-6)
    low = max(steps[index][0], 0.0)
    high = steps[index + 1][0] if index + 1 < len(steps) else low
    reduction = written_reaction(str(steps[index - 1][2]["reaction"])) if index > 0 else ""
    oxidation = written_reaction(str(steps[index + 1][2]["reaction"])) if index + 1 < len(steps) else ""
    return Window(float(low), float(max(high, low)), reduction, oxidation, _products(steps[0][2]))


def _products(step: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted({written_formula(entry.composition) for entry in step["entries"]}))


def _on_hull(entry: ComputedEntry, references: Sequence[ComputedEntry]) -> ComputedEntry:
    """Lower a metastable phase onto the hull, as its window is defined: what remains is the driving force."""
    diagram = PhaseDiagram(list(references))
    _, above = diagram.get_decomp_and_e_above_hull(entry, allow_negative=True, check_stable=False)
    below = max(float(above), 0.0) + 1e-6
    energy = entry.energy - below * entry.composition.num_atoms
    return ComputedEntry(entry.composition.element_composition, energy, entry_id=entry.entry_id)
