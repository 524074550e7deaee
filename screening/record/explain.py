"""The story of one candidate: where it comes from, what was measured, what followed."""

import difflib
from collections.abc import Iterable, Iterator, Sequence

from ewald.errors import UserError
from ewald.numbers import count, counted, interval, named_estimate, significant
from screening.decision import CANDIDATE_STAGES, CHECKS, Decision, Stage, Verdict
from screening.record.audit import filter_recall, recall_sentence
from screening.record.facts import Fact, candidate_facts
from screening.record.history import CandidateHistory, histories
from screening.record.ledger import ordered
from screening.record.prior_check import choice_lines
from screening.record.record import CampaignRecord, MDRecord


class UnknownCandidateError(UserError):
    """The campaign has no candidate of this name."""


def explain_candidate(record: CampaignRecord, subject: str) -> str:
    """Tell the story of a candidate, or of a composition with the names of its candidates, as plain text.

    Parameters
    ----------
    record
        The campaign.
    subject
        Candidate id or composition id.

    Raises
    ------
    UnknownCandidateError
        When there is neither; the message names the nearest ids.
    """
    found = histories(record)
    if subject in found:
        lines = list(_candidate_story(record, found[subject]))
    elif any(composition.id == subject for composition in record.compositions):
        lines = list(_composition_story(record, subject, found))
    else:
        raise unknown_candidate(record, subject)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def unknown_candidate(record: CampaignRecord, subject: str) -> UnknownCandidateError:
    """Return the error for a name that no candidate or composition has, with the nearest names."""
    names = [candidate.id for candidate in record.candidates] + [composition.id for composition in record.compositions]
    near = difflib.get_close_matches(subject, names, n=3, cutoff=0.5) or names[:3]
    fix = f"did you mean {', '.join(near)}?" if near else "the campaign has no candidates yet"
    return UnknownCandidateError(
        f"campaign {record.campaign.name} has no such candidate", field="CANDIDATE", value=subject, fix=fix
    )


def _candidate_story(record: CampaignRecord, history: CandidateHistory) -> Iterator[str]:
    candidate = history.candidate
    yield f"{candidate.id}: {candidate.formula}, arrangement {candidate.rank} of {candidate.composition_id}"
    yield f"campaign {record.campaign.name}, revision {record.revision}, IonSieve {record.version}"
    if record.campaign.demonstration:
        yield "(a demonstration: cells and runs too short to publish)"
    yield f"In short: {_end(history)}"
    failed = history.failed_at()
    if history.superseded_by() is None:
        yield from (f"({recall_sentence(found)}.)" for found in filter_recall(record) if found.stage is failed)
    yield ""
    composition = [d for d in ordered(record.decisions) if d.subject == candidate.composition_id]
    if composition:
        yield from _section("Composition", decisions=composition)
    predicted = list(choice_lines(record, candidate.composition_id))
    if predicted:
        yield from ("Prediction and choice", *(f"  {line}" for line in predicted), "")
    facts = candidate_facts(history)
    for stage in (Stage.EWALD, *CANDIDATE_STAGES, *CHECKS):
        runs = history.runs(stage)
        if stage in facts or runs or history.decided(stage):
            yield from _section(stage.heading, facts.get(stage, ()), runs, history.decided(stage))


def _section(
    title: str, facts: Iterable[Fact] = (), runs: Sequence[MDRecord] = (), decisions: Iterable[Decision] = ()
) -> Iterator[str]:
    """Tell one stage: the runs, what is known, what was decided; warnings of the runs are not repeated."""
    yield title
    for run in runs:
        yield from _run(run)
    yield from (f"  {fact}" for fact in facts)
    shown = [warning for run in runs if run.transport is not None for warning in run.transport.warnings]
    yield from _decisions(decisions, shown)
    yield ""


