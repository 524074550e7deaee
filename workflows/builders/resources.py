"""What a Firework asks of workers and queues, put into its spec where FireWorks looks for it."""

from typing import Any

from fireworks import Workflow

from screening.campaign.campaign import Campaign
from workflows.spec import STAGES, StageSpec


def engine_name(campaign: Campaign, spec: StageSpec) -> str:
    """Return the name of the engine that a Firework works with; one that judges works with the energies of it."""
    chain = campaign.engine_chain(spec.stage)
    return chain[min(spec.link, len(chain) - 1)] if STAGES[spec.stage].links else chain[-1]


def resources_of(campaign: Campaign, stage: str, engine: str) -> dict[str, Any]:
    """Return FireWorks' own keys for the work of an engine at a stage, and the limits that it falls under.

    Parameters
    ----------
    campaign
        Says what is asked for: `queue` and `category` of the engine, and over them `execution.resources`.
    stage
        One of :data:`~workflows.spec.STAGES`.
    engine
        Its engine; that of a stage without one asks for nothing.
    """
    kind = STAGES[stage]
    if kind.category == "light":
        engine = ""
    asked = campaign.resources(stage, engine)
    choice = campaign.all_engines.get(engine)
    queue = dict(choice.queue if choice else {}) | asked.for_queue(campaign.execution.queue_system)
    keys: dict[str, Any] = {
        "_category": asked.category or (choice.category if choice else None) or kind.category,
        "_priority": kind.priority if asked.priority is None else asked.priority,
    }
    given = campaign.execution.resources
    limits = [name for name in (stage, engine) if name in given and given[name].at_most]
    return keys | ({"_queueadapter": queue} if queue else {}) | ({"limits": limits} if limits else {})


def raised(campaign: Campaign, spec: StageSpec) -> int:
    """Return what the priority of a candidate's or composition's work is raised by."""
    asked = campaign.execution.priorities
    return asked.get(spec.subject, asked.get(spec.composition, 0))


def equip(workflow: Workflow, campaign: Campaign) -> Workflow:
    """Give every Firework the category, the priority and the queue settings of its stage and engine."""
    for firework in workflow.fws:
        spec = StageSpec.from_fw_spec(firework.spec)
        keys = resources_of(campaign, spec.stage, engine_name(campaign, spec))
        firework.spec.update(keys | {"_priority": keys["_priority"] + raised(campaign, spec)})
    return workflow
