"""Charge compensation: the routes by which a substitution is made neutral, tried in the order of the campaign."""

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction

from ewald.errors import CampaignError
from screening.campaign.doping import DopingPlan
from screening.plan.interstitials import find_interstitials, symmetric_copies
from screening.plan.mother import Mother
from screening.plan.occupation import CellSublattice, Coordinates, NotCompensableError, Occupation, occupation_of
from screening.plan.substitution import Substitution, as_charge, host_sites
from screening.species import VACANCY, parse_species
from screening.value import Value


class Draft(Value):
    """A substitution with the route that makes it neutral, before there is a supercell.

    Attributes
    ----------
    substitution
        Dopant, host and level; None for the undoped mother.
    route
        How the charge is balanced.
    occupation
        Ions of every sublattice.
    """

    substitution: Substitution | None
    route: str
    occupation: Occupation


def compensate(mother: Mother, substitution: Substitution, plan: DopingPlan) -> tuple[Draft | None, str]:
    """Make a substitution neutral by the first route of the plan that can.

    Returns
    -------
    draft, reason
        The neutral draft and an empty text, or None and why each route fails.
    """
    surplus = substitution.charge_per_host
    reasons = []
    routes = ("none",) if surplus == 0 else tuple(dict.fromkeys(plan.compensation))
    for route in routes:
        try:
            occupation = _ROUTES[route](mother, substitution, plan)
            _check(mother, occupation)
        except NotCompensableError as error:
            reasons.append(f"{route}: {error}")
            continue
        return Draft(substitution=substitution, route=route, occupation=occupation), ""
    if not reasons:
        return None, f"no route is allowed for a charge of {_signed(surplus)} e per host ion"
    return None, "; ".join(reasons)


def undoped(mother: Mother) -> Draft:
    """Return the mother itself as a draft."""
    return Draft(substitution=None, route="none", occupation=occupation_of(mother))


def _substituted(
    mother: Mother, substitution: Substitution, together: tuple[tuple[int, ...], ...] = ()
) -> tuple[Occupation, Fraction]:
    """Return the occupation with the substituents in it, and its net charge per cell."""
    host, sites = host_sites(mother, substitution.site, field="doping.site")
    hosts = mother.counts(sites)[host]
    added = {species: share * hosts for species, share in substitution.shares}
    occupation = _exchanged(mother, occupation_of(mother, (sites, *together)), sites, host, added)
    return occupation, substitution.charge_per_host * hosts


def _exchanged(
    mother: Mother, occupation: Occupation, sites: Collection[int], ion: str, added: Mapping[str, Fraction]
) -> Occupation:
    """Put other species, which may then sit on these sites, in the place of an ion.

    Where the sites are in several groups, each exchanges in proportion to the ions that the mother has there.
    """
    total = mother.counts(sites)[ion]
    for group in occupation.groups:
        places = set(sites) & set(group.sites)
        part = mother.counts(places).get(ion, Fraction(0)) / total
        if part:
            changes = {species: part * number for species, number in added.items()}
            occupation = occupation.replaced(
                group.changed({ion: -sum(changes.values(), Fraction(0)), **changes}, places)
            )
    return occupation


def _sites_of(mother: Mother, ion: str) -> tuple[int, ...]:
    return tuple(i for i, occupied in enumerate(mother.occupancies()) if ion in occupied)


def _none(mother: Mother, substitution: Substitution, _: DopingPlan) -> Occupation:
    occupation, surplus = _substituted(mother, substitution)
    if surplus:
        raise NotCompensableError(f"leaves a charge of {_signed(surplus)} e per cell")
    return occupation


def _vacancy(mother: Mother, substitution: Substitution, _: DopingPlan) -> Occupation:
    occupation, surplus = _substituted(mother, substitution)
    return _with_vacancies(mother, occupation, surplus, mother.mobile_species)


def _with_vacancies(mother: Mother, occupation: Occupation, surplus: Fraction, ion: str) -> Occupation:
    """Remove as many ions of a species as balance a surplus of charge (e per cell)."""
    number = surplus / as_charge(ion)
    if number < 0:
        raise NotCompensableError(f"{ion} vacancies would add to the charge of {_signed(surplus)} e per cell")
    return _exchanged(mother, occupation, _sites_of(mother, ion), ion, {VACANCY: number})


