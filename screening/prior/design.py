"""New compositions to consider: neutral ones of given elements, and substitutions of a mother."""

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

from pymatgen.core import Element

from ewald.ions import ion_name
from screening.prior.measured import PriorError
from screening.species import ANIONS, element_of, ion_charge, summed
from screening.value import Value

MOST = 200_000
"""Compositions that are looked through at most."""
LEVELS = (Fraction(1, 8), Fraction(1, 4), Fraction(3, 8), Fraction(1, 2))


class Proposal(Value):
    """A substitution of a mother, in the form of a campaign's doping plan.

    Attributes
    ----------
    formula
        Of the outcome, per formula unit of the mother.
    site, dopant, level
        Host ion, the ion in its place, and the share of it that is replaced.
    compensation
        `none`, `vacancy` or `interstitial`, of the mobile ion.
    """

    formula: str
    site: str
    dopant: str
    level: str
    compensation: str

    def doping_plan(self) -> dict[str, object]:
        """Return the entry of `doping` in a campaign file that makes it."""
        routes = [] if self.compensation == "none" else [self.compensation]
        plan: dict[str, object] = {"site": self.site, "dopants": [self.dopant], "levels": [self.level]}
        return plan | ({"compensation": routes} if routes else {})


def charges_of(elements: Sequence[str], given: Mapping[str, float]) -> dict[str, tuple[float, ...]]:
    """Return the charges that each element may have: those given, else the common ones of its kind.

    Parameters
    ----------
    elements
        Symbols.
    given
        Charges by symbol, each the only one.

    Raises
    ------
    PriorError
        When a symbol is no element, or has no common charge.

    Examples
    --------
    >>> charges_of(["Li", "P", "S"], {})
    {'Li': (1.0,), 'P': (3.0, 5.0), 'S': (-2.0,)}
    """
    found = {}
    for symbol in elements:
        if not Element.is_valid_symbol(symbol):
            raise PriorError("is not an element", field="--elements", value=symbol)
        sign = -1 if symbol in ANIONS else 1
        common = tuple(float(state) for state in Element(symbol).common_oxidation_states if state * sign > 0)
        found[symbol] = (given[symbol],) if symbol in given else common
        if not found[symbol]:
            raise PriorError("has no common charge", field="--elements", value=symbol, fix=f"--charges {symbol}=...")
    return found


def neutral_formulas(
    mobile: str, charges: Mapping[str, Sequence[float]], max_atoms: int, *, least_share: float = 0.0
) -> list[str]:
    """Return the reduced formulas of all neutral compositions of up to so many atoms, with at least one anion.

    Parameters
    ----------
    mobile
        Element of the mobile ion; every composition has some.
    charges
        Charges that each element may have, one in a composition.
    max_atoms
        Atoms per formula unit at most.
    least_share
        Share of the atoms that are mobile, at least.

    Raises
    ------
    PriorError
        When there would be more than :data:`MOST` to look through.
    """
    others = [symbol for symbol in charges if symbol != mobile]
    if math.comb(max_atoms + len(others), len(others)) > MOST:
        raise PriorError("is too many atoms", field="--max-atoms", value=max_atoms, fix="fewer, or fewer elements")
    found: dict[tuple[tuple[str, int], ...], None] = {}
    for counts in _counts(len(others), max_atoms - 1):
        amounts = {symbol: count for symbol, count in zip(others, counts, strict=True) if count}
        if ANIONS & amounts.keys():
            for moving in _balancing(mobile, amounts, charges):
                total = moving + sum(amounts.values())
                if total <= max_atoms and moving / total >= least_share:
                    found[_reduced({mobile: moving} | amounts)] = None
    return ["".join(f"{symbol}{'' if count == 1 else count}" for symbol, count in formula) for formula in found]


def _counts(number: int, most: int) -> Iterator[tuple[int, ...]]:
    """Yield all tuples of so many counts whose sum is at most `most`."""
    if number == 0:
        yield ()
        return
    for first in range(most + 1):
        for rest in _counts(number - 1, most - first):
            yield (first, *rest)


def _balancing(mobile: str, amounts: Mapping[str, int], charges: Mapping[str, Sequence[float]]) -> set[int]:
    """Return the numbers of mobile ions that make some ions neutral, for any of their charges."""
    found = set()
    for states in product(charges[mobile], *(charges[symbol] for symbol in amounts)):
        missing = -math.fsum(state * count for state, count in zip(states[1:], amounts.values(), strict=True))
        moving = missing / states[0]
        if moving >= 1 and abs(moving - round(moving)) < 1e-9:
            found.add(round(moving))
    return found


def _reduced(amounts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    divisor = math.gcd(*amounts.values())
    return tuple((symbol, count // divisor) for symbol, count in amounts.items())


def substitutions(
    ions: Mapping[str, Fraction], mobile: str, elements: Sequence[str], *, levels: Sequence[Fraction] = LEVELS
) -> list[Proposal]:
    """Return the substitutions of a mother by ions of its hosts' kind, made neutral by the mobile ion.

    Parameters
    ----------
    ions
        Number of each ion per formula unit of the mother.
    mobile
        Element of its mobile ion.
    elements
        Those that may replace a host: cations an immobile cation, anions an anion.
    levels
        Shares of the host that are replaced.
    """
    moving = next(ion for ion in ions if element_of(ion) == mobile)
    dopants = [ion_name(symbol, state) for symbol, states in charges_of(elements, {}).items() for state in states]
    found = []
    for host, dopant, level in product(ions, dopants, levels):
        known = {element_of(ion) for ion in ions}
        if host == moving or element_of(dopant) in known or (ion_charge(host) > 0) != (ion_charge(dopant) > 0):
            continue
        surplus = (Fraction(ion_charge(dopant)) - Fraction(ion_charge(host))) * level * ions[host]
        added = -surplus / Fraction(ion_charge(moving))
        if ions[moving] + added > 0:
            route = "none" if added == 0 else "interstitial" if added > 0 else "vacancy"
            changed = {moving: ions[moving] + added, host: ions[host] * (1 - level), dopant: ions[host] * level}
            # As in a plan, the dopant follows its host.
            order = [one for ion in ions for one in ((ion, dopant) if ion == host else (ion,))]
            counts = dict(ions) | changed
            amounts = summed((element_of(ion), counts[ion]) for ion in order if counts[ion])
            formula = "".join(
                f"{symbol}{'' if amount == 1 else f'{float(amount):g}'}" for symbol, amount in amounts.items()
            )
            found.append(Proposal(formula=formula, site=host, dopant=dopant, level=str(level), compensation=route))
    return found
