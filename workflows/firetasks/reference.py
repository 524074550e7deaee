"""The Firetask that relaxes one reference phase of the hull."""

from fireworks import FWAction, explicit_serialize

from screening.shipped import shipped_structure
from workflows.firetasks.relaxation_chain import relax_link
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.references.reference_phases import kind_of_reference


@explicit_serialize
class ReferenceTask(StageTask):
    """Relax a shipped reference phase with the campaign's engines and settings."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Relax and write the result."""
        name = context.spec.subject
        structure = shipped_structure(kind_of_reference(name), name)
        return relax_link(context, structure, stage="reference", folder="references", finish=lambda done: done)[1]
