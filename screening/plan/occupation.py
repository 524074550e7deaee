"""Who sits where, per cell of the mother: groups of sites with the ions they share."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from screening.plan.mother import Mother
from screening.plan.substitution import as_charge
from screening.species import VACANCY, as_fraction

Coordinates = tuple[float, float, float]


class NotCompensableError(Exception):
    """A substitution cannot be made neutral by a route; the text is the reason."""


@dataclass(frozen=True)
class CellSublattice:
    """Sites of the mother's cell that share ions, counted per cell: whole numbers come with the supercell.

    Attributes
    ----------
    name
        The ion that gives the group its name.
    sites
        Indices into the cell's sites; those beyond the mother's are interstitial.
    counts
        Ions of each species per cell, the vacancies among them.
    """

    name: str
    sites: tuple[int, ...]
    counts: dict[str, Fraction]

    def changed(self, changes: dict[str, Fraction]) -> "CellSublattice":
        """Return the group with ions added and taken away.

        Raises
        ------
        NotCompensableError
            When more ions would be taken away than there are.
        """
        counts = dict(self.counts)
        for species, change in changes.items():
            counts[species] = counts.get(species, Fraction(0)) + change
            if counts[species] < 0:
                held = self.counts.get(species, Fraction(0))
                what = "empty sites" if species == VACANCY else species
                raise NotCompensableError(f"needs {-change} {what} per cell where there are {held}")
        return CellSublattice(self.name, self.sites, {species: count for species, count in counts.items() if count})


@dataclass(frozen=True)
class Occupation:
    """All groups of a cell, and the sites that were added to the mother's."""

    groups: tuple[CellSublattice, ...]
    added_sites: tuple[Coordinates, ...] = ()

    @property
    def charge(self) -> Fraction:
        """Net charge per cell in e."""
        return sum(
            (as_charge(species) * count for group in self.groups for species, count in group.counts.items()),
            Fraction(0),
        )

    @property
    def ions(self) -> Fraction:
        """Ions per cell."""
        return sum((count for species, count in self.totals().items()), Fraction(0))

    def totals(self) -> dict[str, Fraction]:
        """Return ions per cell of each species, vacancies left out."""
        totals: dict[str, Fraction] = {}
        for group in self.groups:
            for species, count in group.counts.items():
                if species != VACANCY:
                    totals[species] = totals.get(species, Fraction(0)) + count
        return totals

    def group_of(self, site: int) -> CellSublattice:
        """Return the group that a site belongs to."""
        return next(group for group in self.groups if site in group.sites)

    def replaced(self, new: CellSublattice) -> "Occupation":
        """Return the occupation with one group exchanged, found by its sites."""
        groups = tuple(new if group.sites == new.sites else group for group in self.groups)
        return Occupation(groups, self.added_sites)


def occupation_of(mother: Mother, together: Iterable[tuple[int, ...]] = ()) -> Occupation:
    """Divide a mother's sites into groups that share ions.

    The sites of the mobile ion are one group, over all its orbits, so that a vacancy or an ion on a partially
    occupied site may be on any of them. Of the others, those with equal lists of ions are one group.

    Parameters
    ----------
    mother
        The mother crystal.
    together
        Sites that must form groups of their own, such as the sites of a host; groups that overlap become one.
    """
    occupancies = mother.occupancies()
    mobile = tuple(i for i, occupied in enumerate(occupancies) if mother.mobile_species in occupied)
    blocks: list[set[int]] = [set(mobile)]
    for sites in together:
        joined = set(sites)
        for block in [block for block in blocks if block & joined]:
            blocks.remove(block)
            joined |= block
        blocks.append(joined)
    chosen = set().union(*blocks)
    rest: dict[frozenset[str], set[int]] = {}
    for index, occupied in enumerate(occupancies):
        if index not in chosen:
            rest.setdefault(frozenset(occupied), set()).add(index)
    groups = [_group(sorted(block), occupancies) for block in (*blocks, *rest.values())]
    return Occupation(_named_apart(groups))


def _group(sites: list[int], occupancies: list[dict[str, float]]) -> CellSublattice:
    totals: dict[str, float] = {}
    for site in sites:
        for species, occupancy in occupancies[site].items():
            totals[species] = totals.get(species, 0.0) + occupancy
    counts = {species: as_fraction(total) for species, total in totals.items() if species != VACANCY}
    vacancies = len(sites) - sum(counts.values(), Fraction(0))
    if vacancies > 0:
        counts[VACANCY] = vacancies
    return CellSublattice(max(counts, key=lambda species: (species != VACANCY, counts[species])), tuple(sites), counts)


def _named_apart(groups: list[CellSublattice]) -> tuple[CellSublattice, ...]:
    named: list[CellSublattice] = []
    for group in groups:
        taken = sum(other.name.split("#")[0] == group.name for other in named)
        named.append(CellSublattice(f"{group.name}#{taken + 1}" if taken else group.name, group.sites, group.counts))
    return tuple(named)
