"""The Firetask that runs one segment of an MD run."""

from pathlib import Path

from fireworks import FWAction, Workflow, explicit_serialize

from screening.decision import Stage
from screening.relaxation.relaxation import RelaxedStructure
from screening.value import content_hash
from workflows.builders.firework import firework
from workflows.campaign.folders import sole_worker, stage_folder
from workflows.engines.engine import MDSegment, MDSegmentJob
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.md.finished import find_finished
from workflows.md.repair import first_damaged, run_repaired
from workflows.md.runs import StoredSegment, md_stage, segment_hash, segment_subject, segments_of
from workflows.md.schedule import schedule
from workflows.store.results import required


@explicit_serialize
class MDSegmentTask(StageTask):
    """Run one MD segment from the checkpoint of the one before; what a walltime cuts off goes on in a next job."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Run the segment and write down its file, size and checksum."""
        spec = context.spec
        withdrawn = context.withdrawn()
        if withdrawn is not None:
            return FWAction(stored_data={"withdrawn": withdrawn.reason})
        stage = f"{spec.stage}_segment"
        relaxed = required(context.results, RelaxedStructure, "relax", spec.subject)
        if find_finished(context.results, spec.stage, relaxed, context.engine.provenance) is not None:
            return FWAction(stored_data={"finished": "elsewhere"})
        inputs_hash = segment_hash(context.entry.campaign, spec, relaxed, context.engine.provenance)
        subject = segment_subject(spec.subject, spec.temperature_K or 0.0, spec.part)
        folder = stage_folder(
            context.folder, "md", spec.subject, f"{spec.stage}-{spec.temperature_K:g}K", inputs_hash=inputs_hash
        )
        stored = context.results.get(StoredSegment, stage, subject, inputs_hash)
        parts = spec.part if stored is None else spec.part + 1
        # Parts follow failed ones, so that the look at the end can say why; without a checkpoint they fail, too.
        known = segments_of(context.results, spec.stage, spec.subject, spec.temperature_K or 0.0, parts)
        damaged = first_damaged(known)
        if stored is not None and damaged is None:
            return FWAction(stored_data={"folder": str(folder)})

        def run(part: int) -> MDSegment:
            return context.engine.run_segment(relaxed.structure, _job(context, folder, part))

        def keep(repeated: MDSegment) -> None:
            name = segment_subject(spec.subject, spec.temperature_K or 0.0, repeated.index)
            context.results.replace(stage, name, inputs_hash, StoredSegment.of(repeated, context.folder))

        with sole_worker(folder):
            segment = run_repaired(folder, spec.part, damaged, run, keep)
        if segment.ended == "signal":
            context.take_no_more_work()
        if not segment.complete:
            return FWAction(stored_data={"folder": str(folder)}, detours=context.missing([_continuation(context)]))
        if stored is not None:
            keep(segment)
        done = StoredSegment.of(segment, context.folder)
        context.results.put(stage, subject, inputs_hash, done, seconds=context.seconds)
        return FWAction(stored_data={"folder": str(folder), "frames": segment.frames})


def _job(context: StageContext, folder: Path, part: int) -> MDSegmentJob:
    spec = context.spec
    settings = md_stage(context.entry.campaign, spec.stage)
    plan = schedule(settings)
    seed = int(content_hash(context.entry.campaign.seed, spec.stage, spec.run_subject)[:7], 16)
    return MDSegmentJob(
        folder=folder,
        index=part,
        temperature_K=spec.temperature_K or 0.0,
        timestep_fs=settings.timestep_fs,
        steps=plan.steps,
        frame_every=plan.frame_every,
        thermostat=settings.thermostat,
        thermostat_time_fs=settings.thermostat_time_fs,
        seed=seed,
        walltime_s=settings.segment_walltime_s,
    )


def _continuation(context: StageContext) -> Workflow:
    spec = context.spec.model_copy(update={"attempt": context.spec.attempt + 1})
    name = f"{Stage(spec.stage).words} {spec.run_subject} part {spec.part + 1} continued ({spec.attempt})"
    return Workflow([firework(spec, name)], name=name)
