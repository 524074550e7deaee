"""The Firetask that relaxes one candidate."""

from fireworks import FWAction, explicit_serialize

from screening.candidate import Candidate
from screening.relaxation import RelaxedStructure
from screening.relaxation_checks import check_relaxation, decide_relaxation
from screening.value import content_hash
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.folders import sole_worker, stage_folder


@explicit_serialize
class RelaxTask(StageTask):
    """Relax a candidate, check what came out, and enter the verdict in the ledger."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Relax, check, decide."""
        name = context.spec.subject
        candidate = Candidate.from_document(context.results.get("candidate", name) or {})
        settings = context.entry.campaign.relax
        inputs_hash = content_hash(candidate.structure, settings, context.engine.provenance.energy_key)
        folder = stage_folder(context.folder, "relax", name, inputs_hash=inputs_hash)
        stored = context.results.get("relax", name, inputs_hash)
        if stored is None:
            with sole_worker(folder):
                relaxed = context.engine.relax(candidate.structure, settings, folder, name=name)
            relaxed = check_relaxation(candidate.structure, relaxed, settings)
            context.results.put("relax", name, inputs_hash, relaxed.to_document(), seconds=context.seconds)
        else:
            relaxed = RelaxedStructure.from_document(stored)
        decision = decide_relaxation(relaxed, settings, campaign=context.entry.name)
        context.results.decide(decision)
        return FWAction(stored_data={"folder": str(folder), "verdict": str(decision.verdict)})
