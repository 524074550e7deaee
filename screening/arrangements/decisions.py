"""The Ewald stage as lines of the ledger: one for each arrangement that it keeps."""

from collections.abc import Mapping, Sequence

from ewald.version import __version__
from screening.arrangements.candidate import Candidate
from screening.decision import Decision, Stage, Verdict
from screening.plan.composition_record import CompositionRecord
from screening.value import content_hash


def ewald_decisions(
    campaign: str,
    record: CompositionRecord,
    candidates: Sequence[Candidate],
    inputs_hash: str,
    duplicates: Mapping[str, str] | None = None,
) -> tuple[Decision, ...]:
    """Return one decision for each arrangement that continues, with its energy above the lowest of its composition.

    Parameters
    ----------
    campaign
        Name of the campaign.
    record, candidates
        What :func:`screening.arrangements.stage.screen_composition` returned.
    inputs_hash
        :func:`screening.arrangements.stage.stage_hash` of the inputs.
    duplicates
        What :func:`screening.arrangements.duplicates.equal_arrangements` found: those candidates fail here.
    """
    proof = "proven lowest" if record.certified else "best found, not proven"
    lowest_eV = min(record.energies_eV)
    copies_of = duplicates or {}

    def line(candidate: Candidate) -> Decision:
        original = copies_of.get(candidate.id)
        rank = f"rank {candidate.rank} of {record.configurations} arrangements ({proof})"
        reason = f"{rank}, multiplicity {candidate.multiplicity}"
        return Decision(
            campaign=campaign,
            subject=candidate.id,
            stage=Stage.EWALD,
            quantity="energy_above_lowest",
            value=candidate.ewald_energy_eV - lowest_eV,
            unit="eV",
            threshold=None,
            verdict=Verdict.PASS if original is None else Verdict.FAIL,
            reason=reason if original is None else f"{reason}; the same crystal as {original}, which continues instead",
            inputs_hash=inputs_hash if original is None else content_hash(inputs_hash, original),
            version=__version__,
            superseded_by=original,
        )

    return tuple(line(candidate) for candidate in candidates)
