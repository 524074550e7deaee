"""Relaxation by one engine or by several in turn, each starting from the structure of the one before."""

from collections.abc import Callable
from pathlib import Path

from fireworks import FWAction
from pymatgen.core import Structure

from screening.relaxation.relaxation import RelaxedStructure
from screening.value import content_hash
from workflows.builders.composition import next_link
from workflows.campaign.folders import sole_worker, stage_folder
from workflows.engines.engine import Engine
from workflows.firetasks.stage_task import StageContext
from workflows.spec import link_result
from workflows.store.results import required

Finish = Callable[[RelaxedStructure], RelaxedStructure]


def relax_link(
    context: StageContext, first: Structure, *, stage: str, folder: str, finish: Finish
) -> tuple[RelaxedStructure | None, FWAction]:
    """Relax with the engine of this Firework; all but the last leave the rest to the next. The last may give an energy.

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
    settings = context.entry.campaign.relax
    before = None
    if spec.link:
        before = required(context.results, RelaxedStructure, link_result(stage, spec.link - 1), spec.subject)
    start = first if before is None else before.structure
    inputs: list[object] = [start, settings.thresholds(), context.engine.provenance.energy_key]
    point_of = before if last and settings.point else None
    if point_of is not None:
        inputs += ["point", point_of.provenance.energy_key]
    inputs_hash = content_hash(*inputs)
    # A rerun sets aside what begins so.
    name = spec.subject if last else f"{spec.subject}@link{spec.link}"
    place = stage_folder(context.folder, folder, name, inputs_hash=inputs_hash)
    relaxed = context.results.get(RelaxedStructure, result, spec.subject, inputs_hash)
    if relaxed is None:
        with sole_worker(place):
            relaxed = (
                context.engine.relax(start, settings, place, name=spec.subject)
                if point_of is None
                else _with_energy(point_of, context.engine, place)
            )
        if last:
            relaxed = finish(_from_first(relaxed, first))
    # Also when it was found: it may have come from another database, and nobody has called it current yet.
    context.results.put(result, spec.subject, inputs_hash, relaxed, seconds=context.seconds)
    stored = {"folder": str(place)}
    if last:
        return relaxed, FWAction(stored_data=stored)
    return None, FWAction(stored_data=stored, detours=context.missing([next_link(spec)]))


def _with_energy(relaxed: RelaxedStructure, engine: Engine, place: Path) -> RelaxedStructure:
    """Return a relaxed structure with the energy that another engine gives it as it is.

    Its energy key names both engines: such energies are not those of structures that the second one relaxed.
    """
    found = engine.point(relaxed.structure, place)
    own = engine.provenance
    geometry = relaxed.provenance
    provenance = own.model_copy(
        update={
            "energy_key": content_hash("point", own.energy_key, geometry.energy_key),
            "settings": {**own.settings, "relaxed_by": f"{geometry.code} {geometry.version}"},
        }
    )
    update = {"energy_eV": found.energy_eV, "provenance": provenance, "core_seconds": found.core_seconds}
    return relaxed.model_copy(update=update)


def _from_first(relaxed: RelaxedStructure, first: Structure) -> RelaxedStructure:
    change = relaxed.structure.volume / first.volume - 1
    return relaxed.model_copy(update={"volume_change": float(change)})
