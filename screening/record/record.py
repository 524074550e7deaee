"""A whole campaign as one value: what report, explain and export are made from.

It comes from the database while a campaign lives, or from `record.json` of a finished one, so that reading a
campaign never needs a server.
"""

from pydantic import Field

from screening.arrangements.candidate import Candidate
from screening.campaign import Campaign
from screening.decision import Decision, Stage
from screening.hull.conduction import ProductConduction
from screening.relaxation.relaxation import RelaxedStructure
from screening.transport.conductivity import TransportResult
from screening.value import Value


class CompositionRecord(Value):
    """One composition of the plan and the outcome of its Ewald screen.

    Counts are exact integers kept as text, because they can exceed what a database stores.
    """

    id: str
    mother: str
    formula: str
    supercell: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]
    ions: int
    compensation: str
    configurations: str
    distinct_configurations: str | None
    method: str | None = None
    certified: bool | None = None
    gap_eV: float | None = None
    evaluated: str | None = None
    seconds: float | None = None
    energies_eV: tuple[float, ...] = ()
    histogram_edges_eV: tuple[float, ...] = ()
    histogram_counts: tuple[float, ...] = ()


class ElectrodeReaction(Value):
    """The most exothermic reaction of a candidate with an electrode, and the line it was found on.

    Attributes
    ----------
    partner
        Formula of the electrode.
    energy_meV_per_atom
        Negative; zero when both coexist; None when an element of the electrode has no reference.
    products
        Reduced formulas.
    electrolyte_share
        Share of the atoms that belong to the electrolyte where the reaction is the most exothermic.
    curve
        Pairs of that share and the energy (meV/atom) at the kinks of the mixing line, by rising share.
    partner_on_hull
        The electrode is not among the references and reacts from its place on the hull: the energy is the least
        possible.
    missing_systems
        Chemical systems of electrolyte and electrode together without any reference: the figure is weaker.
    """

    partner: str
    energy_meV_per_atom: float | None
    reaction: str = ""
    products: tuple[str, ...] = ()
    electrolyte_share: float | None = None
    curve: tuple[tuple[float, float], ...] = ()
    partner_on_hull: bool = False
    missing_systems: tuple[str, ...] = ()


class HullRecord(Value):
    """Hull energy of one candidate with its decomposition, and its stability with the electrodes.

    Attributes
    ----------
    hull_energy_meV_per_atom
        Against the references; negative when the candidate is more stable than all of them.
    hull_energy_with_campaign_meV_per_atom
        Against the references and the campaign's own phases of other compositions.
    missing_systems
        Chemical systems without any reference: the energy is then a lower bound.
    reduction, oxidation
        Reactions just beyond the limits of the window.
    products_at_metal, passivates_metal
        What forms in contact with the alkali metal, and whether these products can stop the reaction; None when that
        is not known.
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
    window_low_V: float | None = None
    window_high_V: float | None = None
    reduction: str = ""
    oxidation: str = ""
    products_at_metal: tuple[str, ...] = ()
    passivates_metal: bool | None = None
    product_conduction: tuple[ProductConduction, ...] = ()
    electrode_reactions: tuple[ElectrodeReaction, ...] = ()


class MDRecord(Value):
    """One MD run of a candidate: where its trajectory is and what it said."""

    candidate_id: str
    stage: Stage
    temperature_K: float
    timestep_fs: float
    steps: int
    segments: int
    trajectory_files: tuple[str, ...]
    energy_drift_meV_atom_ps: float | None
    mean_temperature_K: float | None
    transport: TransportResult | None
    ended: str
    core_seconds: float = 0.0


RECORD_FORMAT = 3
"""Version of the record's layout. 2 had verdicts on runs, and decisions without temperature and probability."""


class CampaignRecord(Value):
    """Everything known about a campaign at one moment.

    Attributes
    ----------
    format
        Layout of the record; older ones are brought to the present one as they are read.
    """

    format: int = RECORD_FORMAT
    campaign: Campaign
    revision: str
    version: str
    mothers: tuple[str, ...]
    compositions: tuple[CompositionRecord, ...]
    candidates: tuple[Candidate, ...]
    relaxed: tuple[RelaxedStructure, ...]
    references: tuple[RelaxedStructure, ...]
    hulls: tuple[HullRecord, ...]
    md: tuple[MDRecord, ...]
    decisions: tuple[Decision, ...]
    seconds_by_stage: dict[str, float] = Field(default_factory=dict)
