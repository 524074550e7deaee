"""Sublattices: sites that share one pool of ions."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.errors import StructureError
from ewald.ions import VACANCY


@dataclass(frozen=True)
class Sublattice:
    """Sites that share one pool of ions.

    Sites of several Wyckoff orbits may form one sublattice: then they share one count per species (coupled).

    Parameters
    ----------
    name
        What messages call it.
    sites
        Indices into the sites of the space.
    species
        Names such as ``"Na+"``, or ``"vacancy"``; a single one means a fixed sublattice.
    charges
        Charge of each species in elementary charges; 0 for a vacancy.
    counts
        How many of the sites each species takes; they add up to the number of sites.
    only
        Species that may sit on some of the sites only, with those: ``{"Al3+": (0, 1)}``. One species with ions at
        least must be free to sit on all of them.

    Raises
    ------
    StructureError
        If the sublattice is empty, lengths or counts disagree, or a charge is missing.

    Examples
    --------
    >>> na = Sublattice("Na", (0, 1, 2), ("Na+", "vacancy"), (1.0, 0.0), (2, 1))
    >>> na.configurations
    3
    """

    name: str
    sites: tuple[int, ...]
    species: tuple[str, ...]
    charges: tuple[float, ...]
    counts: tuple[int, ...]
    only: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def __post_init__(self) -> None:
        for name, kind in (("sites", int), ("species", str), ("charges", _charge), ("counts", int)):
            object.__setattr__(self, name, tuple(kind(value) for value in getattr(self, name)))
        self._check_species()
        self._check_counts()
        self._set_only()

    def _set_only(self) -> None:
        given = self.only.items() if isinstance(self.only, Mapping) else self.only
        narrow = [(species, tuple(sorted(map(int, sites)))) for species, sites in given]
        narrow = sorted((species, sites) for species, sites in narrow if len(sites) < len(self.sites))
        object.__setattr__(self, "only", tuple(narrow))
        where = f"sublattice {self.name}"
        for species, sites in narrow:
            if species not in self.species or not set(sites) <= set(self.sites):
                raise StructureError("restricts a species to sites that it does not have", field=where, value=species)
            if self.counts[self.species.index(species)] > len(sites):
                raise StructureError(
                    f"has more ions than the {len(sites)} sites where it is allowed", field=where, value=species
                )
        if narrow and not any(self.counts[k] for k in range(len(self.species)) if not self.restricted(k)):
            raise StructureError(
                "no species may sit on all of its sites",
                field=where,
                fix="split it into sublattices of equivalent sites",
            )

    def restricted(self, species: int) -> bool:
        """Whether a species may sit on some of the sites only.

        Parameters
        ----------
        species
            Index of the species in `species`.
        """
        return any(name == self.species[species] for name, _ in self.only)

    def sites_of(self, species: int) -> tuple[int, ...]:
        """Sites on which a species may sit.

        Parameters
        ----------
        species
            Index of the species in `species`.
        """
        return next((sites for name, sites in self.only if name == self.species[species]), self.sites)

    @property
    def kinds(self) -> tuple[frozenset[int], ...]:
        """What each site may hold, species by number, in the order of the sites."""
        if not self.only:
            return (frozenset(range(len(self.species))),) * len(self.sites)
        allowed = [set(self.sites_of(k)) for k in range(len(self.species))]
        return tuple(frozenset(k for k, sites in enumerate(allowed) if site in sites) for site in self.sites)

    def _check_species(self) -> None:
        where = f"sublattice {self.name}"
        if not self.sites or not self.species:
            raise StructureError("an empty sublattice", field=where, fix="give it sites and species, or leave it out")
        if len(set(self.sites)) != len(self.sites):
            raise StructureError("names a site twice", field=where, fix="list every site once")
        if len(set(self.species)) != len(self.species):
            raise StructureError("names a species twice", field=where, value=self.species, fix="add up their counts")
        if not len(self.species) == len(self.charges) == len(self.counts):
            raise StructureError("species, charges and counts differ in length", field=where)
        for species, charge in zip(self.species, self.charges, strict=True):
            if not math.isfinite(charge):
                raise StructureError(
                    "a species without a charge", field=where, value=species, fix=f"give --charges {species}=<charge>"
                )
            if species == VACANCY and charge != 0:
                raise StructureError("a vacancy carries no charge", field=where, value=charge)

    def _check_counts(self) -> None:
        if min(self.counts) < 0 or sum(self.counts) != len(self.sites):
            raise StructureError(
                f"counts must add up to its {len(self.sites)} sites",
                field=f"sublattice {self.name}",
                value=dict(zip(self.species, self.counts, strict=True)),
            )

    @property
    def variable(self) -> bool:
        """Whether there is more than one way to fill the sublattice."""
        return sum(count > 0 for count in self.counts) > 1

    @property
    def configurations(self) -> int:
        """Number of ways to fill the sublattice (a multinomial coefficient where no species is restricted)."""
        if self.only:
            return fillings(tuple(Counter(self.kinds).items()), self.counts)
        ways = math.factorial(len(self.sites))
        for count in self.counts:
            ways //= math.factorial(count)
        return ways

    @property
    def charge(self) -> float:
        """Total charge, in elementary charges."""
        return math.fsum(charge * count for charge, count in zip(self.charges, self.counts, strict=True))

    @property
    def reference(self) -> int:
        """Index of the most abundant species (the first of them), against which charges are counted.

        Of those that may sit on all sites, where some may not.
        """
        free = [k for k in range(len(self.species)) if not self.restricted(k)]
        return max(free, key=lambda k: (self.counts[k], -k))


def _charge(value: float | None) -> float:
    return math.nan if value is None else float(value)


def fillings(kinds: Sequence[tuple[frozenset[int], int]], counts: Sequence[int]) -> int:
    """Count the ways to fill sites of several kinds, kind after kind.

    Parameters
    ----------
    kinds
        What sites of a kind may hold, species by number, and how many there are.
    counts
        How many ions of each species there are in all.
    """
    states = {tuple(counts): 1}
    for allowed, sites in kinds:
        grown: dict[tuple[int, ...], int] = {}
        for left, ways in states.items():
            for taken, factor in _shares(sorted(allowed), left, sites):
                key = tuple(n - taken.get(k, 0) for k, n in enumerate(left))
                grown[key] = grown.get(key, 0) + ways * factor
        states = grown
    return states.get((0,) * len(counts), 0)


def _shares(allowed: Sequence[int], left: Sequence[int], sites: int) -> Iterator[tuple[dict[int, int], int]]:
    """Numbers of each species that fill so many sites, and the ways to place them."""
    first, *others = allowed
    if not others:
        if sites <= left[first]:
            yield {first: sites}, 1
        return
    for number in range(min(sites, left[first]) + 1):
        for taken, ways in _shares(others, left, sites - number):
            yield {first: number, **taken}, ways * math.comb(sites, number)


def variable_of(sublattices: Sequence[Sublattice]) -> tuple[Sublattice, ...]:
    """Return the sublattices that can be filled in more than one way."""
    return tuple(sublattice for sublattice in sublattices if sublattice.variable)


def sites_of(sublattices: Sequence[Sublattice]) -> NDArray[np.int64]:
    """Sites of the sublattices, one sublattice after the other; shape (n,)."""
    return np.array([site for sublattice in sublattices for site in sublattice.sites], dtype=np.int64)


def reference_occupation(sublattices: Sequence[Sublattice]) -> NDArray[np.int8]:
    """Every site of a cell with the most abundant species of its sublattice, shape (N,)."""
    occupation = np.zeros(len(sites_of(sublattices)), dtype=np.int8)
    for sublattice in sublattices:
        occupation[list(sublattice.sites)] = sublattice.reference
    return occupation


def charges_of(sublattices: Sequence[Sublattice], occupation: ArrayLike) -> NDArray[np.float64]:
    """Charges on all sites of a cell, shape (N,), given the species index of every site."""
    indices = np.asarray(occupation)
    charges = np.zeros(len(indices))
    for sublattice in sublattices:
        members = list(sublattice.sites)
        charges[members] = np.asarray(sublattice.charges)[indices[members]]
    return charges


def site_labels(sublattices: Sequence[Sublattice]) -> NDArray[np.intc]:
    """Label the sites of a cell such that symmetry may only exchange sites of one label; shape (N,).

    Fixed sublattices of one species share a label: where they were split does not matter.
    """
    labels = np.zeros(len(sites_of(sublattices)), dtype=np.intc)
    known: dict[object, int] = {}
    for position, sublattice in enumerate(sublattices):
        only = next(k for k, count in enumerate(sublattice.counts) if count)
        for site, kind in zip(sublattice.sites, sublattice.kinds, strict=True):
            key = (position, kind) if sublattice.variable else (sublattice.species[only], sublattice.charges[only])
            labels[site] = known.setdefault(key, len(known) + 1)
    return labels
