"""Which measurements are held out together: those of one publication, and those of one composition."""

from collections.abc import Sequence

from screening.prior.measured import Measurement, composition_of_formula

_SHARE_DIGITS = 3


def held_out_groups(measurements: Sequence[Measurement]) -> list[int]:
    """Return a number for each measurement, equal for those that are held out together.

    A model that has seen the same composition in another publication is asked for a value that it knows, and its
    errors are too small for compositions that nobody has measured. So publications that share a composition are one
    group, and so on.
    """
    leader = list(range(len(measurements)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    first: dict[object, int] = {}
    for index, one in enumerate(measurements):
        for key in ("source", one.source or index), ("composition", _shares(one.formula)):
            leader[find(index)] = find(first.setdefault(key, index))
    return [find(index) for index in range(len(measurements))]


def _shares(formula: str) -> tuple[tuple[str, float], ...]:
    amounts = composition_of_formula(formula)
    total = sum(amounts.values())
    return tuple(sorted((symbol, round(amount / total, _SHARE_DIGITS)) for symbol, amount in amounts.items()))
