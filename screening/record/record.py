"""A whole campaign as one value: what report, explain and export are made from.

It comes from the database while a campaign lives, or from `record.json` of a finished one, so that reading a
campaign never needs a server.
"""

from pydantic import Field

from screening.arrangements.candidate import Candidate
from screening.campaign.campaign import Campaign
from screening.choice.choice_record import ChoiceRecord
from screening.decision import Decision, Stage
from screening.hull.result import HullRecord
from screening.plan.composition_record import CompositionRecord
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.transport.conductivity import TransportResult
from screening.validation import ValidationRecord
from screening.value import Value


class MDRecord(Value):
    """One MD run of a candidate: where its trajectory is and what was measured in it.

    Attributes
    ----------
    candidate_id, stage
        The candidate, and the stage that the run belongs to.
    temperature_K, mean_temperature_K
        Of the thermostat, and as measured; None where it was not recorded.
    timestep_fs, steps, segments
        Time step, and number of steps and segments.
    trajectory_files
        Paths of the segments, relative to the campaign's folder.
    energy_drift_meV_atom_ps
        Largest drift of the conserved energy in a segment; None if too few frames were stored.
    transport
        Diffusion analysis; None where it was not possible.
    ended
        Why the run ended.
    core_seconds
        Spent by the engine.
    provenance
        The engine that ran it; None in records of campaigns in which one engine did everything, and said so once.
    """

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
    provenance: Provenance | None = None

    @property
    def length_ps(self) -> float:
        """Length of the run, with what is cut off as equilibration."""
        return self.steps * self.timestep_fs / 1000.0


RECORD_FORMAT = 4
"""Version of the record's layout. 2 had verdicts on runs, and decisions without temperature and probability."""


class CampaignRecord(Value):
    """Everything known about a campaign at one moment.

    Attributes
    ----------
    campaign, revision
        Campaign file with all defaults, and the hash of the settings that results depend on.
    version
        Version of IonSieve that wrote the record.
    mothers, compositions, candidates
        What the plan and the Ewald screen made.
    relaxed, references
        Relaxed candidates and reference phases, energies in eV per cell.
    hulls, md, validations
        Results of these stages, one for each candidate or run.
    decisions
        The ledger.
    seconds_by_stage, core_seconds_by_engine
        Wall-clock time by stage and core seconds by engine, added over all work.
    format
        Layout of the record; older ones are brought to the present one as they are read.
    choice
        What was predicted and what was left out; None where everything is computed and nothing was predicted.
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
    validations: tuple[ValidationRecord, ...] = ()
    seconds_by_stage: dict[str, float] = Field(default_factory=dict)
    core_seconds_by_engine: dict[str, float] = Field(default_factory=dict)
    choice: ChoiceRecord | None = Field(None, exclude_if=lambda choice: choice is None)
