"""Which rows of a diffusivity database are wanted."""

from collections.abc import Iterable
from functools import lru_cache
from math import isclose

from pymatgen.core import Element

from ewald.errors import UserError
from screening.prior.measured import PriorError, composition_of_formula
from screening.record.diffusivity_database import DiffusivityRow
from screening.value import Value

_SAME_SHARE = 1e-4
"""Difference in the share of an element up to which two formulas, written with few decimals, are the same."""


class QueryError(UserError):
    """A query of the diffusivity database makes no sense."""


class Query(Value):
    """Conditions on rows; a field left out is no condition.

    Attributes
    ----------
    elements
        Elements that the composition holds, all of them.
    formula
        The composition, in any multiple of the formula unit.
    species
        The mobile element.
    low_K, high_K
        Range of temperatures, ends included.
    method
        Part of the method (an engine, a code, an experiment), in any case.
    demonstration
        Whether runs of made-up potentials are wanted too.
    """

    elements: tuple[str, ...] = ()
    formula: str | None = None
    species: str | None = None
    low_K: float | None = None
    high_K: float | None = None
    method: str | None = None
    demonstration: bool = False


def select(rows: Iterable[DiffusivityRow], query: Query) -> tuple[DiffusivityRow, ...]:
    """Return the rows that match a query, in their order.

    Parameters
    ----------
    rows
        Rows of a database of diffusivities.
    query
        Elements, formula, species, range of temperatures and method that are wanted.

    Raises
    ------
    QueryError
        When the query names no element, no formula or an empty range.
    """
    for symbol in (*query.elements, *filter(None, (query.species,))):
        if not Element.is_valid_symbol(symbol):
            raise QueryError("is not an element", value=symbol, fix="write Li, Na, S, separated by commas")
    if query.low_K is not None and query.high_K is not None and query.low_K > query.high_K:
        raise QueryError("the range of temperatures is empty", value=f"{query.low_K:g} to {query.high_K:g} K")
    wanted = None if query.formula is None else _asked(query.formula)
    return tuple(row for row in rows if _fits(row, query) and (wanted is None or _same(_shares(row.formula), wanted)))


def _fits(row: DiffusivityRow, query: Query) -> bool:
    return (
        (query.demonstration or not row.demonstration)
        and (query.species is None or row.species == query.species)
        and (query.low_K is None or row.temperature_K >= query.low_K)
        and (query.high_K is None or row.temperature_K <= query.high_K)
        and (query.method is None or query.method.casefold() in (row.method or "").casefold())
        and (not query.elements or set(query.elements) <= _shares(row.formula).keys())
    )


def _asked(formula: str) -> dict[str, float]:
    try:
        return _shares(formula)
    except PriorError as error:
        raise QueryError(error.problem, value=formula, fix=error.fix) from None


@lru_cache(maxsize=4096)
def _shares(formula: str) -> dict[str, float]:
    amounts = composition_of_formula(formula)
    total = sum(amounts.values())
    return {symbol: amount / total for symbol, amount in amounts.items()}


def _same(one: dict[str, float], other: dict[str, float]) -> bool:
    return one.keys() == other.keys() and all(isclose(one[e], other[e], abs_tol=_SAME_SHARE) for e in one)
