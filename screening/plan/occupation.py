"""The ions of one cell of the mother: groups of sites with the ions they share."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from screening.plan.mother import Mother
from screening.plan.substitution import as_charge
from screening.species import VACANCY, summed

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
        counts = summed((*self.counts.items(), *changes.items()))
        for species, change in changes.items():
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
        return sum(self.totals().values(), Fraction(0))

    def totals(self) -> dict[str, Fraction]:
        """Return ions per cell of each species, vacancies left out."""
        totals = summed(ion for group in self.groups for ion in group.counts.items())
        return {species: count for species, count in totals.items() if species != VACANCY}

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
    groups = [_group(mother, sorted(block)) for block in (*blocks, *rest.values())]
    return Occupation(_uniquely_named(groups))


def _group(mother: Mother, sites: list[int]) -> CellSublattice:
    counts = mother.counts(sites)
    vacancies = len(sites) - sum(counts.values(), Fraction(0))
    if vacancies > 0:
        counts[VACANCY] = vacancies
    return CellSublattice(max(counts, key=lambda species: (species != VACANCY, counts[species])), tuple(sites), counts)


def _uniquely_named(groups: list[CellSublattice]) -> tuple[CellSublattice, ...]:
    named: list[CellSublattice] = []
    for group in groups:
        taken = sum(other.name.split("#")[0] == group.name for other in named)
        named.append(CellSublattice(f"{group.name}#{taken + 1}" if taken else group.name, group.sites, group.counts))
    return tuple(named)
