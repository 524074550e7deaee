"""Stability of one relaxed candidate: hull energy, electrochemical window and reactions with electrodes."""

from typing import Any

from pydantic import model_validator

from screening.hull.conduction import ProductConduction
from screening.value import Value


class ElectrodeReaction(Value):
    """The most exothermic reaction of a candidate with an electrode, and the line it was found on.

    Attributes
    ----------
    partner
        Formula of the electrode.
    energy_meV_per_atom
        Negative; zero when both coexist; None when an element of the electrode has no reference.
    reaction
        Its equation; empty where there is none, or where it is withheld.
    products
        Reduced formulas.
    electrolyte_share
        Share of the atoms that belong to the electrolyte where the reaction is the most exothermic.
    curve
        Pairs of that share and the energy (meV/atom) at the kinks of the mixing line, by rising share.
    partner_on_hull
        The electrode is not among the references: it counts with the energy of the hull at its composition, and the
        real reaction can only release more.
    missing_systems
        Chemical systems of electrolyte and electrode together whose known phases the reaction depends on and that have
        no reference: with them it releases as much or more. Reaction, products and curve are then withheld.
    missing_compounds
        Those phases.
    """

    partner: str
    energy_meV_per_atom: float | None
    reaction: str = ""
    products: tuple[str, ...] = ()
    electrolyte_share: float | None = None
    curve: tuple[tuple[float, float], ...] = ()
    partner_on_hull: bool = False
    missing_systems: tuple[str, ...] = ()
    missing_compounds: tuple[str, ...] = ()

    @property
    def lower_bound(self) -> bool:
        """Whether the real reaction may release more than `energy_meV_per_atom` says."""
        return self.partner_on_hull or bool(self.missing_systems)


class HullRecord(Value):
    """Hull energy of one candidate with its decomposition, and its stability with the electrodes.

    Attributes
    ----------
    candidate_id
        The candidate.
    formation_energy_eV_per_atom
        Against the elements; None without references of all of them.
    decomposition, reaction
        Amount of each decomposition product, and the reaction as text.
    window_low_V, window_high_V
        Electrochemical window against the alkali metal; None where it is not given.
    hull_energy_meV_per_atom
        Against the references; negative when the candidate is more stable than all of them.
    hull_energy_with_campaign_meV_per_atom
        Against the references and the campaign's own phases of other compositions.
    missing_systems
        Chemical systems of which competing phases are missing: the energy is then a lower bound.
    missing_compounds
        The known compounds that compete at the composition and have no reference.
    window_missing_compounds
        The known compounds without a reference on which the window depends: it is withheld, with what is told of the
        contact with the metal.
    reduction, oxidation
        Reactions just beyond the limits of the window.
    products_at_metal, passivates_metal
        What forms in contact with the alkali metal, and whether a layer of it passivates; None when that is not known.
    product_conduction
        What is known of each product's electronic conduction, at the metal and at the cathodes.
    electrode_reactions
        Reactions with the alkali metal and with cathodes.
    """

    candidate_id: str
    hull_energy_meV_per_atom: float
    hull_energy_with_campaign_meV_per_atom: float | None = None
    formation_energy_eV_per_atom: float | None
    decomposition: dict[str, float]
    reaction: str
    missing_systems: tuple[str, ...] = ()
    missing_compounds: tuple[str, ...] = ()
    window_missing_compounds: tuple[str, ...] = ()
    window_low_V: float | None = None
    window_high_V: float | None = None
    reduction: str = ""
    oxidation: str = ""
    products_at_metal: tuple[str, ...] = ()
    passivates_metal: bool | None = None
    product_conduction: tuple[ProductConduction, ...] = ()
    electrode_reactions: tuple[ElectrodeReaction, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_format_1(cls, content: Any) -> Any:
        """Read records of format 1, which held only the energies of the reactions."""
        if isinstance(content, dict) and "electrode_reactions_meV_per_atom" in content:
            content = dict(content)
            energies = content.pop("electrode_reactions_meV_per_atom")
            content.setdefault(
                "electrode_reactions",
                [{"partner": partner, "energy_meV_per_atom": energy} for partner, energy in energies.items()],
            )
        return content

    @property
    def window_width_V(self) -> float | None:
        """Width of the electrochemical window; None when it was not computed."""
        if self.window_low_V is None or self.window_high_V is None:
            return None
        return self.window_high_V - self.window_low_V
