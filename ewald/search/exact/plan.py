"""The plan of an exact search: first arrangements, relaxations to search with, and work units by promise."""

from collections.abc import Callable
from dataclasses import dataclass

from ewald.parallel.team import Team
from ewald.search.exact.planner import Planner
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.tables import RelaxationTables
from ewald.search.exact.scouts import Scouts
from ewald.search.exact.units import Unit


@dataclass(frozen=True, eq=False)
class SearchPlan:
    """Units, the most promising first.

    Parameters
    ----------
    units, tables
        What to search, and the arrays to search it with.
    nodes
        Nodes looked at to make the units.
    whole
        Whether there was time to divide the search; if not, a later attempt does better to plan anew.
    """

    units: tuple[Unit, ...]
    tables: tuple[RelaxationTables, ...]
    nodes: int
    whole: bool

    @classmethod
    def of(
        cls, problems: list[LiteralProblem], units: list[Unit], multipliers: list[Multipliers], nodes: int
    ) -> "SearchPlan":
        """Make a plan of units as a file holds them; every relaxation has its problem, or one that lies below it."""
        tables = [RelaxationTables.of(problem, one) for problem, one in zip(problems, multipliers, strict=True)]
        return cls(tuple(units), tuple(tables), nodes, whole=True)


def make_plan(
    problem: LiteralProblem,
    pool: IncumbentPool,
    *,
    seed: int = 0,
    team: Team | None = None,
    scouts: Scouts | None = None,
    save: Callable[[SearchPlan], object] | None = None,
) -> SearchPlan:
    """Fill the pool with good arrangements and divide the search into units.

    All ranks of the team call this, and get the same plan. Whenever the deadline passes, the units cover everything,
    with the bounds that were proven by then: at least the one of the empty node. Where planning takes long, ``save`` is
    called now and then with a plan of what is still open.
    """
    team = team or Team()
    planner = Planner(problem, pool, team, scouts or Scouts(pool, seed))
    if save is not None:
        planner.save = lambda units: save(SearchPlan(tuple(units), tuple(planner.tables), planner.nodes, whole=True))
    units = planner.units(seed)
    units.sort(key=lambda unit: unit.lowest_bound_eV)
    # Rounding may differ between processors: the numbers of the units must not.
    units = team.once(lambda: units)
    return SearchPlan(tuple(units), tuple(planner.tables), planner.nodes, planner.whole)
