"""Free numbers of ions: every choice of numbers that makes the cell neutral, counted exactly and listed.

The numbers are placed one species after the other; how many ways remain, given the sites and the charge still to be
placed, is counted first (dynamic programming), so that no dead end is entered while they are listed.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ewald.errors import StructureError
from ewald.ions import VACANCY

# Spaces that are listed at most.
_MOST_SPACES = 10_000


@dataclass(frozen=True)
class FreeCounts:
    """What the user wants free: a sublattice (or element), and limits on the numbers of some of its species.

    ``limits`` maps a species, or its element, to its least and greatest number in the supercell.
    """

    name: str
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "FreeCounts":
        """Read ``NAME`` or ``NAME:SPECIES=LOW-HIGH,...``.

        Raises
        ------
        StructureError
            If it is neither.

        Examples
        --------
        >>> FreeCounts.parse("Na:vacancy=0-6")
        FreeCounts(name='Na', limits={'vacancy': (0, 6)})
        """
        name, _, rest = text.partition(":")
        limits = {}
        for part in filter(None, (piece.strip() for piece in rest.split(","))):
            found = re.fullmatch(r"(\S+?)\s*=\s*(\d+)(?:\s*-\s*(\d+))?", part)
            if found is None or int(found[3] or found[2]) < int(found[2]):
                raise StructureError(
                    "not a range of numbers", field="free", value=text, fix="write NAME or NAME:SPECIES=LOW-HIGH,..."
                )
            limits[found[1]] = (int(found[2]), int(found[3] or found[2]))
        return cls(name.strip(), limits)


@dataclass(frozen=True)
class FreeSublattice:
    """A sublattice whose numbers are free within ranges; ``ranges`` has the least and greatest of each species.

    Attributes
    ----------
    name
        Of the sublattice.
    sites
        Number of its sites.
    species, charges
        What can sit there, with the charge of each in e.
    ranges
        Least and greatest number of each species.
    """

    name: str
    sites: int
    species: tuple[str, ...]
    charges: tuple[float, ...]
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def within(
        cls, free: FreeCounts, name: str, sites: int, species: Sequence[str], charges: Sequence[float]
    ) -> "FreeSublattice":
        """Make a sublattice with the limits that the user gave.

        Raises
        ------
        StructureError
            If there is only one species, or a limit names one that the sublattice does not have.
        """
        if len(species) < 2:
            raise StructureError(
                "has one species only: nothing is free there",
                field=f"sublattice {name}",
                value=", ".join(species),
                fix="give its sites a second species or a vacancy in the file",
            )
        ranges = dict.fromkeys(species, (0, sites))
        for key, limits in free.limits.items():
            named = [one for one in species if key == one or (one != VACANCY and key == one.rstrip("0123456789.+-"))]
            if len(named) != 1:
                raise StructureError(
                    "is not a species of that sublattice",
                    field=f"free, sublattice {name}",
                    value=key,
                    fix=f"its species are {', '.join(species)}",
                )
            ranges[named[0]] = limits
        return cls(name, sites, tuple(species), tuple(charges), tuple(ranges[one] for one in species))


class NeutralCounts:
    """All numbers of ions on free sublattices that cancel the charge of the rest of the cell.

    Parameters
    ----------
    sublattices
        The free ones.
    rest_e
        Charge of everything else, in elementary charges.

    Examples
    --------
    >>> na = FreeSublattice("Na", 6, ("Na+", "vacancy"), (1, 0), ((0, 6), (0, 6)))
    >>> sb = FreeSublattice("Sb", 2, ("Sb5+", "W6+"), (5, 6), ((0, 2), (0, 2)))
    >>> neutral = NeutralCounts([na, sb], rest_e=-16)
    >>> neutral.number, neutral.configurations
    (3, 28)
    >>> list(neutral)[0]
    ({'Na+': 4, 'vacancy': 2}, {'W6+': 2})
    """

    def __init__(self, sublattices: Sequence[FreeSublattice], rest_e: float) -> None:
        self.sublattices = tuple(sublattices)
        self._slots = [(owner, number) for owner, s in enumerate(self.sublattices) for number in range(len(s.species))]
        exact = [Fraction(q).limit_denominator(10**4) for s in self.sublattices for q in s.charges]
        rest = Fraction(rest_e).limit_denominator(10**4)
        common = math.lcm(rest.denominator, *(q.denominator for q in exact))
        self._charges = [int(q * common) for q in exact]
        self._start = (0, self._sites(0), int(rest * common))
        self._reach = self._reaches()
        self._known: dict[tuple[int, int, int], tuple[int, int]] = {}

    @property
    def number(self) -> int:
        """How many choices of numbers there are."""
        return self._ways(*self._start)[0]

    @property
    def configurations(self) -> int:
        """How many arrangements all of them have together; exact."""
        return self._ways(*self._start)[1]

    def __iter__(self) -> Iterator[tuple[dict[str, int], ...]]:
        """Yield the numbers of each choice, one mapping per sublattice; species without ions are left out."""
        for numbers in self._walk(*self._start):
            chosen: tuple[dict[str, int], ...] = tuple({} for _ in self.sublattices)
            for (owner, species), count in zip(self._slots, numbers, strict=True):
                if count:
                    chosen[owner][self.sublattices[owner].species[species]] = count
            yield chosen

    def _sites(self, slot: int) -> int:
        """Sites of the sublattice that begins with a slot; 0 behind the last."""
        return self.sublattices[self._slots[slot][0]].sites if slot < len(self._slots) else 0

    def _reaches(self) -> list[tuple[int, int, int, int]]:
        """Least and greatest charge per site from each slot on in its sublattice, and of all later sublattices."""
        behind = [(0, 0)]
        for k in reversed(range(len(self.sublattices))):
            own = [q for (owner, _), q in zip(self._slots, self._charges, strict=True) if owner == k]
            sites = self.sublattices[k].sites
            behind.append((behind[-1][0] + sites * min(own), behind[-1][1] + sites * max(own)))
        reaches = []
        for slot, (owner, _) in enumerate(self._slots):
            rest = [q for (other, _), q in zip(self._slots[slot:], self._charges[slot:], strict=True) if other == owner]
            reaches.append((min(rest), max(rest), *behind[len(self.sublattices) - 1 - owner]))
        return reaches

    def _steps(self, slot: int, left: int, charge: int) -> Iterator[tuple[int, tuple[int, int, int]]]:
        """Numbers that the species of a slot may take, each with what is left to be placed then."""
        owner, species = self._slots[slot]
        sublattice = self.sublattices[owner]
        low, high = sublattice.ranges[species]
        last = species == len(sublattice.species) - 1
        for number in range(max(low, left) if last else low, min(high, left) + 1):
            reached = charge + number * self._charges[slot]
            yield number, (slot + 1, self._sites(slot + 1) if last else left - number, reached)

    def _ways(self, slot: int, left: int, charge: int) -> tuple[int, int]:
        """Choices of the numbers from a slot on, and the arrangements of all of them."""
        if slot == len(self._slots):
            return (1, 1) if charge == 0 else (0, 0)
        least, most, later_least, later_most = self._reach[slot]
        if not left * least + later_least <= -charge <= left * most + later_most:
            return 0, 0
        key = (slot, left, charge)
        if key not in self._known:
            choices = arrangements = 0
            for number, after in self._steps(slot, left, charge):
                some, ways = self._ways(*after)
                choices += some
                arrangements += math.comb(left, number) * ways
            self._known[key] = choices, arrangements
        return self._known[key]

    def _walk(self, slot: int, left: int, charge: int) -> Iterator[tuple[int, ...]]:
        if slot == len(self._slots):
            yield ()
            return
        for number, after in self._steps(slot, left, charge):
            if self._ways(*after)[0]:
                for rest in self._walk(*after):
                    yield (number, *rest)


def neutral_choices(sublattices: Sequence[FreeSublattice], rest_e: float) -> NeutralCounts:
    """Find the neutral numbers, and refuse none or too many.

    Raises
    ------
    StructureError
        If no choice is neutral, or more than can be listed are.
    """
    found = NeutralCounts(sublattices, rest_e)
    names = ", ".join(s.name for s in sublattices)
    if found.number == 0:
        raise StructureError(
            f"no numbers of ions make the cell neutral (the rest carries {rest_e:+g} e)",
            field=f"free sublattices {names}",
            fix="widen the ranges, free another sublattice, or change the charges",
        )
    if found.number > _MOST_SPACES:
        raise StructureError(
            f"{found.number:,} choices of numbers are neutral ({found.configurations:.2e} arrangements), more than the "
            f"{_MOST_SPACES:,} that are listed",
            field=f"free sublattices {names}",
            fix="give ranges, for instance NAME:vacancy=0-6",
        )
    return found
