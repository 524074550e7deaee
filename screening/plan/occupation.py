"""The ions of one cell of the mother: groups of sites with the ions they share."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
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
    only
        Species that may sit on some of the sites only, with those.
    """

    name: str
    sites: tuple[int, ...]
    counts: dict[str, Fraction]
    only: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def sites_of(self, species: str) -> tuple[int, ...]:
        """Return the sites on which a species may sit; none where the group does not have it."""
        return self.only.get(species, self.sites) if species in self.counts else ()

    def changed(self, changes: dict[str, Fraction], places: Collection[int] | None = None) -> "CellSublattice":
        """Return the group with ions added and taken away.

        Parameters
        ----------
        changes
            Ions of each species per cell; negative where they are taken away.
        places
            Where added species may sit, beside the sites on which they already may; all sites if None.

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
        allowed = {species: set(self.sites_of(species)) for species, count in counts.items() if count}
        for species in allowed:
            if changes.get(species, 0) > 0:
                allowed[species] |= set(self.sites if places is None else places)
        left = {species: counts[species] for species in allowed}
        return CellSublattice(self.name, self.sites, left, _narrow(allowed, self.sites))


@dataclass(frozen=True)
class Occupation:
    """All groups of a cell, and the sites that were added to the mother's.

    Attributes
    ----------
    groups
        Sites that share ions, with the number of each species on them.
    added_sites
        Fractional coordinates of interstitial sites.
    """

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

    The sites of the mobile ion are one group, over all its orbits, so that a vacancy or a mobile ion may be on any of
    them. Of the others, those with equal lists of ions are one group. Within its group, every ion stays on the sites
    where the mother has it, and vacancies where the mother has them or the mobile ion.

    Parameters
    ----------
    mother
        The mother crystal.
    together
        Sites that form groups of their own, such as the sites of a host. Groups that overlap become one, unless neither
        an ion nor a vacancy may be on all of their sites: then those of the first group stay in it.
    """
    occupancies = mother.occupancies()
    mobile = tuple(i for i, occupied in enumerate(occupancies) if mother.mobile_species in occupied)
    blocks: list[set[int]] = [set(mobile)]
    for sites in together:
        met = [block for block in blocks if block & set(sites)]
        joined = set(sites).union(*met)
        if set.intersection(*(_allowed(mother, occupancies[site]) for site in joined)):
            blocks = [block for block in blocks if block not in met]
        else:
            joined = set(sites).difference(*met)
        if joined:
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
    occupancies = mother.occupancies()
    allowed = {
        species: {site for site in sites if species in _allowed(mother, occupancies[site])} for species in counts
    }
    name = max(counts, key=lambda species: (species != VACANCY, counts[species]))
    return CellSublattice(name, tuple(sites), counts, _narrow(allowed, sites))


def _allowed(mother: Mother, occupied: Mapping[str, float]) -> set[str]:
    """Return what may be on a site: what the mother has there, and a vacancy where the mobile ion may be."""
    return {*occupied, VACANCY} if mother.mobile_species in occupied else set(occupied)


def _narrow(allowed: Mapping[str, Collection[int]], sites: Collection[int]) -> dict[str, tuple[int, ...]]:
    """Keep the sites of those species that may not sit on all."""
    return {species: tuple(sorted(own)) for species, own in allowed.items() if len(own) < len(sites)}


def _uniquely_named(groups: list[CellSublattice]) -> tuple[CellSublattice, ...]:
    named: list[CellSublattice] = []
    for group in groups:
        taken = sum(other.name.split("#")[0] == group.name for other in named)
        named.append(replace(group, name=f"{group.name}#{taken + 1}") if taken else group)
    return tuple(named)
