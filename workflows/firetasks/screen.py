"""The Firetask of the Ewald screen of one composition."""

from fireworks import FWAction, explicit_serialize

from screening.composition import Composition
from screening.ewald_stage import screen_composition, stage_hash
from screening.plan_ledger import ewald_decisions
from workflows.builders.composition import relaxations
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.folders import safe_name, sole_worker


@explicit_serialize
class ScreenTask(StageTask):
    """Find a composition's lowest arrangements, and add their relaxations before its hull."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Search, write the composition's record and its candidates."""
        composition_id = context.spec.subject
        composition = Composition.from_document(context.results.get("plan", composition_id) or {})
        settings = context.entry.campaign.ewald
        inputs_hash = stage_hash(composition, settings)
        # The folder of `ionsieve screen`: what that found under MPI is not searched again.
        folder = context.folder / "ewald" / safe_name(composition_id)
        with sole_worker(folder):
            record, candidates = screen_composition(composition, settings, folder)
        for candidate in candidates:
            context.results.put("candidate", candidate.id, inputs_hash, candidate.to_document())
        for decision in ewald_decisions(context.entry.name, record, candidates, inputs_hash):
            context.results.decide(decision)
        context.results.put("ewald", composition_id, inputs_hash, record.to_document(), seconds=context.seconds)
        added = relaxations(context.entry, composition_id, [candidate.id for candidate in candidates])
        return FWAction(
            detours=context.missing(added), stored_data={"folder": str(folder), "candidates": len(candidates)}
        )
