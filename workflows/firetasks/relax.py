"""The Firetask that relaxes one candidate."""

from fireworks import FWAction, explicit_serialize

from screening.arrangements.candidate import Candidate
from screening.relaxation.checks import check_relaxation, decide_relaxation
from screening.relaxation.relaxation import RelaxedStructure
from screening.value import content_hash
from workflows.campaign.folders import sole_worker, stage_folder
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.store.results import required


@explicit_serialize
class RelaxTask(StageTask):
    """Relax a candidate, check what came out, and enter the verdict in the ledger."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Relax, check, decide."""
        name = context.spec.subject
        candidate = required(context.results, Candidate, "candidate", name)
        settings = context.entry.campaign.relax
        inputs_hash = content_hash(candidate.structure, settings, context.engine.provenance.energy_key)
        folder = stage_folder(context.folder, "relax", name, inputs_hash=inputs_hash)
        relaxed = context.results.get(RelaxedStructure, "relax", name, inputs_hash)
        if relaxed is None:
            with sole_worker(folder):
                relaxed = context.engine.relax(candidate.structure, settings, folder, name=name)
            relaxed = check_relaxation(candidate.structure, relaxed, settings)
            context.results.put("relax", name, inputs_hash, relaxed, seconds=context.seconds)
        decision = decide_relaxation(relaxed, settings, campaign=context.entry.name)
        context.results.decide(decision)
        return FWAction(stored_data={"folder": str(folder), "verdict": str(decision.verdict)})
