"""From partial occupancies to whole numbers of ions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ewald.errors import StructureError
from ewald.io.supercell import shapes
from ewald.ions import VACANCY, element_of, ion_count

# Half a unit of the second decimal: files write 0.33 for 1/3 and 0.917 for 11/12.
OCCUPANCY_TOLERANCE = 0.005
_LARGEST_MULTIPLE = 64
# No larger change of an occupancy is proposed: it would be another compound.
_LARGEST_ROUNDING = 0.05


@dataclass(frozen=True)
class PartialSublattice:
    """Partially occupied sites of the unit cell that will share one sublattice.

    ``sites`` are their indices; ``amounts`` maps species (without vacancy) to the mean number of ions per unit cell;
    ``only`` the species that the file has on some of the sites only to those.
    """

    name: str
    sites: tuple[int, ...]
    amounts: Mapping[str, float]
    only: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def elements(self) -> set[str]:
        """The elements it carries."""
        return {element_of(species) for species in self.amounts}

    def ions(self, copies: int) -> dict[str, float]:
        """Mean numbers in ``copies`` unit cells, the vacancies included."""
        numbers = {species: amount * copies for species, amount in self.amounts.items()}
        empty = len(self.sites) * copies - sum(numbers.values())
        if abs(empty) > 1e-6 * len(self.sites) * copies:
            numbers[VACANCY] = empty
        return numbers

    def deviation(self, copies: int) -> float:
        """Largest change of an occupancy that whole numbers in ``copies`` unit cells need."""
        sites = len(self.sites) * copies
        return max(abs(number - round(number)) / sites for number in self.ions(copies).values())


def pooled(sublattices: Sequence[PartialSublattice], name: str, *, everywhere: bool = True) -> PartialSublattice:
    """Join sublattices into one that shares their ions.

    Parameters
    ----------
    sublattices
        Those to join.
    name
        Of the new one.
    everywhere
        Whether every ion may then sit on all the sites; else only where the file has its species. Vacancies may.
    """
    amounts: dict[str, float] = {}
    for sublattice in sublattices:
        for species, amount in sublattice.amounts.items():
            amounts[species] = amounts.get(species, 0.0) + amount
    sites = tuple(site for sublattice in sublattices for site in sublattice.sites)
    only: dict[str, tuple[int, ...]] = {}
    if not everywhere:
        for species in amounts:
            own = tuple(
                site
                for sublattice in sublattices
                if species in sublattice.amounts
                for site in sublattice.only.get(species, sublattice.sites)
            )
            if len(own) < len(sites):
                only[species] = own
    return PartialSublattice(name, sites, amounts, only)


def whole_counts(
    group: PartialSublattice,
    copies: int,
    everyone: Sequence[PartialSublattice],
    tolerance: float = OCCUPANCY_TOLERANCE,
    charges: Mapping[str, float] | None = None,
) -> tuple[dict[str, int], str | None]:
    """Turn the occupancies of one sublattice into whole numbers of ions in ``copies`` unit cells.

    Parameters
    ----------
    group
        The sublattice.
    copies
        Unit cells in the supercell.
    everyone
        All sublattices, for the supercells that would do.
    tolerance
        Largest change of an occupancy that counts as rounding in the file.
    charges
        Charge of each species; a supercell is only proposed when its whole numbers are neutral.

    Returns
    -------
    counts : dict
        Species (vacancy included where there is room) to number.
    note : str or None
        What was rounded, for the user.

    Raises
    ------
    StructureError
        If an occupancy would have to change by more than the tolerance; the message lists supercells that would do.
    """
    sites = len(group.sites) * copies
    numbers = group.ions(copies)
    if numbers.get(VACANCY, 0.0) < -tolerance * sites:
        raise StructureError(
            f"occupancies add up to {sum(group.amounts.values()) / len(group.sites):.4f}, more than 1",
            field=f"sublattice {group.name}",
            fix="correct the occupancies in the file",
        )
    if group.deviation(copies) > tolerance:
        raise _not_whole(group, copies, everyone, tolerance, charges)
    counts = {species: round(number) for species, number in numbers.items() if species != VACANCY}
    empty = sites - sum(counts.values())
    if empty < 0:
        raise _not_whole(group, copies, everyone, tolerance, charges)
    if empty:
        counts[VACANCY] = empty
    return counts, _note(group, numbers, counts, sites)


def balanced_counts(
    name: str, species: tuple[str, str], sites: int, charges: Mapping[str, float], rest_e: float
) -> dict[str, int]:
    """Find how many ions of two species on ``sites`` sites cancel the charge of the rest of the cell.

    Raises
    ------
    StructureError
        If no whole number between 0 and ``sites`` does.
    """
    first, second = species
    q1, q2 = charges.get(first, 0.0), charges.get(second, 0.0)
    number = (-rest_e - q2 * sites) / (q1 - q2) if q1 != q2 else -1.0
    if abs(number - round(number)) > 1e-6 or not 0 <= round(number) <= sites:
        raise StructureError(
            f"no number of {first} on its {sites} sites makes the cell neutral (the rest carries {rest_e:+g} e)",
            field=f"sublattice {name}",
            fix="change the charges or the supercell",
        )
    counts = {first: round(number), second: sites - round(number)}
    return {one: count for one, count in counts.items() if count}


def _note(group: PartialSublattice, numbers: Mapping[str, float], counts: Mapping[str, int], sites: int) -> str | None:
    changed = [
        f"{species} {numbers.get(species, 0.0) / sites:.4f} taken as {count}/{sites} = {count / sites:.4f}"
        for species, count in counts.items()
        if abs(count - numbers.get(species, 0.0)) > 1e-3
    ]
    return f"sublattice {group.name}: occupancy {', '.join(changed)}" if changed else None


def _not_whole(
    group: PartialSublattice,
    copies: int,
    everyone: Sequence[PartialSublattice],
    tolerance: float,
    charges: Mapping[str, float] | None,
) -> StructureError:
    sites = len(group.sites) * copies
    shown = ", ".join(ion_count(number, species, 3) for species, number in group.ions(copies).items())
    return StructureError(
        f"its occupancies give {shown} on {sites} sites, not whole numbers (tolerance {tolerance:g} in occupancy)",
        field=f"sublattice {group.name}",
        fix=_suggestion(everyone, copies, tolerance, charges),
    )


def _suggestion(
    everyone: Sequence[PartialSublattice], copies: int, tolerance: float, charges: Mapping[str, float] | None
) -> str:
    """Say what would do: sublattices that share their ions, or options for this very cell, or another supercell."""
    shared = _shared_elements(everyone)
    ways = [("", everyone)]
    ways += [(f"--couple {element} ", _coupled(everyone, element)) for element in shared]
    for how, groups in ways[1:]:
        if _fits(groups, copies, tolerance, charges):
            return f"{how.strip()}, so that its sublattices share their ions"
    # Ions alone on several kinds of sites move from one to the other: the answer that lets them goes before the plain.
    moving = [way for way, element in zip(ways[1:], shared, strict=True) if _alone(everyone, element)]
    options = [found for way in (*moving, ways[0]) if (found := _options(*way, copies, tolerance, charges))]
    remedies = [f"{found} in this cell" for found in options[:1]]
    for how, groups in ways:
        fits = [n for n in range(1, _LARGEST_MULTIPLE + 1) if _fits(groups, n, tolerance, charges)]
        if fits:
            cells = ", ".join('"' + " ".join(str(k) for k in shapes(n)[0]) + '"' for n in fits[:3])
            remedies.append(f"{how}--supercell {cells}")
    if remedies:
        return " or ".join(remedies) + " would do"
    return "change the occupancies in the file, or --balance one sublattice by neutrality"


def _options(
    how: str, groups: Sequence[PartialSublattice], copies: int, tolerance: float, charges: Mapping[str, float] | None
) -> str | None:
    """Find options that make whole and neutral numbers of occupancies that are nearly so, the fewest first."""
    found = []
    for free in (None, *(group for group in groups if len(group.ions(1)) == 2)):
        rest = [group for group in groups if group is not free]
        needed = max((group.deviation(copies) for group in rest), default=0.0)
        if free is not None and not (charges and _balances(free, rest, copies, charges)):
            continue
        if needed + 1e-6 > _LARGEST_ROUNDING or (free is None and not _fits(groups, copies, needed, charges)):
            continue
        options = [] if free is None else [f"--balance {free.name}"]
        if needed > tolerance:
            options.append(f"--occupancy-tolerance {math.ceil((needed + 1e-6) / 0.005) * 0.005:g}")
        found.append((len(options), needed, how + " ".join(options)))
    return min(found)[2] if found else None


def _balances(
    free: PartialSublattice, rest: Sequence[PartialSublattice], copies: int, charges: Mapping[str, float]
) -> bool:
    """Whether neutrality gives a sublattice numbers of ions that are near its occupancies."""
    mean = free.ions(copies)
    sites = len(free.sites) * copies
    rest_e = math.fsum(charges.get(s, 0.0) * round(n) for group in rest for s, n in group.ions(copies).items())
    first, second = mean
    try:
        counts = balanced_counts(free.name, (first, second), sites, charges, rest_e)
    except StructureError:
        return False
    return all(abs(counts.get(species, 0) - number) <= _LARGEST_ROUNDING * sites for species, number in mean.items())


def _fits(
    groups: Sequence[PartialSublattice], copies: int, tolerance: float, charges: Mapping[str, float] | None
) -> bool:
    """Whether all numbers are whole in so many unit cells, and neutral where the charges are known."""
    if max(group.deviation(copies) for group in groups) > tolerance:
        return False
    numbers = [(species, round(n)) for group in groups for species, n in group.ions(copies).items()]
    if charges is None or any(species not in charges for species, _ in numbers if species != VACANCY):
        return True
    return abs(sum(charges[species] * n for species, n in numbers if species != VACANCY)) < 1e-6


def _coupled(everyone: Sequence[PartialSublattice], element: str) -> list[PartialSublattice]:
    """Pool the ions of all sublattices that carry an element."""
    chosen = [group for group in everyone if element in group.elements]
    return [pooled(chosen, element), *(group for group in everyone if group not in chosen)]


def _shared_elements(everyone: Sequence[PartialSublattice]) -> list[str]:
    """Elements on several sublattices, some of them partially occupied, which may share their ions."""
    elements = {element for group in everyone for element in group.elements}
    shared = []
    for element in sorted(elements):
        carrying = [group for group in everyone if element in group.elements]
        if len(carrying) > 1 and any(len(group.ions(1)) > 1 for group in carrying):
            shared.append(element)
    return shared


def _alone(everyone: Sequence[PartialSublattice], element: str) -> bool:
    """Whether the sublattices that carry an element carry nothing else but vacancies."""
    carrying = [group for group in everyone if element in group.elements]
    return all(group.elements == {element} for group in carrying)
