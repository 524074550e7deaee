"""A hull record in sentences, for the report and `ionsieve explain`."""

from collections.abc import Iterator, Sequence

from ewald.numbers import first_few, milli_eV, significant, volts
from screening.hull.conduction import Conduction, ProductConduction
from screening.hull.result import ElectrodeReaction, HullRecord
from screening.species import elements_of

_NAMED_SYSTEMS = 4
"""Missing phases or systems named in a sentence; the record has all of them."""


def hull_phrase(energy_meV_per_atom: float) -> str:
    """Say in words where a phase lies against the hull of its competitors.

    Examples
    --------
    >>> hull_phrase(12.3), hull_phrase(-4.0), hull_phrase(2e-4)
    ('12 meV/atom above the hull', 'stable, 4 meV/atom below the hull of its competitors', 'on the hull')
    """
    shown = milli_eV(abs(energy_meV_per_atom))
    if shown == "0":
        return "on the hull"
    if energy_meV_per_atom < 0:
        return f"stable, {shown} meV/atom below the hull of its competitors"
    return f"{shown} meV/atom above the hull"


def hull_number(hull: HullRecord | None) -> str:
    """Return the hull energy (meV/atom) for a table, marked where it is a lower bound; a dash where there is none."""
    if hull is None:
        return milli_eV(None)
    mark = "\u2265 " if hull.missing_systems else ""
    return mark + milli_eV(hull.hull_energy_meV_per_atom)


def hull_place(hull: HullRecord | None) -> str:
    """Say in words where a phase lies: above the hull, or below the hull of all other phases."""
    if hull is None or hull.hull_energy_meV_per_atom >= 0:
        return f"{hull_number(hull)} meV/atom above the hull"
    place = f"{milli_eV(-hull.hull_energy_meV_per_atom)} meV/atom below the hull of the other phases"
    return f"at most {place}" if hull.missing_systems else place


def missing_phrase(compounds: Sequence[str], systems: Sequence[str]) -> str:
    """Name the phases that are missing, or the systems of which none is known by name.

    Examples
    --------
    >>> missing_phrase(["YCl3"], ["Cl-Y"]), missing_phrase([], ["Cl-Y", "Cl-Er"])
    ('no reference of YCl3', 'no reference phase of Cl-Y, Cl-Er')
    """
    named = {"-".join(sorted(elements_of(name))) for name in compounds}
    others = [system for system in systems if system not in named]
    parts = [f"no reference of {first_few(compounds, _NAMED_SYSTEMS)}"] if compounds else []
    return " and ".join([*parts, *([f"no reference phase of {first_few(others, _NAMED_SYSTEMS)}"] if others else [])])


def _window_phrase(hull: HullRecord) -> str:
    """Return the window, or an empty text when it was not computed."""
    width_V = hull.window_width_V
    if width_V is None:
        missing = hull.window_missing_compounds or hull.missing_compounds
        if not hull.electrode_reactions or not (missing or hull.missing_systems):
            return ""
        return f"not given, because it would be too wide: {missing_phrase(missing, hull.missing_systems)}"
    if round(width_V, 2) <= 0:
        return "no window: it reacts with the alkali metal's reservoir at every voltage"
    return f"{volts(hull.window_low_V)} to {volts(hull.window_high_V)} V against the alkali metal"


def electrode_sentences(hull: HullRecord) -> Iterator[tuple[str, str]]:
    """Yield (title, sentence) of everything known about the electrodes; nothing when it was not computed."""
    window = _window_phrase(hull)
    if window:
        yield "Window", window
    if hull.window_width_V is not None:
        yield "Reduction below it", hull.reduction or "none down to 0 V"
        yield "Oxidation above it", hull.oxidation or "none"
    if hull.products_at_metal:
        yield "In contact with the metal", passivation_phrase(hull)
    for reaction in hull.electrode_reactions:
        yield f"Reaction with {reaction.partner}", reaction_phrase(reaction)


def passivation_phrase(hull: HullRecord) -> str:
    """Say what forms in contact with the alkali metal, and whether the layer passivates."""
    products = " + ".join(hull.products_at_metal)
    known = {product.formula: product for product in hull.product_conduction}
    here = [known[name] for name in hull.products_at_metal if name in known]
    if hull.passivates_metal is True:
        return f"{products}: passivating, no product conducts electrons ({_basis(here)})"
    if hull.passivates_metal is False:
        conductors = [product for product in here if product.conduction is Conduction.CONDUCTS]
        named = _basis(conductors) or "by the formula"
        return f"{products}: not passivating, electrons pass through the layer ({named})"
    doubtful = [product for product in here if product.conduction is Conduction.DOUBTFUL]
    return f"{products}: unclear whether the layer passivates ({_basis(doubtful) or 'nothing is known'})"


def reaction_phrase(reaction: ElectrodeReaction) -> str:
    """Say what the most exothermic reaction with an electrode is and how sure that is."""
    if reaction.energy_meV_per_atom is None:
        return f"unknown: {missing_phrase(reaction.missing_compounds, reaction.missing_systems)}"
    energy = f"{significant(reaction.energy_meV_per_atom)} meV/atom"
    if reaction.missing_systems:
        missing = missing_phrase(reaction.missing_compounds, reaction.missing_systems)
        return f"{energy} or more negative; the reaction is withheld, competing phases are missing ({missing})"
    if reaction.energy_meV_per_atom > -0.5:
        text = "none: both coexist"
    elif reaction.electrolyte_share is None:
        text = energy
    else:
        text = f"{energy} where {reaction.electrolyte_share:.0%} of the atoms are electrolyte: {reaction.reaction}"
    if reaction.partner_on_hull:
        text += f"; lower bound: {reaction.partner} is not among the references and counts with the energy of the hull"
    return text


def _basis(products: Sequence[ProductConduction]) -> str:
    return "; ".join(f"{product.formula} {product.conduction}, {product.basis}" for product in products)
