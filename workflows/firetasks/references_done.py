"""The Firetask at the end of the reference phases: it lets the hulls go."""

from fireworks import FWAction, explicit_serialize

from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.hull_gate import mark_references_done, release_hulls


@explicit_serialize
class ReferencesDoneTask(StageTask):
    """Note that the reference phases are relaxed, then resume every hull that waits for them."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Mark first, release second: a kill in between is mended by anybody who looks."""
        mark_references_done(context.results)
        released = release_hulls(context.launchpad, context.results)
        return FWAction(stored_data={"released": released})
