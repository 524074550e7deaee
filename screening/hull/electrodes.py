"""Reactions with electrodes: the alkali metal and end members of cathodes, along the whole mixing line.

After W. D. Richards et al., Chem. Mater. 28, 266 (2016), by pymatgen's `InterfacialReactivity`.
"""

from collections.abc import Sequence

from pymatgen.analysis.interface_reactions import InterfacialReactivity
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.hull.known_compounds import missing_for_reaction, systems_of, unbound_cations
from screening.hull.result import ElectrodeReaction
from screening.hull.written import written_formula, written_reaction
from screening.species import elements_of

_CATHODES = {"Na": ("NaCrO2", "NaFePO4"), "Li": ("LiCoO2", "LiNiO2")}
"""End members of common cathodes of each alkali metal (LiNiO2 in place of the NMC family)."""


def electrode_reactions(
    entry: ComputedEntry,
    references: Sequence[ComputedEntry],
    mobile: str,
    cathodes: Sequence[str] = (),
    complete: Sequence[frozenset[str]] = (),
) -> tuple[ElectrodeReaction, ...]:
    """Return the reactions with the alkali metal and with cathodes.

    Parameters
    ----------
    entry
        The electrolyte.
    references
        Competing phases, those of the cathodes' elements among them.
    mobile
        The alkali metal.
    cathodes
        Formulas. One whose elements lack a reference is reported without an energy. When left out: the usual ones of
        the alkali metal, as far as all their elements have references.
    complete
        Chemical systems of which every known phase is among the references.
    """
    available = {symbol for reference in references for symbol in elements_of(reference)}
    usual = [name for name in _CATHODES.get(mobile, ()) if elements_of(name) <= available]
    partners = dict.fromkeys((mobile, *(cathodes or usual)))
    return tuple(_reaction_or_gap(entry, partner, references, available, complete) for partner in partners)


def _reaction_or_gap(
    entry: ComputedEntry,
    partner: str,
    references: Sequence[ComputedEntry],
    available: set[str],
    complete: Sequence[frozenset[str]],
) -> ElectrodeReaction:
    lacking = sorted(elements_of(partner) - available)
    if lacking:
        return ElectrodeReaction(partner=partner, energy_meV_per_atom=None, missing_systems=tuple(lacking))
    return interface_reaction(entry, partner, references, complete)


def interface_reaction(
    entry: ComputedEntry,
    partner: str,
    references: Sequence[ComputedEntry],
    complete: Sequence[frozenset[str]] = (),
) -> ElectrodeReaction:
    """Return the most exothermic reaction of a phase with a cathode or the alkali metal, and the whole mixing line.

    The energy is that of the mixture of both phases as they are: what a metastable electrolyte releases by decomposing
    on its own is part of it.

    Parameters
    ----------
    entry
        The electrolyte.
    partner
        Formula of the other phase.
    references
        Competing phases of the joint chemical system. Without the partner among them, both partner and electrolyte
        count with the energy of the hull at their composition, and the energy is the least that can be released.
    complete
        Chemical systems of which every known phase is among the references.

    Raises
    ------
    UserError
        When an element of either has no reference.
    """
    elements = elements_of(entry) | elements_of(partner)
    available = {symbol for reference in references for symbol in elements_of(reference)}
    if not elements <= available:
        raise UserError(
            f"no reference phases with {', '.join(sorted(elements - available))}", field="partner", value=partner
        )
    joint = [reference for reference in references if elements_of(reference) <= elements]
    reduced = Composition(partner).reduced_formula
    known = any(reference.composition.reduced_formula == reduced for reference in joint)
    contact = InterfacialReactivity(
        Composition(entry.composition.element_composition.reduced_formula),
        Composition(partner),
        PhaseDiagram([*joint, entry]),
        norm=True,
        use_hull_energy=not known,
    )
    # A kink is (number, atomic share of the electrolyte, eV per atom, reaction, kJ/mol of the reaction).
    kinks = sorted(contact.get_kinks(), key=lambda kink: kink[1])
    worst = min(kinks, key=lambda kink: kink[2])
    energy = round(1000 * float(worst[2]), 6) + 0.0
    compounds, systems = _missing(entry, partner, joint, complete)
    if systems:
        # With the missing phases the mixture would react to something else, and release as much or more.
        return ElectrodeReaction(
            partner=partner,
            energy_meV_per_atom=energy,
            partner_on_hull=not known,
            missing_systems=systems,
            missing_compounds=compounds,
        )
    return ElectrodeReaction(
        partner=partner,
        energy_meV_per_atom=energy,
        reaction=written_reaction(str(worst[3])),
        products=tuple(sorted({written_formula(product) for product in worst[3].products})),
        electrolyte_share=float(worst[1]),
        curve=tuple((round(float(kink[1]), 4), round(1000 * float(kink[2]), 2)) for kink in kinks),
        partner_on_hull=not known,
    )


def _missing(
    entry: ComputedEntry, partner: str, joint: Sequence[ComputedEntry], complete: Sequence[frozenset[str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the known compounds that the reaction depends on and that have no reference, and their systems."""
    elements = elements_of(entry) | elements_of(partner)
    if any(system.issuperset(elements) for system in complete):
        return (), ()
    available = {reference.composition.element_composition.reduced_formula for reference in joint}
    compounds = missing_for_reaction(entry.composition.element_composition, Composition(partner), available)
    unbound = unbound_cations(elements, [elements_of(reference) for reference in joint])
    return tuple(sorted(map(written_formula, compounds))), systems_of(compounds, unbound, elements)
