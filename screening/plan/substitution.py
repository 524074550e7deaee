"""Substitutions: which ions replace which host, and in what shares, as expanded from a doping plan."""

from fractions import Fraction

from pymatgen.core import Element

from ewald.errors import CampaignError
from screening.campaign.doping import DopingPlan, Level
from screening.plan.mother import Mother
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
        An element (Sb), an ion (Sb5+), labels of sites in the mother's file (S2, S3), or both (S@S2,S3), which is
        needed where ions share a site. Such a site has the label of its last ion.
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
    ion, labels = _ion_and_labels(mother, site)
    found: dict[str, list[int]] = {}
    for index, occupied in enumerate(mother.occupancies()):
        if labels and mother.labels[index] not in labels:
            continue
        for species in occupied:
            if species != VACANCY and (not ion or ion in {species, element_of(species)}):
                found.setdefault(species, []).append(index)
    if len(found) > 1:
        raise CampaignError(
            f"matches several ions of {mother.name}: {', '.join(sorted(found))}",
            field=field,
            value=site,
            fix=f"name one of them, such as {min(found)}" + (f"@{site}" if not ion else ""),
        )
    return next(((species, tuple(sites)) for species, sites in found.items()), ("", ()))


def _ion_and_labels(mother: Mother, site: str) -> tuple[str, set[str]]:
    """Split the name of a host into its ion and its labels of sites; either may be empty."""
    ion, at, names = site.partition("@")
    labels = {label.strip() for label in (names if at else site).split(",")}
    if at:
        return ion.strip(), labels
    by_label = labels <= set(mother.labels) and not any(map(Element.is_valid_symbol, labels))
    return ("", labels) if by_label else (site.strip(), set())


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
                "replaces more than the whole host", field=f"{field}.mixtures.{place}", fix="levels that sum to 1"
            )
        shares.append(entry)
    return [Substitution(site=plan.site, host=host, shares=entry, plan=index) for entry in dict.fromkeys(shares)]


def _ion(text: str, host: str, field: str) -> str:
    species = str(parse_species(text, field=field))
    if species == host:
        raise CampaignError("is the host itself", field=field, value=text, fix="name another ion")
    return species
