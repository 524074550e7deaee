"""A composition: what sits in the supercell, how many of each, and on which sites."""

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from pymatgen.core import Element, Lattice, Structure

from ewald.io.crystals.disorder import Alternatives
from ewald.space.sublattice import fillings
from screening.plan.compensation import Draft
from screening.plan.composition_record import CompositionRecord
from screening.plan.mother import Mother
from screening.plan.supercell import Supercell
from screening.species import VACANCY, charge_of, element_of, summed
from screening.value import CrystalStructure, Value, content_hash

ROUTE_NAMES = {
    "none": "none",
    "vacancy": "{mobile} vacancies",
    "interstitial": "{mobile} interstitials",
    "anion_vacancy": "anion vacancies",
    "codopant": "codopant",
}
_ROUTE_SHORT = {"vacancy": "vac", "interstitial": "int", "anion_vacancy": "avac", "codopant": "co"}


class SupercellSublattice(Value):
    """Sites of the mother's cell that share ions, counted in the whole supercell.

    Attributes
    ----------
    name
        What messages call it.
    sites
        Indices into the sites of :attr:`Composition.cell`.
    species, counts
        The ions, vacancies among them, and how many of each the whole supercell holds.
    only
        Species that may sit on some of the sites only, with those.
    """

    name: str
    sites: tuple[int, ...]
    species: tuple[str, ...]
    counts: tuple[int, ...]
    only: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def configurations(self) -> int:
        """Number of ways to fill the group's sites in the supercell."""
        allowed = dict(self.only)
        kinds = Counter(
            frozenset(k for k, species in enumerate(self.species) if site in allowed.get(species, self.sites))
            for site in self.sites
        )
        cells = sum(self.counts) // len(self.sites)
        return fillings([(kind, sites * cells) for kind, sites in kinds.items()], self.counts)


class Composition(Value):
    """One neutral composition of one mother in one supercell.

    Attributes
    ----------
    id
        Short, readable, unique in the campaign, and safe as a folder name.
    mother, mobile
        Name of the mother and symbol of its mobile ion.
    formula
        Per formula unit of the mother, host and dopants side by side: Na2.75Sb0.75W0.25S4.
    substitution
        What was replaced, in words; empty for the undoped mother.
    compensation
        The route to neutrality: none, vacancy, interstitial, anion_vacancy or codopant.
    cell
        The mother's cell with every site that may be occupied, interstitial sites last; its ions are
        placeholders.
    supercell
        The supercell of it.
    groups
        All sites, divided into groups that share ions.
    alternatives
        Sites of the cell that exclude one another; see :mod:`ewald.io.crystals.disorder`.
    ions
        Ions in the supercell.
    allowed_configurations
        Arrangements without two ions closer than the Ewald stage allows, as exact text; None where they were not
        counted.
    distinct_configurations
        Those of them distinct by symmetry, as exact text; None where they were not counted.
    routes
        Every substitution of the campaign that leads here.
    estimated_seconds
        Rough time of the Ewald search on one core.
    searched_with
        Id of the earlier composition whose search serves this one too: only the names of their ions differ, not the
        charges. None when it has a search of its own.
    """

    id: str
    mother: str
    mobile: str
    formula: str
    substitution: str
    compensation: str
    cell: CrystalStructure
    supercell: Supercell
    groups: tuple[SupercellSublattice, ...]
    ions: int
    allowed_configurations: str | None = None
    distinct_configurations: str | None = None
    routes: tuple[str, ...] = ()
    estimated_seconds: float | None = None
    searched_with: str | None = None
    alternatives: Alternatives = ()

    @property
    def configurations(self) -> int:
        """Number of arrangements with symmetry copies, whatever the distances between their ions."""
        return math.prod(group.configurations for group in self.groups)

    @property
    def charge(self) -> float:
        """Net charge of the supercell in e; zero."""
        return math.fsum(
            charge_of(species) * count
            for group in self.groups
            for species, count in zip(group.species, group.counts, strict=True)
        )

    @property
    def degenerate(self) -> bool:
        """Whether all its arrangements have one electrostatic energy: only ions of equal charge change places."""
        mixed = [group for group in self.groups if len(group.species) > 1]
        return bool(mixed) and all(len({charge_of(species) for species in group.species}) == 1 for group in mixed)

    def totals(self) -> dict[str, int]:
        """Return how many ions of each species the supercell holds."""
        totals = summed(ion for group in self.groups for ion in zip(group.species, group.counts, strict=True))
        return {species: count for species, count in totals.items() if species != VACANCY}

    def inputs_hash(self) -> str:
        """Hash of all that fixes the configuration space; names and routes are left out."""
        alternatives = (self.alternatives,) if self.alternatives else ()
        return content_hash(self.cell, self.supercell.matrix, self.groups, *alternatives)

    def record(self) -> CompositionRecord:
        """Return the composition as the campaign's record holds it before its Ewald screen."""
        return CompositionRecord(
            id=self.id,
            mother=self.mother,
            formula=self.formula,
            supercell=self.supercell.matrix,
            ions=self.ions,
            compensation=ROUTE_NAMES[self.compensation].format(mobile=self.mobile),
            configurations=self.allowed_configurations or str(self.configurations),
            distinct_configurations=self.distinct_configurations,
        )


