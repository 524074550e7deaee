"""Stability with the electrodes: the electrochemical window against the alkali metal, and reactions with electrodes.

The window is where the phase is stable, or for a metastable phase where its own decomposition products neither take up
nor give off alkali, on the grand potential diagram open to the alkali metal (W. D. Richards et al., Chem. Mater. 28,
266 (2016); Y. Zhu, X. He, Y. Mo, ACS Appl. Mater. Interfaces 7, 23685 (2015)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymatgen.analysis.interface_reactions import InterfacialReactivity
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition, Element
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.elements import ANIONS

CATHODES = {"Na": ("NaCrO2", "NaFePO4"), "Li": ("LiCoO2", "LiNiO2")}
"""End members of common cathodes of each alkali metal (LiNiO2 stands for the NMC family)."""


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


@dataclass(frozen=True)
class Interface:
    """The most exothermic reaction with another phase.

    Attributes
    ----------
    energy_meV_per_atom
        Negative; zero when they coexist.
    products
        Reduced formulas.
    """

    partner: str
    energy_meV_per_atom: float
    reaction: str
    products: tuple[str, ...]

    @property
    def passivates(self) -> bool:
        """Whether the products can stop the reaction."""
        return passivates(self.products)


def passivates(products: Sequence[str]) -> bool:
    """Tell whether products can stop a reaction: a metal or an alloy among them carries electrons through them."""
    return not any(is_metallic(product) for product in products)


def is_metallic(formula: str) -> bool:
    """Tell whether a product conducts electrons, by its formula: no anion, nor phosphorus, and not the alkali alone.

    A rule of thumb, after S. Wenzel et al., ACS Appl. Mater. Interfaces 8, 28216 (2016): sulfides and phosphides
    of alkali metals insulate, alloys of heavier elements do not. The alkali metal itself is the electrode and not a
    product. Compounds of d metals in mixed valence are not recognised: that would need a band gap.
    """
    elements = Composition(formula).elements
    if any(element.symbol in ANIONS | {"P"} for element in elements):
        return False
    return not (len(elements) == 1 and elements[0].is_alkali)


def electrode_reactions(
    entry: ComputedEntry, references: Sequence[ComputedEntry], mobile: str
) -> tuple[Interface, ...]:
    """Return the reactions with the alkali metal and with every cathode whose elements have references."""
    available = {element.symbol for ref in references for element in ref.composition.elements}
    partners = [mobile, *CATHODES.get(mobile, ())]
    return tuple(
        interface_reaction(entry, partner, references)
        for partner in partners
        if {element.symbol for element in Composition(partner).elements} <= available
    )


def electrochemical_window(entry: ComputedEntry, references: Sequence[ComputedEntry], mobile: str) -> Window:
    """Return the window of a phase against the alkali metal.

    Parameters
    ----------
    entry
        The electrolyte.
    references
        Competing phases of its chemical system, the elements among them.

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
    reduction = str(steps[index - 1][2]["reaction"]) if index > 0 else ""
    oxidation = str(steps[index + 1][2]["reaction"]) if index + 1 < len(steps) else ""
    return Window(float(low), float(max(high, low)), reduction, oxidation, _products(steps[0][2]))


def _products(step: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted({entry.composition.reduced_formula for entry in step["entries"]}))


def _on_hull(entry: ComputedEntry, references: Sequence[ComputedEntry]) -> ComputedEntry:
    """Lower a metastable phase onto the hull, as its window is defined: what remains is the driving force."""
    diagram = PhaseDiagram(list(references))
    _, above = diagram.get_decomp_and_e_above_hull(entry, allow_negative=True, check_stable=False)
    below = max(float(above), 0.0) + 1e-6
    energy = entry.energy - below * entry.composition.num_atoms
    return ComputedEntry(entry.composition.element_composition, energy, entry_id=entry.entry_id)


def interface_reaction(entry: ComputedEntry, partner: str, references: Sequence[ComputedEntry]) -> Interface:
    """Return the most exothermic reaction of a phase with a cathode or the alkali metal.

    Parameters
    ----------
    partner
        Formula of the other phase.
    references
        Competing phases of the joint chemical system. A partner that is not among them reacts from its place on the
        hull, which is the least it can release.

    Raises
    ------
    UserError
        When an element of either has no reference.
    """
    elements = {e.symbol for e in (entry.composition + Composition(partner)).elements}
    available = {e.symbol for ref in references for e in ref.composition.elements}
    if not elements <= available:
        raise UserError(
            f"no reference phases with {', '.join(sorted(elements - available))}", field="partner", value=partner
        )
    joint = [ref for ref in references if {e.symbol for e in ref.composition.elements} <= elements]
    diagram = PhaseDiagram([*joint, entry])
    known = any(ref.composition.reduced_formula == Composition(partner).reduced_formula for ref in references)
    contact = InterfacialReactivity(
        Composition(entry.composition.element_composition.reduced_formula),
        Composition(partner),
        diagram,
        norm=True,
        use_hull_energy=not known,
    )
    worst = min(contact.get_kinks(), key=lambda kink: kink[2])
    products = tuple(sorted({product.reduced_formula for product in worst[3].products}))
    return Interface(partner, 1000 * float(worst[2]), str(worst[3]), products)
