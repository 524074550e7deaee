"""A candidate's MD that was decided elsewhere: its measurements and its verdict, without the trajectories.

It is kept under a hash of everything that it depends on, so that a campaign that goes on in another database takes it
up where all of that is the same, and runs the MD anew where it is not.
"""

from typing import TYPE_CHECKING

from screening.campaign.campaign import Campaign
from screening.decision import Decision
from screening.hashed import hashed
from screening.record.record import MDRecord
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.value import Value, content_hash
from workflows.md.runs import md_stage
from workflows.spec import run_subject

if TYPE_CHECKING:
    from workflows.store.results import Results


class FinishedMD(Value):
    """All runs of a candidate at one MD stage, and what was decided from them.

    Attributes
    ----------
    records
        One for each temperature.
    core_seconds
        Of all of them.
    """

    records: tuple[MDRecord, ...]
    decision: Decision
    core_seconds: float


def finished_result(stage: str) -> str:
    """Return the stage under which the finished MD of a stage is kept.

    Examples
    --------
    >>> finished_result("long_md")
    'long_md_finished'
    """
    return f"{stage}_finished"


def finished_hash(campaign: Campaign, stage: str, relaxed: RelaxedStructure, provenance: Provenance) -> str:
    """Hash of everything that runs of MD and their verdict depend on.

    Parameters
    ----------
    campaign
        Its schedule of the stage, the rule of its verdict, its seed and its audit count.
    stage
        `short_md`, `long_md` or `check_md`.
    relaxed
        Structure that the runs start from.
    provenance
        Of the engine that runs them.
    """
    settings = hashed(md_stage(campaign, stage), exclude={"engine", "segment_walltime_s"})
    rules = (campaign.verdict, campaign.audit, campaign.seed, campaign.name)
    return content_hash(stage, relaxed.id, relaxed.structure, settings, *rules, provenance)


def find_finished(
    results: "Results", stage: str, relaxed: RelaxedStructure, provenance: Provenance
) -> FinishedMD | None:
    """Return the finished MD that was brought from another database; None where there is none for these inputs.

    Parameters
    ----------
    results
        Of the campaign.
    stage, relaxed, provenance
        As for :func:`finished_hash`.
    """
    inputs_hash = finished_hash(results.entry.campaign, stage, relaxed, provenance)
    return results.get(FinishedMD, finished_result(stage), relaxed.id, inputs_hash)


def compared_hash(campaign: Campaign, relaxed: RelaxedStructure, fast: Provenance, better: Provenance) -> str:
    """Hash of everything that a comparison of long MD with a better engine depends on, without its frames.

    Parameters
    ----------
    campaign, relaxed
        As for :func:`finished_hash`.
    fast, better
        The two engines.
    """
    frames = campaign.validation.frames if campaign.validation is not None else 0
    return content_hash(finished_hash(campaign, "long_md", relaxed, fast), frames, better.energy_key)


def take_up(results: "Results", stage: str, candidate_id: str, finished: FinishedMD) -> None:
    """Enter finished MD as if it had been run here."""
    for record in finished.records:
        subject = run_subject(candidate_id, record.temperature_K)
        results.put(stage, subject, finished.decision.inputs_hash, record)
    results.decide(finished.decision)
