"""Substitutions: which ions replace which host, and in what shares, as expanded from a doping plan."""

from fractions import Fraction

from pymatgen.core import Element

from ewald.errors import CampaignError
from screening.campaign.doping import DopingPlan, Level
from screening.mother import Mother
from screening.species import VACANCY, charge_of, element_of, parse_species
from screening.value import Value


class Substitution(Value):
    """Part of a host's ions replaced.

    Attributes
    ----------
    site
        The host as the campaign names it: an element, an ion, or the label of a site in the mother's file.
    host
        The ion replaced, such as Sb5+.
    shares
        Each new ion with the fraction of the host's ions that it replaces.
    plan
        Index of the doping plan it comes from.
    """

    site: str
    host: str
    shares: tuple[tuple[str, Level], ...]
    plan: int

    @property
    def replaced(self) -> Fraction:
        """Fraction of the host that is replaced altogether."""
        return sum((share for _, share in self.shares), Fraction(0))

    @property
    def charge_per_host(self) -> Fraction:
        """Charge in e that the substitution adds, per host ion of the mother."""
        host = as_charge(self.host)
        return sum((share * (as_charge(species) - host) for species, share in self.shares), Fraction(0))

    def describe(self) -> str:
        """Return a short text, such as ``W6+ 1/4 on Sb5+``."""
        return " and ".join(f"{species} {share}" for species, share in self.shares) + f" on {self.host}"


def as_charge(species: str) -> Fraction:
    """Return the charge of an ion as an exact fraction."""
    return Fraction(charge_of(species)).limit_denominator(1000)


def host_sites(mother: Mother, site: str, *, field: str) -> tuple[str, tuple[int, ...]]:
    """Find the host ion that a campaign names, and the sites of the mother that hold it.

    Parameters
    ----------
    mother
        The mother crystal.
    site
        An element (Sb), an ion (Sb5+), or the label of a site in the mother's file (S2).
    field
        Name of the entry in error messages.

    Returns
    -------
    host, sites
        The ion and the indices of its sites; no sites when the mother has no such ion.

    Raises
    ------
    CampaignError
        When the name fits ions of several oxidation states or elements.
    """
    occupancies = mother.occupancies()
    found: dict[str, list[int]] = {}
    by_label = site in mother.labels and not Element.is_valid_symbol(site)
    for index, occupied in enumerate(occupancies):
        for species in occupied:
            if species == VACANCY:
                continue
            named = mother.labels[index] == site if by_label else site in (species, element_of(species))
            if named:
                found.setdefault(species, []).append(index)
    if len(found) > 1:
        raise CampaignError(
            f"fits several ions of {mother.name}: {', '.join(sorted(found))}",
            field=field,
            value=site,
            mend="name one of them with its oxidation state",
        )
    return next(((species, tuple(sites)) for species, sites in found.items()), ("", ()))


def expand(plan: DopingPlan, index: int, mother: Mother, dopants: tuple[str, ...] = ()) -> list[Substitution]:
    """Expand one doping plan for one mother into substitutions, in the order of the campaign.

    Parameters
    ----------
    plan, index
        The doping plan and its place in the campaign.
    mother
        The mother crystal.
    dopants
        Dopants that the plan's rule chose, beside those it names.

    Raises
    ------
    CampaignError
        When a dopant is unknown, equals its host, or the shares of a mixture exceed the whole.
    """
    field = f"doping.{index}"
    host, sites = host_sites(mother, plan.site, field=f"{field}.site")
    if not sites:
        return []
    shares: list[tuple[tuple[str, Fraction], ...]] = []
    for place, dopant in enumerate((*plan.dopants, *dopants)):
        species = _ion(dopant, host, f"{field}.dopants.{place}")
        shares += [((species, level),) for level in plan.levels]
    for place, (first, second) in enumerate(plan.pairs):
        a, b = (_ion(text, host, f"{field}.pairs.{place}") for text in (first, second))
        shares += [((a, level), (b, 1 - level)) if level < 1 else ((a, level),) for level in plan.levels]
    for place, mixture in enumerate(plan.mixtures):
        entry = tuple((_ion(text, host, f"{field}.mixtures.{place}"), level) for text, level in mixture.items())
        if sum(level for _, level in entry) > 1:
            raise CampaignError(
                "replaces more than the whole host", field=f"{field}.mixtures.{place}", mend="levels that sum to 1"
            )
        shares.append(entry)
    return [Substitution(site=plan.site, host=host, shares=entry, plan=index) for entry in dict.fromkeys(shares)]


def _ion(text: str, host: str, field: str) -> str:
    species = str(parse_species(text, field=field))
    if species == host:
        raise CampaignError("is the host itself", field=field, value=text, mend="name another ion")
    return species
