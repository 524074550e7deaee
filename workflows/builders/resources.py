"""What the engine of a Firework asks of workers and queues, put into its spec where FireWorks looks for it."""

from typing import Any

from fireworks import Workflow

from screening.campaign.campaign import Campaign
from screening.campaign.execution import EngineChoice
from workflows.spec import STAGES, StageSpec


def engine_name(campaign: Campaign, spec: StageSpec) -> str:
    """Return the name of the engine that a Firework works with; one that judges works with the energies of it."""
    chain = campaign.engine_chain(spec.stage)
    return chain[min(spec.link, len(chain) - 1)] if STAGES[spec.stage].links else chain[-1]


def resources_of(choice: EngineChoice, category: str) -> dict[str, Any]:
    """Return FireWorks' own keys for the work of an engine; `category` is the stage's."""
    asked: dict[str, Any] = {"_category": choice.category or category}
    if choice.queue:
        asked["_queueadapter"] = dict(choice.queue)
    return asked


def equip(workflow: Workflow, campaign: Campaign) -> Workflow:
    """Give every Firework that runs an engine the category and the queue settings of that engine."""
    for firework in workflow.fws:
        spec = StageSpec.from_fw_spec(firework.spec)
        category = STAGES[spec.stage].category
        if category != "light":
            firework.spec.update(resources_of(campaign.all_engines[engine_name(campaign, spec)], category))
    return workflow