def _interstitial(mother: Mother, substitution: Substitution, plan: DopingPlan) -> Occupation:
    occupation, surplus = _substituted(mother, substitution)
    mobile = mother.mobile_species
    number = -surplus / as_charge(mobile)
    if number < 0:
        raise NotCompensableError(f"more {mobile} would add to the charge of {_signed(surplus)} e per cell")
    group = occupation.group_of(_sites_of(mother, mobile)[0])
    if plan.interstitial_sites is None and number <= group.counts.get(VACANCY, Fraction(0)):
        return occupation.replaced(group.changed({mobile: number, VACANCY: -number}, ()))
    added = _interstitial_sites(mother, plan)
    if number > len(added):
        raise NotCompensableError(f"needs {number} interstitial {mobile} per cell where there are {len(added)} sites")
    first = sum(len(other.sites) for other in occupation.groups)
    counts = {mobile: number, VACANCY: len(added) - number}
    new = CellSublattice(f"{mobile} interstitial", tuple(range(first, first + len(added))), counts)
    return Occupation((*occupation.groups, new), added)


def _interstitial_sites(mother: Mother, plan: DopingPlan) -> tuple[Coordinates, ...]:
    """Sites given by the user, with their symmetry copies; else those found in the voids."""
    if plan.interstitial_sites is not None:
        return symmetric_copies(mother, plan.interstitial_sites)
    found = find_interstitials(mother, plan.interstitial_min_distance_A)
    if not found:
        away = (
            "far enough"
            if plan.interstitial_min_distance_A is None
            else f"{plan.interstitial_min_distance_A:g} A or more"
        )
        raise NotCompensableError(f"no void is {away} from every ion")
    return found


def _anion_vacancy(mother: Mother, substitution: Substitution, _: DopingPlan) -> Occupation:
    counts = mother.counts()
    anions = {species: count for species, count in counts.items() if as_charge(species) < 0}
    if not anions:
        raise NotCompensableError("the mother has no anions")
    anion = max(anions, key=lambda species: anions[species])
    occupation, surplus = _substituted(mother, substitution, (_sites_of(mother, anion),))
    return _with_vacancies(mother, occupation, surplus, anion)


def _codopant(mother: Mother, substitution: Substitution, plan: DopingPlan) -> Occupation:
    if plan.codopant is None or plan.codopant_site is None:
        raise CampaignError(
            "needs codopant and codopant_site",
            field=f"doping.{substitution.plan}.compensation",
            value="codopant",
            fix="for example codopant: Cl-, codopant_site: S",
        )
    field = f"doping.{substitution.plan}.codopant"
    second = str(parse_species(plan.codopant, field=field))
    host, sites = host_sites(mother, plan.codopant_site, field=f"{field}_site")
    if not sites:
        raise NotCompensableError(f"{mother.name} has no {plan.codopant_site}")
    occupation, surplus = _substituted(mother, substitution, (sites,))
    step = as_charge(second) - as_charge(host)
    if step == 0 or -surplus / step < 0:
        raise NotCompensableError(f"{second} on {host} cannot balance {_signed(surplus)} e per cell")
    return _exchanged(mother, occupation, sites, host, {second: -surplus / step})


def _check(mother: Mother, occupation: Occupation) -> None:
    if occupation.charge:
        raise NotCompensableError(f"the cell keeps a charge of {_signed(occupation.charge)} e")
    if not occupation.totals().get(mother.mobile_species):
        raise NotCompensableError(f"leaves no {mother.mobile_species}")


def _signed(charge: Fraction) -> str:
    return f"{'+' if charge > 0 else ''}{charge}"


_ROUTES: dict[str, Callable[[Mother, Substitution, DopingPlan], Occupation]] = {
    "none": _none,
    "vacancy": _vacancy,
    "interstitial": _interstitial,
    "anion_vacancy": _anion_vacancy,
    "codopant": _codopant,
}
