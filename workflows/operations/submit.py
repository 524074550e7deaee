"""Submission: everything a campaign needs, entered in the database once, however often it is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from screening.plan.decisions import plan_decisions
from screening.plan.plan import Plan
from workflows.builders.composition import composition_workflow, workflow_key
from workflows.builders.references import references_workflow
from workflows.builders.resources import resources_of
from workflows.campaign.campaign_file import CampaignFile, plan_of
from workflows.campaign.submitted_settings import write_settings
from workflows.engines.cache import choices_of
from workflows.engines.registry import check_supplied, missing_here
from workflows.launchpad.adding import add_missing
from workflows.launchpad.connection import prepare
from workflows.launchpad.queries import fireworks_of
from workflows.loop.choose import advance
from workflows.loop.situation import expect
from workflows.process.files import exclusive
from workflows.recovery.hull_barrier import mark_references_done, references_done, release_hulls
from workflows.references.hull_entries import prepare_references
from workflows.references.reference_phases import hull_systems, reference_names
from workflows.spec import REFERENCES, STAGES
from workflows.store.entry import CampaignEntry
from workflows.store.results import CampaignResults
from workflows.store.store import Store

if TYPE_CHECKING:
    from fireworks import LaunchPad, Workflow


@dataclass(frozen=True)
class Submission:
    """What a submission did.

    Attributes
    ----------
    results
        Results of the campaign's revision in the database.
    plan
        Plan of the campaign.
    added
        Workflows that are new.
    present
        Workflows that were there already.
    earlier_revisions
        Revisions of the same campaign with other settings; their results stay apart.
    missing_here
        A line for every engine that cannot start on this machine; empty where this machine does the work.
    """

    results: CampaignResults
    plan: Plan
    added: int
    present: int
    earlier_revisions: tuple[str, ...]
    missing_here: tuple[str, ...]


def submit(file: CampaignFile, launchpad: "LaunchPad", *, computes_here: bool = False) -> Submission:
    """Enter a campaign's workflows that are not in the database yet.

    Parameters
    ----------
    file
        The campaign file.
    launchpad
        Where to.
    computes_here
        Whether this machine does the work, so that all that its engines need has to be here.

    Raises
    ------
    UserError
        When the campaign cannot be planned, its revision is stopped, or another campaign of its name lives in another
        folder.
    """
    plan = plan_of(file)
    entry = CampaignEntry(file.campaign, file.campaign.revision(), file.folder, file.base_dir)
    missing = _check_engines(entry, plan, computes_here=computes_here)
    prepare_references(entry, plan.compositions)
    prepare(launchpad)
    store = Store(launchpad.db)
    store.prepare()
    with exclusive(file.folder / "submit.lock"):
        earlier = tuple(revision for revision in store.revisions(entry.name) if revision != entry.revision)
        if store.about_revisions(entry.name).get(entry.revision, {}).get("stopped"):
            raise UserError("this revision is stopped", file=file.path, value=entry.revision, fix="ionsieve resume")
        store.register(entry)
        write_settings(entry)
        results = store.results(entry)
        _enter_plan(plan, results)
        write_atomic(file.folder / "plan.json", plan.model_dump_json(indent=1))
        added, present = _add_workflows(plan, results, launchpad)
        for query, change in _refreshed(entry):
            launchpad.fireworks.update_many(query, change)
        expect(results, plan.compositions)
        if entry.campaign.strategy.chooses:
            added += advance(results, launchpad)
        release_hulls(launchpad, results)
    return Submission(results, plan, added, present, earlier, missing)


def _check_engines(entry: CampaignEntry, plan: Plan, *, computes_here: bool) -> tuple[str, ...]:
    """See that the files given to the engines are potentials of the plan's elements; return what is missing here.

    Where this machine does the work, what is missing is an error.
    """
    elements = frozenset[str]().union(*hull_systems(entry.campaign, plan.compositions))
    choices = choices_of(entry.campaign, entry.base_dir).values()
    if not computes_here:
        lines = (missing_here(choice, elements) for choice in choices)
        return tuple(line for line in lines if line is not None)
    for choice in choices:
        check_supplied(choice, elements)
    return ()


def _enter_plan(plan: Plan, results: CampaignResults) -> None:
    """Write the compositions and what the enumeration decided; what is there stays."""
    known = results.subjects("plan")
    for composition in plan.compositions:
        if composition.id not in known:
            results.put("plan", composition.id, composition.inputs_hash(), composition)
    decided = {(decision.stage, decision.subject) for decision in results.decisions()}
    for decision in plan_decisions(plan):
        if (decision.stage, decision.subject) not in decided:
            results.decide(decision)


def _add_workflows(plan: Plan, results: CampaignResults, launchpad: "LaunchPad") -> tuple[int, int]:
    entry = results.entry
    references = reference_names(entry.campaign, plan.compositions)
    if not references:
        mark_references_done(results)
    hull_waits = not references_done(results)
    wanted: dict[str, Workflow] = {}
    if references:
        wanted[workflow_key(entry, REFERENCES)] = references_workflow(entry, references)
    for composition in () if entry.campaign.strategy.chooses else plan.compositions:
        wanted[workflow_key(entry, composition.id)] = composition_workflow(
            entry, composition.id, composition.formula, hull_waits=hull_waits
        )
    return add_missing(launchpad, wanted, entry.campaign)


def _refreshed(entry: CampaignEntry) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield queries for Fireworks that wait, with the change that gives them what the campaign says now.

    None of it changes a result, so it needs no new revision.
    """
    campaign, waiting = entry.campaign, ("WAITING", "READY", "PAUSED")
    taken = {"state": {"$in": ["RESERVED", "RUNNING"]}}
    # Candidates last: what is said of one comes before what is said of its composition.
    raises = sorted(campaign.execution.priorities.items())
    for stage, kind in STAGES.items():
        for link, engine in enumerate(campaign.engine_chain(stage)):
            keys = resources_of(campaign, stage, engine)
            change: dict[str, Any] = {"$set": {f"spec.{key}": value for key, value in keys.items()}}
            absent = {"_queueadapter", "limits"} - keys.keys()
            if absent:
                change["$unset"] = {f"spec.{key}": "" for key in sorted(absent)}
            query = fireworks_of(entry, *waiting, stage=stage)
            if kind.links:
                query["spec.link"] = link or {"$in": [0, None]}
            yield query, change
            # What is taken already counts against a limit that is new.
            limits = {
                kind: {name: value for name, value in what.items() if name == "spec.limits"}
                for kind, what in change.items()
            }
            yield query | taken, {kind: what for kind, what in limits.items() if what}
            for field in ("composition", "subject"):
                for name, more in raises:
                    yield query | {f"spec.{field}": name}, {"$set": {"spec._priority": keys["_priority"] + more}}
            if not kind.links:
                break
