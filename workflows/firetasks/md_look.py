"""The Firetask that looks at a growing MD run: analyse, decide, extend it or send the candidate on."""

from dataclasses import dataclass
from typing import cast

from fireworks import FWAction, explicit_serialize

from ewald.errors import UserError
from ewald.version import __version__
from screening.arrangements.candidate import Candidate
from screening.campaign.stages import MDStage
from screening.decision import Decision, Stage, Verdict
from screening.record.audit import audited
from screening.record.record import MDRecord
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from screening.transport.analysis import analyse
from screening.transport.arrhenius import JudgedConductivity, judged_conductivity
from screening.transport.conductivity import TransportResult
from screening.transport.extension import temperatures_to_extend
from screening.transport.verdict import decide_md
from screening.value import content_hash
from workflows.builders.md import md_extension, md_others, md_repeat, md_start, validation_work
from workflows.engines.engine import MDSegment
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.firetasks.turns import next_in_turn
from workflows.md.finished import find_finished, take_up
from workflows.md.repair import first_damaged
from workflows.md.runs import md_stage, segments_of, trajectory_of
from workflows.md.schedule import MDStageName, parts_of, schedule
from workflows.spec import run_subject
from workflows.store.entry import Failure
from workflows.store.results import required


@dataclass(frozen=True)
class _Run:
    """One temperature of the MD of a candidate, and what its analysis says."""

    temperature_K: float
    segments: tuple[MDSegment, ...]
    transport: TransportResult


@explicit_serialize
class MDLookTask(StageTask):
    """Judge the MD of a candidate as far as it has come; while it is undecided and the budget lasts, extend it."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Analyse all temperatures, decide together."""
        spec = context.spec
        name = cast("MDStageName", spec.stage.removesuffix("_look"))
        withdrawn = context.withdrawn()
        if withdrawn is not None:
            context.campaign_results.withdraw(spec.subject, [name])
            return FWAction(stored_data={"verdict": "withdrawn", "reason": withdrawn.reason})
        relaxed = required(context.results, RelaxedStructure, "relax", spec.subject)
        finished = find_finished(context.results, name, relaxed, context.engine.provenance)
        if finished is not None:
            take_up(context.results, name, spec.subject, finished)
            return _go_on(context, name, finished.decision, "finished elsewhere")
        settings = md_stage(context.entry.campaign, name)
        plan = schedule(settings)
        failed = next(iter(context.campaign_results.failures(stage=name, subject=spec.subject)), None)
        if failed is not None:
            return _given_up(context, name, failed)
        damaged = _damaged(context, name, settings)
        if damaged:
            again = md_repeat(spec, name, damaged)
            return FWAction(
                detours=context.missing([again]), stored_data={"verdict": "damaged trajectories are run again"}
            )
        try:
            runs = [_analysed(context, name, *run) for run in parts_of(spec, settings).items() if run[1]]
        except UserError:
            # Damaged since it was compared; a look that is repeated finds it.
            if not _damaged(context, name, settings):
                raise
            return self.run_stage(context)
        melted = any(not run.transport.framework_intact for run in runs)
        judged = _judged(context, runs)
        more = () if melted or spec.part >= plan.parts else _worth_extending(context, runs, judged)
        waiting = not melted and len(runs) < len(settings.temperatures_K)
        decision = _decision(context, name, runs, judged, final=not (more or waiting))
        if waiting and decision.verdict is not Verdict.FAIL:
            others = md_others(spec, name, settings)
            return FWAction(detours=context.missing([others]), stored_data={"verdict": "the colder runs may decide"})
        if decision.verdict is Verdict.UNDECIDED and more:
            extension = md_extension(spec, name, settings, more)
            return FWAction(detours=context.missing([extension]), stored_data={"verdict": "undecided, extended"})
        decision = audited(_melted(decision) if melted else decision, context.entry.campaign)
        ended = "melted" if melted else str(decision.verdict)
        for run in runs:
            record = _record(context, name, run, ended)
            subject = run_subject(spec.subject, run.temperature_K)
            context.results.put(name, subject, decision.inputs_hash, record, seconds=context.seconds)
        context.results.decide(decision)
        return _go_on(context, name, decision, ended)


def _go_on(context: StageContext, name: MDStageName, decision: Decision, ended: str) -> FWAction:
    """Add what follows from the verdict."""
    spec, campaign = context.spec, context.entry.campaign
    added = []
    if name == "short_md" and (decision.verdict is not Verdict.FAIL or decision.audited):
        added = [md_start(spec, "long_md", spec.subject, campaign.long_md)]
    # Of those that long MD rejects, the audited are compared as well: a fast engine may be wrong in either direction.
    if name == "long_md" and campaign.validation and (decision.verdict is not Verdict.FAIL or decision.audited):
        added = [validation_work(spec)]
    return FWAction(additions=[*context.missing(added), *next_in_turn(context)], stored_data={"verdict": ended})


