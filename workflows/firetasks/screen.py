"""The Firetask of the Ewald screen of one composition."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from fireworks import FWAction, explicit_serialize

from ewald.errors import UserError
from screening.arrangements.candidate import Candidate, candidate_id
from screening.arrangements.decisions import ewald_decisions
from screening.arrangements.duplicates import equal_arrangements, siblings
from screening.arrangements.stage import screen_composition, stage_hash
from screening.plan.composition import Composition
from screening.plan.composition_record import CompositionRecord
from workflows.builders.composition import relaxations
from workflows.campaign.folders import safe_name, sole_worker
from workflows.firetasks.screen_ranks import screen_on_ranks
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.store.results import required


@explicit_serialize
class ScreenTask(StageTask):
    """Find a composition's lowest arrangements, and add their relaxations before its hull."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Search, write the composition's record and its candidates."""
        composition_id = context.spec.subject
        composition = required(context.results, Composition, "plan", composition_id)
        settings = context.entry.campaign.ewald
        inputs_hash = stage_hash(composition, settings)
        record, candidates = _screened(context, composition)
        duplicates = _duplicates(context, composition, candidates)
        for candidate in candidates:
            context.results.put("candidate", candidate.id, inputs_hash, candidate)
        for decision in ewald_decisions(context.entry.name, record, candidates, inputs_hash, duplicates):
            context.results.decide(decision)
        context.results.put("ewald", composition_id, inputs_hash, record, seconds=context.seconds)
        go_on = [candidate.id for candidate in candidates if candidate.id not in duplicates]
        added = relaxations(context.entry, composition_id, go_on)
        return FWAction(
            detours=context.missing(added),
            stored_data={
                "folder": str(_folder(context, composition)),
                "candidates": len(candidates),
                "duplicates": duplicates,
            },
        )


def _folder(context: StageContext, composition: Composition) -> Path:
    """Return the folder of `ionsieve screen`: what that found under MPI is not searched again."""
    return context.folder / "ewald" / safe_name(composition.id)


def _screened(context: StageContext, composition: Composition) -> tuple[CompositionRecord, tuple[Candidate, ...]]:
    campaign = context.entry.campaign
    known = _known(context, composition, stage_hash(composition, campaign.ewald))
    if known is not None:
        return known
    folder = _folder(context, composition)
    with sole_worker(folder):
        if campaign.execution.mpi_launcher:
            screen_on_ranks(composition, campaign.ewald, folder, campaign.execution)
        return screen_composition(composition, campaign.ewald, folder)


def _known(
    context: StageContext, composition: Composition, inputs_hash: str
) -> tuple[CompositionRecord, tuple[Candidate, ...]] | None:
    """Return the outcome that the database has, which may come from another one; None when it is not whole."""
    record = context.results.get(CompositionRecord, "ewald", composition.id, inputs_hash)
    if record is None or not record.energies_eV:
        return None
    names = [candidate_id(composition.id, rank) for rank in range(1, len(record.energies_eV) + 1)]
    found = [context.results.get(Candidate, "candidate", name, inputs_hash) for name in names]
    candidates = tuple(candidate for candidate in found if candidate is not None)
    return (record, candidates) if len(candidates) == len(names) else None


def _duplicates(context: StageContext, composition: Composition, candidates: Sequence[Candidate]) -> dict[str, str]:
    """Return the candidates that equal one before them, here or in an earlier composition of the same formula.

    The earlier ones, in the order of their ids, are screened here first where nobody has yet: so it does not depend on
    who finishes first which of two equal arrangements goes on.
    """
    plan = context.campaign_results.all(Composition, "plan", mother=composition.mother)
    earlier = siblings(composition, plan.values())
    others: list[Candidate] = []
    for sibling in earlier:
        # One that cannot be screened fails in its own Firework, and has no arrangements to compare with.
        with contextlib.suppress(UserError):
            known = context.results.get(CompositionRecord, "ewald", sibling.id) is not None
            others += context.candidates_of(sibling.id) if known else _screened(context, sibling)[1]
    mine = {candidate.id for candidate in candidates}
    found = equal_arrangements([*others, *candidates])
    return {name: twin for name, twin in found.items() if name in mine}
