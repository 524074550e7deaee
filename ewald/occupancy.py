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
    group: SiteGroup, copies: int, everyone: Sequence[SiteGroup], tolerance: float = OCCUPANCY_TOLERANCE
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
        raise _not_whole(group, copies, everyone, tolerance)
    counts = {species: round(number) for species, number in numbers.items() if species != VACANCY}
    empty = sites - sum(counts.values())
    if empty < 0:
        raise _not_whole(group, copies, everyone, tolerance)
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


def _not_whole(group: SiteGroup, copies: int, everyone: Sequence[SiteGroup], tolerance: float) -> StructureError:
    sites = group.sites * copies
    shown = ", ".join(f"{number:.3f} {species}" for species, number in group.ions(copies).items())
    mend = _suggestion(everyone, tolerance)
    return StructureError(
        f"its occupancies give {shown} on {sites} sites, not whole numbers (tolerance {tolerance:g} in occupancy)",
        field=f"sublattice {group.name}",
        mend=mend,
    )


def _suggestion(everyone: Sequence[SiteGroup], tolerance: float) -> str:
    fits = [
        multiple
        for multiple in range(1, LARGEST_MULTIPLE + 1)
        if max(group.deviation(multiple) for group in everyone) <= tolerance
    ]
    cells = ", ".join('"' + " ".join(str(k) for k in shapes(multiple)[0]) + '"' for multiple in fits[:3])
    wishes = [f"--couple {element} (its sublattices share their ions)" for element in _shared_elements(everyone)]
    if cells:
        wishes.append(f"--supercell {cells}")
    return " or ".join(wishes) + " would do" if wishes else "change the occupancies in the file"


def _shared_elements(everyone: Sequence[SiteGroup]) -> list[str]:
    """Elements on several partially occupied sublattices, which may share their ions."""
    partial = [element for g in everyone if len(g.ions(1)) > 1 for element in {element_of(s) for s in g.amounts}]
    return sorted({element for element in partial if partial.count(element) > 1})