def _given_up(context: StageContext, name: MDStageName, failure: Failure) -> FWAction:
    """Enter in the ledger that the MD of this candidate could not be finished."""
    decision = Decision(
        campaign=context.entry.name,
        subject=context.spec.subject,
        stage=Stage(name),
        quantity="conductivity",
        value=None,
        unit="mS/cm",
        threshold=context.entry.campaign.verdict.threshold_mS_cm,
        verdict=Verdict.UNDECIDED,
        reason=f"the MD was given up ({failure.key}): {failure.reason}",
        inputs_hash=content_hash(context.spec.subject, name, failure.key, failure.kind),
        version=__version__,
    )
    context.results.decide(decision)
    return FWAction(additions=next_in_turn(context), stored_data={"verdict": "given up"})


def _damaged(context: StageContext, name: MDStageName, settings: MDStage) -> dict[float, int]:
    """Return the temperatures, with the segments, of runs whose trajectories are not what was written."""
    return {
        temperature: parts
        for temperature, parts in parts_of(context.spec, settings).items()
        if first_damaged(segments_of(context.results, name, context.spec.subject, temperature, parts)) is not None
    }


def _judged(context: StageContext, runs: list[_Run]) -> JudgedConductivity:
    campaign = context.entry.campaign
    return judged_conductivity([run.transport for run in runs], campaign.verdict, seed=campaign.seed)


def _worth_extending(context: StageContext, runs: list[_Run], judged: JudgedConductivity) -> tuple[float, ...]:
    return temperatures_to_extend([run.transport for run in runs], judged, context.entry.campaign.verdict)


def _analysed(context: StageContext, name: MDStageName, temperature_K: float, parts: int) -> _Run:
    spec = context.spec
    campaign = context.entry.campaign
    candidate = required(context.results, Candidate, "candidate", spec.subject)
    relaxed = required(context.results, RelaxedStructure, "relax", spec.subject)
    segments = segments_of(context.results, name, spec.subject, temperature_K, parts)
    transport = analyse(
        trajectory_of(segments),
        species=candidate.mobile_ion,
        temperature_K=temperature_K,
        host_structure=relaxed.structure,
        equilibration_ps=md_stage(campaign, name).equilibration_ps,
        estimator=campaign.verdict.estimator,
    )
    seen = (*transport.warnings, *(warning for segment in segments for warning in segment.warnings))
    noted = transport.model_copy(update={"warnings": tuple(dict.fromkeys(seen))})
    return _Run(temperature_K, segments, noted)


def _decision(
    context: StageContext, name: MDStageName, runs: list[_Run], judged: JudgedConductivity, *, final: bool
) -> Decision:
    campaign = context.entry.campaign
    plan = schedule(md_stage(campaign, name))
    return decide_md(
        context.spec.subject,
        campaign.name,
        Stage(name),
        judged,
        campaign.verdict,
        results=[run.transport for run in runs],
        earlier=_short_runs(context, runs) if name == "long_md" else (),
        look=plan.look(context.spec.part),
        planned_looks=plan.looks,
        final=final,
        inputs=content_hash([[segment.sha256 for segment in run.segments] for run in runs]),
    )


def _short_runs(context: StageContext, runs: list[_Run]) -> list[TransportResult]:
    """Return what the short MD measured at these temperatures, where the same engine ran it."""
    subject, engine = context.spec.subject, _engine(context)
    names = [run_subject(subject, run.temperature_K) for run in runs]
    records = [context.results.get(MDRecord, "short_md", name) for name in names]
    return [r.transport for r in records if r is not None and r.transport is not None and r.provenance == engine]


def _engine(context: StageContext) -> Provenance | None:
    """Return what records of MD say of the engine."""
    return context.engine.provenance if context.entry.campaign.engines else None


def _melted(decision: Decision) -> Decision:
    return decision.model_copy(
        update={
            "verdict": Verdict.FAIL,
            "reason": "the host framework melted during the run, so no conductivity of this phase can be given",
        }
    )


def _record(context: StageContext, name: MDStageName, run: _Run, ended: str) -> MDRecord:
    drifts = [s.energy_drift_meV_atom_ps for s in run.segments if s.energy_drift_meV_atom_ps is not None]
    steps = sum(segment.steps for segment in run.segments)
    heat = sum(segment.mean_temperature_K * segment.steps for segment in run.segments)
    return MDRecord(
        candidate_id=context.spec.subject,
        stage=Stage(name),
        temperature_K=run.temperature_K,
        timestep_fs=md_stage(context.entry.campaign, name).timestep_fs,
        steps=steps,
        segments=len(run.segments),
        trajectory_files=tuple(str(segment.path.relative_to(context.folder)) for segment in run.segments),
        energy_drift_meV_atom_ps=max(drifts, key=abs) if drifts else None,
        mean_temperature_K=heat / steps if steps else None,
        transport=run.transport,
        ended=ended,
        core_seconds=sum(segment.core_seconds for segment in run.segments),
        provenance=_engine(context),
    )
