"""The Firetask that relaxes one reference phase of the hull."""

from fireworks import FWAction, explicit_serialize

from screening.relaxation.relaxation import RelaxedStructure
from screening.value import content_hash
from workflows.campaign.folders import sole_worker, stage_folder
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.references.reference_phases import reference_structure


@explicit_serialize
class ReferenceTask(StageTask):
    """Relax a reference phase, shipped or the campaign's own, with the campaign's engine and settings."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Relax and write the result."""
        name = context.spec.subject
        structure = reference_structure(context.entry.campaign, context.entry.base_dir, name)
        settings = context.entry.campaign.relax
        inputs_hash = content_hash(structure, settings, context.engine.provenance.energy_key)
        folder = stage_folder(context.folder, "references", name, inputs_hash=inputs_hash)
        if context.results.get(RelaxedStructure, "reference", name, inputs_hash) is None:
            with sole_worker(folder):
                relaxed = context.engine.relax(structure, settings, folder, name=name)
            context.results.put("reference", name, inputs_hash, relaxed, seconds=context.seconds)
        return FWAction(stored_data={"folder": str(folder)})