def compose(mother: Mother, draft: Draft, supercell: Supercell) -> Composition:
    """Put a neutral draft into a supercell in which every count of ions is whole.

    Raises
    ------
    ValueError
        When a count is not whole: the supercell was chosen wrongly.
    """
    groups = []
    for group in draft.occupation.groups:
        counts = {species: count * supercell.cells for species, count in group.counts.items()}
        if any(count.denominator != 1 for count in counts.values()):
            raise ValueError(f"{group.name} would hold {counts} ions in {supercell.cells} cells of {mother.name}")
        species = tuple(sorted(counts, key=lambda name: (name == VACANCY, -counts[name], name)))
        groups.append(
            SupercellSublattice(
                name=group.name,
                sites=group.sites,
                species=species,
                counts=tuple(int(counts[name]) for name in species),
                only=tuple(sorted(group.only.items())),
            )
        )
    substitution = draft.substitution
    return Composition(
        id=composition_id(mother, draft),
        mother=mother.name,
        mobile=mother.mobile,
        formula=formula_of(mother, draft),
        substitution=substitution.describe() if substitution else "",
        compensation=draft.route,
        cell=_cell(mother, draft),
        supercell=supercell,
        groups=tuple(groups),
        ions=int(draft.occupation.ions * supercell.cells),
        alternatives=mother.alternatives,
        routes=(f"{substitution.describe()}, {draft.route}",) if substitution else ("undoped",),
    )


def composition_id(mother: Mother, draft: Draft, *, detail: int = 0) -> str:
    """Return a short name that is safe as a folder name, such as ``Na3SbS4-W0.25-vac``.

    Parameters
    ----------
    mother, draft
        What it names.
    detail
        1 adds oxidation states, 2 also the host; for names that would otherwise be equal.
    """
    substitution = draft.substitution
    if substitution is None:
        return f"{mother.name}-undoped"
    parts = []
    for species, share in substitution.shares:
        name = species.replace("+", "p").replace("-", "m") + "_" if detail else element_of(species)
        parts.append(f"{name}{float(share):.4g}")
    middle = "".join(parts) + (f"-on-{element_of(substitution.host)}-{substitution.plan}" if detail > 1 else "")
    route = _ROUTE_SHORT.get(draft.route)
    if route == "co":
        added = set(draft.occupation.totals()) - set(mother.counts()) - {species for species, _ in substitution.shares}
        route += "".join(sorted(element_of(species) for species in added))
    return "-".join(filter(None, (mother.name, middle, route)))


def formula_of(mother: Mother, draft: Draft) -> str:
    """Return the formula per formula unit of the mother; each dopant follows the host that it replaces.

    The mobile ion comes first, then the mother's elements by electronegativity.
    """
    units = formula_units(mother)
    amounts = summed((element_of(species), count / units) for species, count in draft.occupation.totals().items())
    elements = {element_of(species) for species in mother.counts()}
    order = sorted(elements, key=lambda symbol: (symbol != mother.mobile, Element(symbol).X, symbol))
    if draft.substitution is not None:
        after = order.index(element_of(draft.substitution.host)) + 1
        new = dict.fromkeys(element_of(species) for species, _ in draft.substitution.shares)
        order[after:after] = [symbol for symbol in new if symbol not in order]
    order += sorted(symbol for symbol in amounts if symbol not in order)
    return "".join(f"{symbol}{_amount(amounts[symbol])}" for symbol in order if amounts.get(symbol))


def formula_units(mother: Mother) -> Fraction:
    """Return the formula units in one cell of a mother: the greatest number that divides all counts of its ions."""
    totals = summed((element_of(species), count) for species, count in mother.counts().items())
    scale = math.lcm(*(count.denominator for count in totals.values()))
    return Fraction(math.gcd(*(int(count * scale) for count in totals.values())), scale)


def _amount(amount: Fraction) -> str:
    return "" if amount == 1 else f"{float(amount):.4g}"


def _cell(mother: Mother, draft: Draft) -> Structure:
    lattice: Lattice = mother.structure.lattice
    added = draft.occupation.added_sites
    species = [next(iter(occupied)) for occupied in mother.occupancies()] + [mother.mobile_species] * len(added)
    coords = [tuple(float(x) for x in site.frac_coords) for site in mother.structure] + list(added)
    return Structure(lattice, species, coords)


def merge_routes(compositions: Sequence[Composition]) -> dict[int, Composition]:
    """Keep each composition of one mother once; the first keeps its name and lists all routes.

    Two compositions are one when the same ions in the same numbers share the same sites of the same supercell.

    Returns
    -------
    dict
        The kept compositions by their index in `compositions`.
    """
    kept: dict[int, Composition] = {}
    places: dict[tuple[str, str], int] = {}
    for index, composition in enumerate(compositions):
        place = places.setdefault((composition.mother, composition.inputs_hash()), index)
        if place == index:
            kept[index] = composition
        else:
            first = kept[place]
            kept[place] = first.model_copy(
                update={"routes": tuple(dict.fromkeys((*first.routes, *composition.routes)))}
            )
    return kept
