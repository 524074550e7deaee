"""What a hull record says, in sentences."""

from collections.abc import Iterator, Sequence

from ewald.numbers import milli_eV, significant, volts
from screening.hull.conduction import Conduction, ProductConduction
from screening.hull.result import ElectrodeReaction, HullRecord

NAMED_SYSTEMS = 4
"""Missing systems named in a sentence; the record has all of them."""


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


def window_phrase(hull: HullRecord) -> str:
    """Return the window, or an empty text when it was not computed."""
    if hull.window_low_V is None or hull.window_high_V is None:
        return ""
    if round(hull.window_high_V - hull.window_low_V, 2) <= 0:
        return "no window: it reacts with the alkali metal's reservoir at every voltage"
    return f"{volts(hull.window_low_V)} to {volts(hull.window_high_V)} V against the alkali metal"


def electrode_sentences(hull: HullRecord) -> Iterator[tuple[str, str]]:
    """Yield (title, sentence) of everything known about the electrodes; nothing when it was not computed."""
    window = window_phrase(hull)
    if window:
        yield "Window", window
        yield "Reduction below it", hull.reduction or "none down to 0 V"
        yield "Oxidation above it", hull.oxidation or "none"
    if hull.products_at_metal:
        yield "In contact with the metal", passivation_phrase(hull)
    for reaction in hull.electrode_reactions:
        yield f"Reaction with {reaction.partner}", reaction_phrase(reaction)


def passivation_phrase(hull: HullRecord) -> str:
    """Say what forms in contact with the alkali metal, and whether that stops the reaction."""
    products = " + ".join(hull.products_at_metal)
    known = {product.formula: product for product in hull.product_conduction}
    here = [known[name] for name in hull.products_at_metal if name in known]
    if hull.passivates_metal is True:
        return f"{products}: no product carries electrons, so the layer can stop the reaction ({_basis(here)})"
    if hull.passivates_metal is False:
        guilty = [product for product in here if product.conduction is Conduction.CONDUCTS]
        named = _basis(guilty) or "judged by formula"
        return f"{products}: electrons pass through the layer and it grows on ({named})"
    doubtful = [product for product in here if product.conduction is Conduction.DOUBTFUL]
    return f"{products}: whether the layer stops the reaction is open ({_basis(doubtful) or 'nothing is known'})"


def reaction_phrase(reaction: ElectrodeReaction) -> str:
    """Say what the most exothermic reaction with an electrode is and how sure that is."""
    if reaction.energy_meV_per_atom is None:
        return f"unknown: no reference phase of {', '.join(reaction.missing_systems)}"
    energy = f"{significant(reaction.energy_meV_per_atom)} meV/atom"
    if reaction.energy_meV_per_atom > -0.5:
        said = "none: both coexist"
    elif reaction.electrolyte_share is None:
        said = energy
    else:
        said = f"{energy} where {reaction.electrolyte_share:.0%} of the atoms are electrolyte: {reaction.reaction}"
    if reaction.partner_on_hull:
        said += f"; {reaction.partner} is not among the references and reacts from its place on the hull: a lower bound"
    return said + weaker(reaction.missing_systems)


def weaker(systems: Sequence[str]) -> str:
    """Say that a figure is weaker for want of references, or nothing."""
    if not systems:
        return ""
    more = f" and {len(systems) - NAMED_SYSTEMS} more systems" if len(systems) > NAMED_SYSTEMS else ""
    return f"; weaker: no reference phase in {', '.join(systems[:NAMED_SYSTEMS])}{more}"


def _basis(products: Sequence[ProductConduction]) -> str:
    return "; ".join(f"{product.formula} {product.conduction}, {product.basis}" for product in products)
