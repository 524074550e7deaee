"""The Ewald stage of a whole plan: every composition once, shared out over the ranks of an MPI job.

Compositions that share a search go together, so that it is done once. A space so large that one rank would still search
it when the others have finished all the rest is searched by all ranks together, first. The others go to single ranks,
largest first, each taken by whichever rank is free. A rank takes one by making a file of its name, which only one rank
can; no rank has to answer the others while it computes.
"""

import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from screening.arrangements.candidate import Candidate
from screening.arrangements.energy_plot import plot_energies
from screening.arrangements.stage import screen_composition
from screening.campaign.stages import EwaldStage
from screening.plan.composition import Composition
from screening.plan.composition_record import CompositionRecord

_TOGETHER_ABOVE = 0.5
"""A composition is searched by all ranks together when it would take more than this share of the time of all."""

_Screened = tuple[CompositionRecord, tuple[Candidate, ...]]


@dataclass(frozen=True)
class Sweep:
    """The outcome of a sweep, equal on all ranks.

    Attributes
    ----------
    screened
        Outcomes by composition id, in the order of the plan.
    failed
        Compositions that could not be screened, with the reason.
    """

    screened: dict[str, _Screened]
    failed: dict[str, str]


def screen_compositions(
    compositions: Sequence[Composition],
    stage: EwaldStage,
    folder: Path,
    *,
    comm: Any = None,
    report: Callable[[CompositionRecord], None] = lambda _: None,
) -> Sweep:
    """Screen all compositions, each in its own folder; what is finished is not repeated.

    Parameters
    ----------
    compositions
        The plan's compositions.
    stage
        Settings of the screen.
    folder
        Holds one folder per composition.
    comm
        MPI communicator, or None.
    report
        Called on the rank that finished a composition.
    """
    names = {composition.id for composition in compositions}
    own = [composition for composition in compositions if composition.searched_with not in names]
    together, alone = divide(own, 1 if comm is None else comm.Get_size())
    outcomes: dict[str, _Screened | str] = {}
    workers = None if comm is None else 1

    def screen(searched: Composition, ranks: Any) -> None:
        for composition in (searched, *(other for other in compositions if other.searched_with == searched.id)):
            outcome = _screened(composition, stage, folder / composition.id, ranks, workers)
            outcomes[composition.id] = outcome
            if not isinstance(outcome, str) and (ranks is None or ranks.Get_rank() == 0):
                report(outcome[0])

    for composition in together:
        screen(composition, comm)
    if comm is None:
        for composition in alone:
            screen(composition, None)
    else:
        _share(alone, folder, comm, lambda composition: screen(composition, None))
        for other in comm.allgather(outcomes):
            outcomes.update(other)
    ordered = [(composition.id, outcomes[composition.id]) for composition in compositions]
    return Sweep(
        screened={name: outcome for name, outcome in ordered if not isinstance(outcome, str)},
        failed={name: outcome for name, outcome in ordered if isinstance(outcome, str)},
    )


def divide(compositions: Sequence[Composition], ranks: int) -> tuple[list[Composition], list[Composition]]:
    """Divide compositions into those that all ranks search together and those for single ranks, largest first."""
    ordered = sorted(compositions, key=lambda composition: -(composition.estimated_seconds or 0.0))
    share = sum(composition.estimated_seconds or 0.0 for composition in ordered) / ranks
    if ranks == 1:
        return [], ordered
    together = [item for item in ordered if (item.estimated_seconds or 0.0) > _TOGETHER_ABOVE * share]
    return together, ordered[len(together) :]


def _share(compositions: Sequence[Composition], folder: Path, comm: Any, screen: Callable[[Composition], None]) -> None:
    """Let every rank take compositions until none is left.

    Each run has its own folder of claims, so that those of a run that was killed have no effect.
    """
    claims = folder / f".claims-{comm.bcast(uuid.uuid4().hex[:8] if comm.Get_rank() == 0 else None, root=0)}"
    claims.mkdir(parents=True, exist_ok=True)
    comm.Barrier()
    for composition in compositions:
        if _claimed(claims / composition.id):
            screen(composition)
    comm.Barrier()
    if comm.Get_rank() == 0:
        for claim in claims.iterdir():
            claim.unlink(missing_ok=True)
        claims.rmdir()


def _claimed(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


def _screened(
    composition: Composition, stage: EwaldStage, folder: Path, comm: Any, workers: int | None
) -> _Screened | str:
    """Screen one composition; return the error in words where its structure makes that impossible."""
    try:
        outcome = screen_composition(composition, stage, folder, comm, workers=workers)
    except UserError as error:
        return str(error)
    plot = folder / "energies.png"
    if (comm is None or comm.Get_rank() == 0) and not plot.exists():
        plot_energies(outcome[0], plot)
    return outcome
