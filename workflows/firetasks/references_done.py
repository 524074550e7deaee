"""The Firetask at the end of the reference phases: it lets the hulls go."""

from fireworks import FWAction, explicit_serialize

from ewald.errors import UserError
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.recovery.hull_barrier import mark_references_done, release_hulls
from workflows.recovery.states import unexplained


@explicit_serialize
class ReferencesDoneTask(StageTask):
    """Note that the reference phases are relaxed, then resume every hull that waits for them."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Mark first, release second: after a kill in between, whoever sees the mark releases the hulls.

        Raises
        ------
        UserError
            When a reference failed without its stage saying why: `recover` has it done again, and this with it.
        """
        lost = sorted(spec.key for spec in unexplained(context.launchpad, context.campaign_results).values())
        waited_for = [key for key in lost if key.startswith("reference:")]
        if waited_for:
            raise UserError("failed outside its stage", value=waited_for[0], fix="ionsieve recover")
        mark_references_done(context.campaign_results)
        released = release_hulls(context.launchpad, context.campaign_results)
        return FWAction(stored_data={"released": released})
