"""The Firetask that relaxes one candidate."""

from fireworks import FWAction, explicit_serialize

from screening.arrangements.candidate import Candidate
from screening.relaxation.checks import check_relaxation, decide_relaxation
from screening.relaxation.relaxation import RelaxedStructure
from workflows.firetasks.relaxation_chain import relax_link
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.store.results import required


@explicit_serialize
class RelaxTask(StageTask):
    """Relax a candidate, check what came out, and enter the verdict in the ledger."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Relax; after the last engine check and decide."""
        candidate = required(context.results, Candidate, "candidate", context.spec.subject)
        settings = context.entry.campaign.relax

        def checked(relaxed: RelaxedStructure) -> RelaxedStructure:
            return check_relaxation(candidate.structure, relaxed, settings)

        relaxed, action = relax_link(context, candidate.structure, stage="relax", folder="relax", finish=checked)
        if relaxed is not None:
            decision = decide_relaxation(relaxed, settings, campaign=context.entry.name)
            context.results.decide(decision)
            action.stored_data["verdict"] = str(decision.verdict)
        return action
