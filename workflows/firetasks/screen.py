"""The Firetask of the Ewald screen of one composition."""

from fireworks import FWAction, explicit_serialize

from screening.candidate import Candidate
from screening.composition import Composition
from screening.decision import Decision, Stage, Verdict
from screening.ewald_stage import screen_composition, stage_hash
from screening.record import CompositionRecord
from workflows.builders.composition import relaxations
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.folders import sole_worker, stage_folder


@explicit_serialize
class ScreenTask(StageTask):
    """Find a composition's lowest arrangements, and add their relaxations before its hull."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Search, write the composition's record and its candidates."""
        composition_id = context.spec.subject
        composition = Composition.from_document(context.results.get("plan", composition_id) or {})
        settings = context.entry.campaign.ewald
        inputs_hash = stage_hash(composition, settings)
        folder = stage_folder(context.folder, "screen", composition_id, inputs_hash=inputs_hash)
        with sole_worker(folder):
            record, candidates = screen_composition(composition, settings, folder)
        for candidate in candidates:
            context.results.put("candidate", candidate.id, inputs_hash, candidate.to_document())
        context.results.decide(_decision(context, record, candidates, inputs_hash))
        context.results.put("ewald", composition_id, inputs_hash, record.to_document(), seconds=context.seconds)
        added = relaxations(context.entry, composition_id, [candidate.id for candidate in candidates])
        return FWAction(
            detours=context.missing(added), stored_data={"folder": str(folder), "candidates": len(candidates)}
        )


def _decision(
    context: StageContext, record: CompositionRecord, candidates: tuple[Candidate, ...], inputs_hash: str
) -> Decision:
    from ewald.version import __version__

    proof = "proven to be the lowest" if record.certified else "the lowest found, without proof"
    return Decision(
        campaign=context.entry.name,
        subject=record.id,
        stage=Stage.EWALD,
        quantity="arrangements",
        value=float(len(candidates)),
        unit="",
        threshold=None,
        verdict=Verdict.PASS if candidates else Verdict.FAIL,
        reason=f"{len(candidates)} arrangements of {record.configurations} go on, {proof}",
        inputs_hash=inputs_hash,
        version=__version__,
    )
