"""Whether so many ions fit on sites of which some exclude one another: a small integer program."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ewald.ions import VACANCY
from ewald.space.sublattice import Sublattice

#: Sites that share ions, by number, and how many of them are occupied at least.
Filled = tuple[Sequence[int], int]
_Pairs = Sequence[Sequence[int]]
# HiGHS decides within this time whether the ions fit; else they are taken to fit.
_LIMIT_S = 5.0


def filled_of(sublattices: Sequence[Sublattice], sites: Sequence[Sequence[int]]) -> list[Filled]:
    """Return the sites of each sublattice, as they are numbered here, with how many carry an ion."""
    ions = [sum(n for one, n in zip(s.species, s.counts, strict=True) if one != VACANCY) for s in sublattices]
    return list(zip(sites, ions, strict=True))


def have_room(filled: Sequence[Filled], forbidden: _Pairs) -> bool:
    """Whether so many sites of each group can be occupied when no forbidden pair is; also if that takes too long.

    Parameters
    ----------
    filled
        Groups of sites, and how many of each are occupied.
    forbidden
        Pairs of sites that exclude one another.
    """
    if not len(forbidden):
        return True
    infeasible = 2
    return bool(_program([site for sites, _ in filled for site in sites], forbidden, filled, 0.0).status != infeasible)


def most_occupied(sites: Sequence[int], forbidden: _Pairs) -> int:
    """Most sites that can be occupied when no forbidden pair is."""
    if not len(forbidden):
        return len(sites)
    found = _program(sites, forbidden, (), 1.0)
    return len(sites) if found.x is None else round(found.x.sum())


def _program(sites: Sequence[int], forbidden: _Pairs, filled: Sequence[Filled], gain: float) -> Any:
    """Solve for the occupied sites of the highest total gain.

    Of a forbidden pair at most one site is occupied, and of the sites in each item of `filled` at least so many are.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    number = {int(site): k for k, site in enumerate(sites)}
    groups = [*forbidden, *(members for members, _ in filled)]
    rows = [(row, number[int(site)]) for row, members in enumerate(groups) for site in members]
    low = [-np.inf] * len(forbidden) + [float(least) for _, least in filled]
    high = [1.0] * len(forbidden) + [float(len(members)) for members, _ in filled]
    matrix = coo_array((np.ones(len(rows)), tuple(np.array(rows).T)), shape=(len(groups), len(sites)))
    return milp(
        np.full(len(sites), -gain),
        integrality=np.ones(len(sites)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix.tocsr(), np.array(low), np.array(high)),
        options={"time_limit": _LIMIT_S},
    )
