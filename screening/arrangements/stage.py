"""The Ewald stage: one composition in, its lowest arrangements out."""

from pathlib import Path
from typing import Any

import numpy as np

import ewald
from ewald.errors import StructureError, UserError
from ewald.files.atomic import write_atomic
from ewald.files.checked_json import read_checked, write_checked
from ewald.search.result import LowEnergyArrangement, ScreenResult
from ewald.space.space import ConfigurationSpace
from ewald.version import __version__
from screening.arrangements.candidate import Candidate, candidate_id
from screening.arrangements.shared_search import read_shared, write_shared
from screening.campaign.stages import EwaldStage
from screening.plan.composition import Composition
from screening.plan.composition_record import CompositionRecord
from screening.plan.configuration_space import build_space
from screening.value import Value, content_hash

OUTCOME_FILE = "composition.json"


class ScreenedComposition(Value):
    """The outcome of a composition's Ewald stage, as its folder keeps it.

    Attributes
    ----------
    inputs_hash
        Hash of everything that the stage depends on; a folder with another one is not used.
    record
        The composition with what the search found.
    candidates
        The arrangements kept, lowest Ewald energy first.
    """

    inputs_hash: str
    record: CompositionRecord
    candidates: tuple[Candidate, ...]


def screen_composition(
    composition: Composition,
    ewald_stage: EwaldStage,
    folder: Path,
    comm: Any = None,
    *,
    workers: int | None = 1,
) -> tuple[CompositionRecord, tuple[Candidate, ...]]:
    """Find the lowest arrangements of a composition.

    The outcome is written to `folder`, last and whole; called again with the same inputs, it is read from there, and
    a search that was stopped goes on from its checkpoint. A finished search of the same electrostatic problem, by a
    composition whose folder lies beside this one, is not repeated.

    Parameters
    ----------
    composition
        The composition.
    ewald_stage
        How many arrangements to keep, by which search, for how long.
    folder
        Where the search's files go; beside it, only the outcome that other compositions may share.
    comm
        MPI communicator whose ranks search together; every one of them gets the result.
    workers
        Threads of this process; None takes all cores it may use.

    Raises
    ------
    StructureError
        When the composition has two ions on one spot in every arrangement.
    UserError
        When the search ended without an arrangement. Nothing is stored then, and the same call resumes the search.
    """
    inputs_hash = stage_hash(composition, ewald_stage)
    finished = read_outcome(folder, inputs_hash)
    if comm is not None:
        finished = comm.bcast(finished, root=0)
    if finished is not None:
        return finished.record, finished.candidates
    space = build_space(composition, min_distance_A=ewald_stage.min_distance_A, pairs=ewald_stage.pairs)
    result = _search(space, ewald_stage, folder, comm, workers)
    if not result.lowest:
        raise _nothing_found(composition, ewald_stage, exists=not result.certified)
    outcome = ScreenedComposition(
        inputs_hash=inputs_hash,
        record=_record(composition, result),
        candidates=tuple(
            _candidate(composition, rank, arrangement, certified=result.certified)
            for rank, arrangement in enumerate(result.lowest, start=1)
        ),
    )
    if comm is None or comm.Get_rank() == 0:
        _write(folder, outcome)
    if comm is not None:
        comm.Barrier()
    return outcome.record, outcome.candidates


def stage_hash(composition: Composition, ewald_stage: EwaldStage) -> str:
    """Hash of everything the outcome depends on."""
    return content_hash(composition.id, composition.formula, composition.inputs_hash(), ewald_stage, __version__)


def read_outcome(folder: Path, inputs_hash: str) -> ScreenedComposition | None:
    """Return the finished outcome in a folder; None when there is none, or it is damaged or of other inputs."""
    document = read_checked(folder / OUTCOME_FILE)
    if document is None:
        return None
    try:
        outcome = ScreenedComposition.from_document(document)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    # Earlier versions stored searches that found nothing.
    return outcome if outcome.inputs_hash == inputs_hash and outcome.candidates else None


