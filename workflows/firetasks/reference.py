"""The Firetask that relaxes one reference phase of the hull."""

from fireworks import FWAction, explicit_serialize

from workflows.firetasks.relaxation_chain import relax_link
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.references.reference_phases import reference_structure


@explicit_serialize
class ReferenceTask(StageTask):
    """Relax a reference phase, shipped or the campaign's own, with the campaign's engines and settings."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Relax and write the result."""
        structure = reference_structure(context.entry.campaign, context.entry.base_dir, context.spec.subject)
        return relax_link(context, structure, stage="reference", folder="references", finish=lambda done: done)[1]
