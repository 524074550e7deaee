"""Tabu search from many starts: for spaces where no proof is in reach. What it finds is never called certified.

Every round follows a tabu search (:mod:`ewald.search.sampling.tabu`) from a new start until it finds nothing better for
a while (:mod:`ewald.search.sampling.hunt`). The lowest arrangements found are finally improved by all their single
swaps until nothing lower appears.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ewald.parallel.progress import ProgressCallback, ProgressReport
from ewald.search.picks import by_picks
from ewald.search.ranking import rank
from ewald.search.result import SearchOutcome
from ewald.search.sampling.hunt import Hunt
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

# Without the order to use all its time, a search stops when so many rounds brought nothing new among those kept.
_PATIENCE_ROUNDS = 60
# Arrangements that are followed beyond twice those asked for.
_MORE_KEPT = 8
# Where nothing is found, which may happen where many sites exclude one another, so many times the patience.
_PATIENCE_FOR_ONE = 20


@by_picks
def search(
    form: QuadraticForm,
    group: SymmetryGroup,
    keep: int,
    *,
    seed: int = 0,
    time_limit_s: float | None = None,
    use_all_time: bool = False,
    overrun_s: float = 0.0,
    comm: Any = None,
    progress: ProgressCallback | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> SearchOutcome:
    """Search by tabu search from many starts.

    Without a time limit the result depends on nothing but the problem, ``keep``, the seed and the number of ranks.

    Parameters
    ----------
    form, group, keep
        The problem, and how many symmetry-distinct arrangements to return.
    seed
        Seed of the random numbers.
    time_limit_s
        Stop after this time, converged or not.
    use_all_time
        Go on to the end of the time limit even where nothing new is found any more.
    overrun_s
        Go on so long after the time limit while no arrangement at all was found.
    comm
        mpi4py communicator: every rank searches on its own, and the pools are joined.
    progress
        Called once per round.
    clock
        What the time limit is measured by.
    """
    rank_id, ranks = (comm.Get_rank(), comm.Get_size()) if comm is not None else (0, 1)
    # A walk from one low arrangement to the next passes others by, which are found as neighbours of still others.
    hunt = Hunt.start(form, group, 2 * keep + _MORE_KEPT, np.random.SeedSequence([seed, rank_id]))
    deadline_s = math.inf if time_limit_s is None else clock() + time_limit_s
    patience = math.inf if use_all_time and time_limit_s is not None else _PATIENCE_ROUNDS

    def late() -> bool:
        return clock() >= (deadline_s if hunt.pool else deadline_s + overrun_s)

    quiet = 0
    while quiet < patience * (1 if hunt.pool else _PATIENCE_FOR_ONE) and not late() and not hunt.enough:
        quiet = 0 if hunt.round(late) else quiet + 1
        if progress is not None and rank_id == 0:
            progress(ProgressReport(hunt.swaps * ranks, None, "swaps", hunt.lowest_eV()))
    pool, swaps = hunt.polished(lambda: clock() >= deadline_s + 1), hunt.swaps
    if comm is not None:
        gathered = comm.allgather((pool, swaps))
        pool = [occupation for part, _ in gathered for occupation in part]
        swaps = sum(part for _, part in gathered)
    return SearchOutcome(
        lowest=rank(form, group, pool, keep),
        certified=False,
        bound_eV=None,
        gap_eV=None,
        evaluated=swaps,
        method="sample",
        ranks=ranks,
        statistics={"starts": hunt.rounds, "seed": seed},
    )
