"""The next step of a campaign that chooses: compositions are begun, work is ordered, and what is not worth it is held.

Taken by `submit`, by every Firework that decides about candidates, by `run` before it ends, and by `recover`; it may be
taken at any time by anybody, because it only looks at what the database holds.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ewald.errors import UserError
from screening.choice.outlook import Outlook
from screening.decision import Stage
from screening.plan.composition import Composition
from workflows.builders.composition import composition_workflow, workflow_key
from workflows.launchpad.adding import add_missing
from workflows.launchpad.queries import ACTIVE, fireworks_of, workflows_of
from workflows.loop.command import proposed
from workflows.loop.situation import Situation, situation
from workflows.recovery.hull_barrier import references_done
from workflows.spec import REFERENCES, STAGES
from workflows.store.entry import Failure
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad, Workflow

_HEAVY = tuple(name for name, kind in STAGES.items() if kind.category != "light" and kind.result != "reference")
_HIGHEST = 39
"""Priority of the work that is worth most; below that of every stage that only looks or decides."""


def advance(results: CampaignResults, launchpad: "LaunchPad") -> int:
    """Begin the compositions that are worth most, order and hold what was begun; returns how many are new.

    A campaign without a strategy is left alone. What keeps an external proposer from answering is noted as a failure
    of the campaign, and the order of the plan is taken.
    """
    campaign = results.entry.campaign
    if not campaign.strategy.chooses:
        return 0
    begun = _submitted(results, launchpad)
    found = situation(results)
    found = replace(found, begun=found.begun | begun)
    _hold(found, results, launchpad)
    _order(found, results, launchpad)
    room = campaign.strategy.batch - _on_their_way(found, results, launchpad)
    if campaign.strategy.waits or found.over or room <= 0 or not found.not_begun:
        return 0
    return begin([outlook.id for outlook in _next(found, results, room)], results, launchpad)


def _next(found: Situation, results: CampaignResults, room: int) -> Sequence[Outlook]:
    """Return the compositions to begin, by the strategy or an external program."""
    if found.strategy.program:
        try:
            names = proposed(found, results, room)
        except UserError as error:
            results.fail(Failure("strategy", results.entry.name, "strategy", "proposer", str(error), 1))
        else:
            results.clear_failure("strategy")
            by_name = {outlook.id: outlook for outlook in found.not_begun}
            return [by_name[name] for name in names]
    return found.not_begun[:room]


def begin(names: Sequence[str], results: CampaignResults, launchpad: "LaunchPad") -> int:
    """Submit compositions of the plan that were not submitted; returns how many are new.

    Parameters
    ----------
    names
        Of the compositions.
    results, launchpad
        Of the campaign.
    """
    entry = results.entry
    waits = not references_done(results)
    wanted = {}
    for name in names:
        composition = results.get(Composition, "plan", name)
        if composition is not None:
            workflow = composition_workflow(entry, name, composition.formula, hull_waits=waits)
            wanted[workflow_key(entry, name)] = workflow
    return add_missing(launchpad, wanted, entry.campaign)[0]


def _submitted(results: CampaignResults, launchpad: "LaunchPad") -> frozenset[str]:
    rows = launchpad.workflows.find(workflows_of(results.entry), {"metadata.composition": 1})
    return frozenset(row["metadata"]["composition"] for row in rows) - {REFERENCES}


def _on_their_way(found: Situation, results: CampaignResults, launchpad: "LaunchPad") -> int:
    """Return how many compositions are on their way to the hull, and not given up."""
    query = fireworks_of(results.entry, *ACTIVE, "WAITING", "PAUSED", stage={"$in": ["ewald", "relax", "hull"]})
    alive = set(launchpad.fireworks.distinct("spec.composition", query))
    return sum(o.id in alive and o.stage is Stage.ENUMERATE for o in found.order if o.id in found.begun)


def place(workflows: Sequence["Workflow"], results: CampaignResults) -> None:
    """Give new work of a campaign that chooses its priority, and hold it where it is not worth doing.

    Parameters
    ----------
    workflows
        What a stage is about to add.
    results
        Of the campaign, with what the stage has just decided.
    """
    if not results.entry.campaign.strategy.chooses:
        return
    found = situation(results)
    worth = {outlook.id: found.worth(outlook) for outlook in found.order}
    priorities = _priorities(found)
    for workflow in workflows:
        for firework in workflow.fws:
            composition = firework.spec["composition"]
            if firework.spec["stage"] not in _HEAVY or composition not in worth:
                continue
            if firework.spec["stage"] in _ordered(results):
                firework.spec["_priority"] = priorities.get(composition, _HIGHEST)
            if not worth[composition] and firework.fw_id in workflow.root_fw_ids:
                firework.spec["held"] = True
                firework.state = "PAUSED"


def _priorities(found: Situation) -> dict[str, int]:
    """Return the priority of the heavy work of each composition that was begun."""
    begun = [outlook.id for outlook in found.order if outlook.id in found.begun]
    return {name: _HIGHEST - (_HIGHEST * rank) // len(begun) for rank, name in enumerate(begun)}


def _ordered(results: CampaignResults) -> list[str]:
    """Return the heavy stages to whose work the campaign file gives no priority of its own."""
    resources = results.entry.campaign.execution.resources
    return [stage for stage in _HEAVY if stage not in resources or resources[stage].priority is None]


def _order(found: Situation, results: CampaignResults, launchpad: "LaunchPad") -> None:
    """Give the work of the compositions that are worth most the highest priorities, whatever its stage."""
    stages = {"$in": _ordered(results)}
    for name, priority in _priorities(found).items():
        query = fireworks_of(results.entry, "READY", "WAITING", "PAUSED", composition=name, stage=stages)
        launchpad.fireworks.update_many(query, {"$set": {"spec._priority": priority}})


def _hold(found: Situation, results: CampaignResults, launchpad: "LaunchPad") -> None:
    """Pause work that is not worth doing, and resume what was paused so once it is."""
    open_ones = {outlook.id: found.worth(outlook) for outlook in found.order}
    for composition in (name for name, worth in open_ones.items() if not worth):
        query = fireworks_of(results.entry, "READY", composition=composition, stage={"$in": list(_HEAVY)})
        for row in launchpad.fireworks.find(query, {"fw_id": 1}):
            launchpad.fireworks.update_one({"fw_id": row["fw_id"]}, {"$set": {"spec.held": True}})
            launchpad.pause_fw(row["fw_id"])
    held = launchpad.fireworks.find(fireworks_of(results.entry, "PAUSED", held=True), {"fw_id": 1, "spec": 1})
    for row in held:
        if open_ones.get(row["spec"]["composition"], False):
            launchpad.fireworks.update_one({"fw_id": row["fw_id"]}, {"$unset": {"spec.held": ""}})
            launchpad.resume_fw(row["fw_id"])
