"""Relaxation by one engine or by several in turn, each starting from the structure of the one before."""

from collections.abc import Callable

from fireworks import FWAction
from pymatgen.core import Structure

from screening.relaxation.relaxation import RelaxedStructure
from screening.value import content_hash
from workflows.builders.composition import next_link
from workflows.campaign.folders import sole_worker, stage_folder
from workflows.firetasks.stage_task import StageContext
from workflows.spec import link_result
from workflows.store.results import required

Finish = Callable[[RelaxedStructure], RelaxedStructure]


def relax_link(
    context: StageContext, first: Structure, *, stage: str, folder: str, finish: Finish
) -> tuple[RelaxedStructure | None, FWAction]:
    """Relax with the engine of this Firework; all but the last leave the rest to the next.

    Parameters
    ----------
    first
        Start of the first engine; its volume per ion is what `volume_change` of the last outcome refers to.
    stage, folder
        Of the last outcome, in the database and below the campaign's folder.
    finish
        What is done with the last outcome before it is written.

    Returns
    -------
    RelaxedStructure | None, FWAction
        The last outcome, None when another engine follows; and what FireWorks is told.
    """
    spec = context.spec
    last = spec.link == len(context.entry.campaign.engine_chain(spec.stage)) - 1
    result = stage if last else link_result(stage, spec.link)
    start = first
    if spec.link:
        before = link_result(stage, spec.link - 1)
        start = required(context.results, RelaxedStructure, before, spec.subject).structure
    settings = context.entry.campaign.relax
    inputs_hash = content_hash(start, settings.thresholds(), context.engine.provenance.energy_key)
    # A rerun sets aside what begins so.
    name = spec.subject if last else f"{spec.subject}@link{spec.link}"
    place = stage_folder(context.folder, folder, name, inputs_hash=inputs_hash)
    relaxed = context.results.get(RelaxedStructure, result, spec.subject, inputs_hash)
    if relaxed is None:
        with sole_worker(place):
            relaxed = context.engine.relax(start, settings, place, name=spec.subject)
        if last:
            relaxed = finish(_from_first(relaxed, first))
        context.results.put(result, spec.subject, inputs_hash, relaxed, seconds=context.seconds)
    stored = {"folder": str(place)}
    if last:
        return relaxed, FWAction(stored_data=stored)
    return None, FWAction(stored_data=stored, detours=context.missing([next_link(spec)]))


def _from_first(relaxed: RelaxedStructure, first: Structure) -> RelaxedStructure:
    change = relaxed.structure.volume / first.volume - 1
    return relaxed.model_copy(update={"volume_change": float(change)})
