"""The whole numbers of ions closest to refined occupancies that are exactly neutral: a small integer program per cell.

The distance of numbers k from the means m that the file gives is the sum of |k - m| over the species of every
sublattice, plus the same over the elements of the whole cell, per ion. scipy's HiGHS finds the least. Where an ion is
mobile, others that share sites with vacancies count more where the cell has fewer of them than rounding makes, the
more charge they carry: refinements know the mobile ion least, and one oxide ion less would else be a shorter way to
neutrality than two sodium ions more. What rounding itself takes from such an ion counts once: no larger change of the
mobile ion or a dopant avoids it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ewald.io.occupancy import OCCUPANCY_TOLERANCE, PartialSublattice
from ewald.ions import VACANCY, element_of, ion_name

#: Most ions in a supercell that the program chooses itself.
MOST_IONS = 250
# Where two choices are equally near, the mobile ions (the sublattice with most vacancies) change rather than others.
_OTHERS_COST = 1.001
_SAME_DISTANCE = 1e-7


@dataclass(frozen=True)
class MixedValence:
    """An element whose ions carry one mean charge between two states, whatever makes the cell neutral.

    Attributes
    ----------
    element
        Its symbol.
    low, high
        The two oxidation states.
    """

    element: str
    low: int
    high: int


@dataclass(frozen=True)
class WholeNumbers:
    """Whole numbers for so many cells.

    Attributes
    ----------
    cells
        How many cells of the file.
    numbers
        For each sublattice, species (vacancies included where there are any) to number of ions.
    charges
        Charge of each species; that of an element of mixed valence is the mean that makes the cell neutral.
    distance
        From the file's occupancies, per ion, as this module defines it.
    largest_change
        Of an occupancy.
    vanished
        How many species of the file have no ion left on a sublattice.
    """

    cells: int
    numbers: tuple[dict[str, int], ...]
    charges: Mapping[str, float]
    distance: float
    largest_change: float
    vanished: int

    @property
    def ions(self) -> int:
        """How many ions all of them are."""
        return sum(number for own in self.numbers for species, number in own.items() if species != VACANCY)


def _rounded(mean: float) -> int:
    """Round to a whole number, halves down."""
    return math.ceil(mean - 0.5 - 1e-9)


@dataclass(frozen=True)
class NearestNumbers:
    """The integer program.

    Parameters
    ----------
    groups
        The sublattices of the file's cell, with their mean numbers of ions.
    charges
        Charge of each species.
    mixed
        An element of mixed valence.
    tolerance
        Largest change of an occupancy that is rounding in the file.
    most
        Most ions per cell of the file on some of the groups (by number) together, where sites exclude one another.
    mobile
        The element that moves, if one does.
    """

    groups: Sequence[PartialSublattice]
    charges: Mapping[str, float]
    mixed: MixedValence | None = None
    tolerance: float = OCCUPANCY_TOLERANCE
    most: Sequence[tuple[Sequence[int], int]] = ()
    mobile: str | None = None

    @property
    def ions(self) -> float:
        """Mean number of ions in the file's cell."""
        return math.fsum(amount for group in self.groups for amount in group.amounts.values())

    def best(self, most_ions: int = MOST_IONS) -> WholeNumbers | None:
        """Return the smallest cell that changes occupancies by rounding only, else the nearest of all.

        A cell in which every species of the file keeps an ion goes before one where one vanishes.
        """
        best: WholeNumbers | None = None
        for cells in range(1, max(1, int(most_ions / self.ions + 1e-9)) + 1):
            if best is not None and not best.vanished and self._least(cells) >= best.distance - _SAME_DISTANCE:
                continue
            found = self.nearest(cells)
            if found is None or (cells > 1 and found.ions > most_ions):
                continue
            if found.largest_change <= self.tolerance + 1e-9 and not found.vanished:
                return found
            if best is None or (found.vanished, found.distance + _SAME_DISTANCE) < (best.vanished, best.distance):
                best = found
        return best

    def nearest(self, cells: int) -> WholeNumbers | None:
        """Find the nearest neutral numbers in so many cells of the file; None where none are neutral."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        rows = self._species()
        means = np.array([self.groups[g].amounts[species] * cells for g, species in rows])
        elements = list(dict.fromkeys(element_of(species) for _, species in rows))
        n, m = len(rows), len(elements)
        weights = self._weights(rows)
        width = 2 * n + m
        matrix: list[NDArray[np.float64]] = []
        low: list[float] = []
        high: list[float] = []

        def constrain(terms: Mapping[int, float], least: float, most: float) -> None:
            row = np.zeros(width)
            for column, value in terms.items():
                row[column] += value
            matrix.append(row)
            low.append(least)
            high.append(most)

        for k in range(n):
            constrain({k: 1.0, n + k: -1.0}, -np.inf, means[k])
            constrain({k: 1.0, n + k: 1.0}, means[k], np.inf)
        for e, element in enumerate(elements):
            members = [k for k, (_, species) in enumerate(rows) if element_of(species) == element]
            mean = math.fsum(means[k] for k in members)
            constrain({**dict.fromkeys(members, 1.0), 2 * n + e: -1.0}, -np.inf, mean)
            constrain({**dict.fromkeys(members, 1.0), 2 * n + e: 1.0}, mean, np.inf)
            weight, rounded = weights[element], _rounded(mean)
            constrain({**dict.fromkeys(members, weight), 2 * n + e: 1.0}, mean + (weight - 1) * rounded, np.inf)
        for g, group in enumerate(self.groups):
            members = [k for k, (owner, _) in enumerate(rows) if owner == g]
            least, most = self._filled(group, cells)
            constrain(dict.fromkeys(members, 1.0), least, most)
            for sites in group.only.values():
                # Species that share sites with it may not crowd one another out of theirs.
                own = set(sites)
                inside = [k for k in members if set(group.only.get(rows[k][1], group.sites)) <= own]
                constrain(dict.fromkeys(inside, 1.0), 0.0, len(sites) * cells)
        for owners, spots in self.most:
            constrain(dict.fromkeys((k for k, (g, _) in enumerate(rows) if g in owners), 1.0), 0.0, spots * cells)
        for terms, least, most in self._neutrality(rows):
            constrain(terms, least, most)
        emptiest = max(range(len(self.groups)), key=lambda g: self._vacancies(self.groups[g]), default=-1)
        moves = [1.0 if g == emptiest else _OTHERS_COST for g, _ in rows]
        cost = np.concatenate([[0.0] * n, moves, [1.0] * m])
        found = milp(
            cost,
            integrality=np.concatenate([np.ones(n), np.zeros(n + m)]),
            bounds=Bounds(np.zeros(width), np.full(width, np.inf)),
            constraints=LinearConstraint(np.array(matrix), np.array(low), np.array(high)),
            options={"mip_rel_gap": 0.0},
        )
        return None if found.x is None else self._result(cells, rows, means, np.rint(found.x[:n]).astype(int))

    def _species(self) -> list[tuple[int, str]]:
        return [(g, species) for g, group in enumerate(self.groups) for species in group.amounts]

    def _weights(self, rows: Sequence[tuple[int, str]]) -> dict[str, float]:
        """By how much every ion of an element counts that is missing beyond rounding."""
        unit = max((abs(self.charges[s]) for _, s in rows if element_of(s) == self.mobile), default=0.0)
        weights = {element_of(species): 1.0 for _, species in rows}
        for g, species in rows:
            element = element_of(species)
            if unit and element != self.mobile and not self._full(self.groups[g]):
                # An ion less also changes its sublattice by one, and so do the mobile ions for its charge.
                weights[element] = max(weights[element], 2 * abs(self.charges[species]) / unit)
        return weights

    def _vacancies(self, group: PartialSublattice) -> float:
        return len(group.sites) - math.fsum(group.amounts.values())

    def _filled(self, group: PartialSublattice, cells: int) -> tuple[float, float]:
        """Least and greatest number of ions; all sites are filled where the file fills them."""
        sites = len(group.sites) * cells
        return (sites if self._full(group) else 0.0), sites

    def _full(self, group: PartialSublattice) -> bool:
        return self._vacancies(group) <= self.tolerance * len(group.sites)

    def _neutrality(self, rows: Sequence[tuple[int, str]]) -> Iterator[tuple[dict[int, float], float, float]]:
        exact = {k: Fraction(self.charges[species]).limit_denominator(1000) for k, (_, species) in enumerate(rows)}
        free = [k for k, (_, species) in enumerate(rows) if self._is_mixed(species)]
        if not free or self.mixed is None:
            common = math.lcm(*(q.denominator for q in exact.values()))
            yield {k: float(q * common) for k, q in exact.items()}, 0.0, 0.0
            return
        fixed = {k: float(q) for k, q in exact.items() if k not in free}
        yield fixed | dict.fromkeys(free, float(self.mixed.low)), -np.inf, 0.0
        yield fixed | dict.fromkeys(free, float(self.mixed.high)), 0.0, np.inf

    def _is_mixed(self, species: str) -> bool:
        return self.mixed is not None and element_of(species) == self.mixed.element

    def _least(self, cells: int) -> float:
        """Distance that whole numbers have at least in so many cells, neutral or not."""
        by_element: dict[str, float] = {}
        total = 0.0
        for g, species in self._species():
            mean = self.groups[g].amounts[species] * cells
            total += abs(mean - round(mean))
            by_element[element_of(species)] = by_element.get(element_of(species), 0.0) + mean
        return (total + sum(abs(mean - round(mean)) for mean in by_element.values())) / (self.ions * cells)

    def _result(
        self, cells: int, rows: Sequence[tuple[int, str]], means: NDArray[np.float64], taken: NDArray[np.int64]
    ) -> WholeNumbers:
        charges, renamed = self._mean_charges(rows, taken)
        numbers: list[dict[str, int]] = [{} for _ in self.groups]
        elements: dict[str, list[float]] = {}
        change, vanished = 0.0, 0
        for (g, species), mean, number in zip(rows, means.tolist(), taken.tolist(), strict=True):
            numbers[g][renamed.get(species, species)] = number
            totals = elements.setdefault(element_of(species), [0.0, 0.0])
            totals[0], totals[1] = totals[0] + mean, totals[1] + number
            change = max(change, abs(number - mean) / (len(self.groups[g].sites) * cells))
            vanished += number == 0 and mean > 1e-6
        for group, own in zip(self.groups, numbers, strict=True):
            empty = len(group.sites) * cells - sum(own.values())
            if empty:
                own[VACANCY] = empty
                file_empty = self._vacancies(group) * cells
                change = max(change, abs(empty - file_empty) / (len(group.sites) * cells))
        weights = self._weights(rows)
        moved = float(np.abs(taken - means).sum())
        for element, (mean, number) in elements.items():
            moved += abs(number - mean) + (weights[element] - 1) * max(_rounded(mean) - number, 0)
        return WholeNumbers(cells, tuple(numbers), charges, moved / (self.ions * cells), change, vanished)

    def _mean_charges(
        self, rows: Sequence[tuple[int, str]], taken: NDArray[np.int64]
    ) -> tuple[dict[str, float], dict[str, str]]:
        """Charges, with the mean that makes the cell neutral; and new names of the species of mixed valence."""
        charges = dict(self.charges)
        free = [k for k, (_, species) in enumerate(rows) if self._is_mixed(species)]
        number = sum(int(taken[k]) for k in free)
        if self.mixed is None or not number:
            return charges, {}
        rest = math.fsum(charges[species] * int(taken[k]) for k, (_, species) in enumerate(rows) if k not in free)
        mean = -rest / number
        name = ion_name(self.mixed.element, mean)
        renamed = {rows[k][1]: name for k in free}
        return {renamed.get(species, species): q for species, q in charges.items()} | {name: mean}, renamed
