"""From partial occupancies to whole numbers of ions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ewald.errors import StructureError
from ewald.oxidation import element_of
from ewald.space import VACANCY
from ewald.supercell import shapes

# Half a unit of the second decimal: files write 0.33 for 1/3 and 0.917 for 11/12.
OCCUPANCY_TOLERANCE = 0.005
LARGEST_MULTIPLE = 64


@dataclass(frozen=True)
class SiteGroup:
    """Sites of one sublattice in the unit cell: how many, and how many of each species they hold on average.

    ``amounts`` maps species (without vacancy) to the mean number of ions per unit cell.
    """

    name: str
    sites: int
    amounts: Mapping[str, float]

    def ions(self, copies: int) -> dict[str, float]:
        """Mean numbers in ``copies`` unit cells, the vacancies included."""
        numbers = {species: amount * copies for species, amount in self.amounts.items()}
        empty = self.sites * copies - sum(numbers.values())
        if abs(empty) > 1e-6 * self.sites * copies:
            numbers[VACANCY] = empty
        return numbers

    def deviation(self, copies: int) -> float:
        """Largest change of an occupancy that whole numbers in ``copies`` unit cells need."""
        sites = self.sites * copies
        return max(abs(number - round(number)) / sites for number in self.ions(copies).values())


def whole_counts(
    group: SiteGroup,
    copies: int,
    everyone: Sequence[SiteGroup],
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
    sites = group.sites * copies
    numbers = group.ions(copies)
    if numbers.get(VACANCY, 0.0) < -tolerance * sites:
        raise StructureError(
            f"occupancies add up to {sum(group.amounts.values()) / group.sites:.4f}, more than 1",
            field=f"sublattice {group.name}",
            mend="correct the occupancies in the file",
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


def _note(group: SiteGroup, numbers: Mapping[str, float], counts: Mapping[str, int], sites: int) -> str | None:
    changed = [
        f"{species} {numbers.get(species, 0.0) / sites:.4f} taken as {count}/{sites} = {count / sites:.4f}"
        for species, count in counts.items()
        if abs(count - numbers.get(species, 0.0)) > 1e-3
    ]
    return f"sublattice {group.name}: occupancy {', '.join(changed)}" if changed else None


def _not_whole(
    group: SiteGroup,
    copies: int,
    everyone: Sequence[SiteGroup],
    tolerance: float,
    charges: Mapping[str, float] | None,
) -> StructureError:
    sites = group.sites * copies
    shown = ", ".join(f"{number:.3f} {species}" for species, number in group.ions(copies).items())
    return StructureError(
        f"its occupancies give {shown} on {sites} sites, not whole numbers (tolerance {tolerance:g} in occupancy)",
        field=f"sublattice {group.name}",
        mend=_suggestion(everyone, copies, tolerance, charges),
    )


def _suggestion(
    everyone: Sequence[SiteGroup], copies: int, tolerance: float, charges: Mapping[str, float] | None
) -> str:
    """Say what would do: sublattices that share their ions in this very cell, or else another supercell."""
    for element in _shared_elements(everyone):
        if _fits(_coupled(everyone, element), copies, tolerance, charges):
            return f"--couple {element}, so that its sublattices share their ions"
    wishes = []
    ways = [("", everyone)]
    ways += [(f"--couple {element} ", _coupled(everyone, element)) for element in _shared_elements(everyone)]
    for how, groups in ways:
        fits = [n for n in range(1, LARGEST_MULTIPLE + 1) if _fits(groups, n, tolerance, charges)]
        if fits:
            cells = ", ".join('"' + " ".join(str(k) for k in shapes(n)[0]) + '"' for n in fits[:3])
            wishes.append(f"{how}--supercell {cells}")
    if wishes:
        return " or ".join(wishes) + " would do"
    return "change the occupancies in the file, or --balance one sublattice by neutrality"


def _fits(groups: Sequence[SiteGroup], copies: int, tolerance: float, charges: Mapping[str, float] | None) -> bool:
    """Whether all numbers are whole in so many unit cells, and neutral where the charges are known."""
    if max(group.deviation(copies) for group in groups) > tolerance:
        return False
    numbers = [(species, round(n)) for group in groups for species, n in group.ions(copies).items()]
    if charges is None or any(species not in charges for species, _ in numbers if species != VACANCY):
        return True
    return abs(sum(charges[species] * n for species, n in numbers if species != VACANCY)) < 1e-6


def _coupled(everyone: Sequence[SiteGroup], element: str) -> list[SiteGroup]:
    """Pool the ions of all sublattices that carry an element."""
    chosen = [group for group in everyone if element in map(element_of, group.amounts)]
    amounts: dict[str, float] = {}
    for group in chosen:
        for species, amount in group.amounts.items():
            amounts[species] = amounts.get(species, 0.0) + amount
    pool = SiteGroup(element, sum(group.sites for group in chosen), amounts)
    return [pool, *(group for group in everyone if group not in chosen)]


def _shared_elements(everyone: Sequence[SiteGroup]) -> list[str]:
    """Elements on several sublattices, some of them partially occupied, which may share their ions."""
    elements = {element_of(species) for group in everyone for species in group.amounts}
    shared = []
    for element in sorted(elements):
        carrying = [group for group in everyone if element in map(element_of, group.amounts)]
        if len(carrying) > 1 and any(len(group.ions(1)) > 1 for group in carrying):
            shared.append(element)
    return shared