def _run(run: MDRecord) -> Iterator[str]:
    yield (
        f"  {run.temperature_K:g} K: {run.steps:,} steps of {run.timestep_fs:g} fs = "
        f"{significant(run.length_ps)} ps in {counted(run.segments, 'segment')}; "
        f"ended: {run.ended}" + (f"; {run.provenance.code} {run.provenance.version}" if run.provenance else "")
    )
    result = run.transport
    if result is not None:
        yield (
            f"    {named_estimate('D', result.D_cm2_s, 'cm2/s')}, "
            f"{named_estimate('sigma', result.sigma_mS_cm, 'mS/cm')} at {result.temperature_K:g} K"
        )
        yield (
            f"    {result.mobile_ions} {result.species} ions, {significant(result.hops_per_ion, 2)} hops per ion, "
            f"framework moved {significant(result.framework_msd_A2, 2)} A2, "
            f"{significant(result.length_ps)} ps analysed after "
            f"{significant(result.equilibration_ps)} ps"
        )
        if result.haven_ratio is not None:
            yield f"    Haven ratio {significant(result.haven_ratio, 2)}"
        for warning in result.warnings:
            yield f"    warning: {warning}"
    for name in run.trajectory_files:
        yield f"    file {name}"


def _decisions(decisions: Iterable[Decision], shown: Sequence[str] = ()) -> Iterator[str]:
    """Tell decisions; warnings that are `shown` with the runs are left out."""
    for decision in decisions:
        yield from _decision(decision, shown)


def _decision(decision: Decision, shown: Sequence[str]) -> Iterator[str]:
    bound = f" ({decision.bound})" if decision.bound else ""
    measured = f"{decision.quantity} {decision.written_value} {decision.unit}{bound}"
    if not decision.bound and (decision.low95 is not None or decision.high95 is not None):
        measured += f" (95 %: {interval(decision.low95, decision.high95)})"
    if decision.threshold is not None:
        measured += f", threshold {significant(decision.threshold)} {decision.unit}"
    yield f"  => {decision.verdict.upper()}: {decision.reason}"
    yield f"     {measured}"
    if decision.audited:
        yield "     continued despite rejection, as an audit sample"
    for warning in decision.warnings:
        if warning not in shown:
            yield f"     warning: {warning}"
    yield f"     stage {decision.stage}, inputs {decision.inputs_hash}, IonSieve {decision.version}"


def _end(history: CandidateHistory) -> str:
    """Say in one sentence how far the candidate came, and why."""
    failed = history.failed_at()
    if failed is not None:
        decision = next(d for d in history.decided(failed) if d.verdict is Verdict.FAIL)
        instead = history.superseded_by()
        followed = f" {instead} continues instead." if instead and instead not in decision.reason else ""
        audited = " It is continued despite the rejection, as an audit sample." if decision.audited else ""
        return f"stopped at {failed.heading}: {decision.reason}.{followed}{audited}"
    reached = history.reached()
    verdict = history.verdict(reached)
    if verdict is None:
        return f"waits at {reached.heading}: no verdict yet."
    decision = history.decided(reached)[-1]
    return f"{verdict} at {reached.heading}: {decision.reason}."


def _composition_story(record: CampaignRecord, subject: str, found: dict[str, CandidateHistory]) -> Iterator[str]:
    composition = next(item for item in record.compositions if item.id == subject)
    yield (
        f"{composition.id}: {composition.formula} from {composition.mother}, compensated by {composition.compensation}"
    )
    yield (
        f"  {composition.ions} ions, {count(composition.configurations)} arrangements, search "
        f"{composition.method or 'not run yet'}"
    )
    yield from _decisions(decision for decision in ordered(record.decisions) if decision.subject == subject)
    yield from (f"  {line}" for line in choice_lines(record, subject))
    mine = [history for history in found.values() if history.candidate.composition_id == subject]
    yield "Candidates" if mine else "No candidates yet."
    for history in mine:
        yield f"  {history.id}: {history.candidate.ewald_energy_eV:.6f} eV. {_end(history)}"