def _search(space: ConfigurationSpace, stage: EwaldStage, folder: Path, comm: Any, workers: int | None) -> ScreenResult:
    if not space.variable_sublattices:
        return _only_arrangement(space)
    shared = read_shared(folder.parent, space, stage, comm)
    if shared is not None:
        return shared
    distinct = space.distinct_configurations()
    result = ewald.screen(
        space,
        keep=stage.keep if distinct is None else min(stage.keep, max(distinct, 1)),
        method=stage.method,
        time_limit_s=stage.time_limit_s,
        out=folder / "search",
        resume=True,
        comm=comm,
        workers=workers,
    )
    if result.lowest and (comm is None or comm.Get_rank() == 0):
        write_shared(folder.parent, space, stage, result)
    return result


def _nothing_found(composition: Composition, stage: EwaldStage, *, exists: bool) -> UserError:
    """Say that the search ended without an arrangement, and what to do."""
    if not exists:
        return UserError(
            f"no arrangement of {composition.id} keeps all sites apart that exclude one another",
            field="ewald.min_distance_A",
            value=stage.min_distance_A,
            fix="lower it, or leave the composition out",
        )
    return UserError(
        f"no arrangement of {composition.id} was found in the time",
        field="ewald.time_limit_s",
        value=stage.time_limit_s,
        fix="run again to resume the search, give it more time, set ewald.method to sample, or lower "
        "ewald.min_distance_A",
    )


def _only_arrangement(space: ConfigurationSpace) -> ScreenResult:
    """Return the one arrangement of a space that leaves no choice, without a search."""
    space.require_neutral()
    energy_eV = space.form.energy(np.zeros(0, dtype=np.int8))
    if not np.isfinite(energy_eV):
        raise StructureError("two ions are on one position", fix="check the coordinates of the mother")
    return ScreenResult(
        configurations=1,
        distinct_configurations=1,
        symmetry_order=space.symmetry_order,
        sites=len(space),
        method="exhaustive",
        certified=True,
        bound_eV=energy_eV,
        gap_eV=0.0,
        evaluated=1,
        seconds=0.0,
        ranks=1,
        lowest=(LowEnergyArrangement(energy_eV, 1, space.full_occupation([]), space),),
        ions=space.ions,
        problem_hash=space.problem_hash,
    )


def _record(composition: Composition, result: ScreenResult) -> CompositionRecord:
    histogram = result.histogram
    edges = () if histogram is None else np.arange(len(histogram.counts) + 1) * histogram.width_eV + histogram.low_eV
    distinct = result.distinct_configurations
    return composition.record().model_copy(
        update={
            "distinct_configurations": composition.distinct_configurations if distinct is None else str(distinct),
            "method": result.method,
            "certified": result.certified,
            "gap_eV": result.gap_eV,
            "evaluated": str(result.evaluated),
            "seconds": result.seconds,
            "energies_eV": tuple(arrangement.energy_eV for arrangement in result.lowest),
            "histogram_edges_eV": tuple(float(edge) for edge in edges),
            "histogram_counts": () if histogram is None else tuple(float(count) for count in histogram.counts),
        }
    )


def _candidate(composition: Composition, rank: int, arrangement: LowEnergyArrangement, *, certified: bool) -> Candidate:
    structure = arrangement.structure()
    return Candidate(
        id=candidate_id(composition.id, rank),
        composition_id=composition.id,
        mother=composition.mother,
        formula=structure.composition.remove_charges().reduced_formula,
        rank=rank,
        ewald_energy_eV=arrangement.energy_eV,
        multiplicity=str(arrangement.multiplicity),
        certified=certified,
        structure=structure,
        mobile=composition.mobile,
    )


def _write(folder: Path, outcome: ScreenedComposition) -> None:
    """Write the CIF of each arrangement and, last, the outcome, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for candidate in outcome.candidates:
        write_atomic(folder / f"{candidate.id}.cif", candidate.structure.to(fmt="cif"))
    write_checked(folder / OUTCOME_FILE, outcome.to_document())
