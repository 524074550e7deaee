"""The most probable oxidation states of a composition that is neutral, or nearly so.

A choice of one state per element is as probable as those states are frequent, times how well the sum of the charges
agrees with zero, given how well occupancies are known. One element may also be of mixed valence: then it carries the
mean charge, between two neighbouring states, that makes the sum zero. An anion does so only where nothing else is
nearly neutral: occupancies that are wrong are likelier.
"""

import itertools
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FREQUENCIES = Path(__file__).with_name("oxidation_frequencies.json")

#: A sum of charges beyond this, per ion, is a contradiction within the file.
MOST_CHARGE_PER_ION_E = 0.1
# Refined occupancies leave about so much charge per ion; large deviations are rare, but not as rare as a normal
# distribution would have them: the probability falls exponentially.
_REFINED_CHARGE_PER_ION_E = 0.01
_NEUTRAL_PER_ION_E = 1e-4
# How much less probable a mean charge is than the rarer of its two states: d and f metals have them often.
_MIXED_VALENCE, _MIXED_VALENCE_METAL = 0.15, 0.5
# How much less probable other states than +1 are where one of these shares its sites with vacancies: then it moves.
_MOVE_AS_ONE_PLUS = frozenset({"Ag", "Cu"})
_NOT_ONE_PLUS = 0.01
# The share of a state that the statistics do not have, though it is known.
_RARE = 1e-3
# Choices less probable than this, relative to the best so far, are dropped while the elements are gone through.
_LEAST = 1e-9
_MOST_CHOICES = 200_000
# Elements that have one state alone in ionic crystals, or nearly so, are never of mixed valence; nor does a mean of an
# anion and a cation of one element mean anything, but for carbon in molecules.
_LEAST_MIXED_SHARE = 0.02
# The states of a choice are together at most so much less frequent than the most frequent state of each element; rarer
# ones are believed where they make the sum zero.
_LEAST_PLAUSIBLE, _LEAST_PLAUSIBLE_NEUTRAL, _LEAST_PLAUSIBLE_MIXED = 1e-2, 2e-3, 2e-3
# Messages name states that are together at most so much less frequent than the most probable ones.
_LEAST_COMMON = 0.1
# How much less probable a choice is where a negative element is less electronegative than a positive one, and where an
# element that electronegative ones oxidise (phosphorus beside sulfur) is negative beside them.
_INVERTED, _REDUCED = 0.05, 0.02
_OXIDISED = frozenset({"B", "C", "Si", "Ge", "Sn", "P", "As", "Sb", "Bi"})


@dataclass(frozen=True)
class ChargeGuess:
    """One choice of charges.

    Attributes
    ----------
    charges
        Charge of each element in e; a mean where the valence is mixed.
    mixed
        The element of mixed valence and its two states, or None.
    charge_per_ion_e
        What the cell carries with them, per ion.
    probability
        Relative to all choices looked at.
    """

    charges: Mapping[str, float]
    mixed: tuple[str, int, int] | None
    charge_per_ion_e: float
    probability: float

    @property
    def mixed_anion(self) -> bool:
        """Whether an anion has the mean charge: such a guess is a way out, and never sure."""
        return self.mixed is not None and self.mixed[1] < 0


@cache
def frequencies(element: str) -> dict[int, float]:
    """Share of each oxidation state of an element among its ions in crystals, zero left out.

    Examples
    --------
    >>> max(frequencies("Zr"), key=frequencies("Zr").get)
    4
    """
    counts = {int(state): float(n) for state, n in _table().get(element, {}).items()}
    total = sum(counts.values())
    shares = {state: n / total for state, n in counts.items()}
    if not shares:
        from pymatgen.core import Element

        known = Element(element).common_oxidation_states or Element(element).oxidation_states
        shares = {int(state): 1 / len(known) for state in known if state}
    return {state: max(share, _RARE) for state, share in shares.items()}


def occurs_with_sign(element: str, charge: float) -> bool:
    """Whether an element has a charge of this sign in crystals; any known state counts where statistics lack it.

    Examples
    --------
    >>> occurs_with_sign("Li", -1), occurs_with_sign("O", 2), occurs_with_sign("S", 6), occurs_with_sign("Au", -1)
    (False, False, True, True)
    """
    from pymatgen.core import Element

    states = frequencies(element) if element in _table() else Element(element).oxidation_states
    return any(state * charge > 0 for state in states)


@cache
def _table() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(_FREQUENCIES.read_text(encoding="utf-8"))["occurrences"]
    return found


def guess_charges(
    amounts: Mapping[str, float],
    rest_e: float = 0.0,
    other_ions: float = 0.0,
    *,
    refined: bool = True,
    vacant: Collection[str] = (),
) -> list[ChargeGuess]:
    """Find the most probable charges, the best first.

    Silver and copper that share their sites with vacancies are mobile: Ag+ and Cu+, unless nothing else is nearly
    neutral.

    Parameters
    ----------
    amounts
        Mean number of ions of each element whose charge is sought.
    rest_e, other_ions
        Charge of the other ions, in e, and their number.
    refined
        Whether the amounts come from occupancies, which are known to some digits only; else the sum must be zero.
    vacant
        Elements that share sites with vacancies.

    Returns
    -------
    list of ChargeGuess
        At most ten. Empty where no choice leaves less than 0.1 e per ion.

    Examples
    --------
    >>> guess_charges({"Li": 6.6, "La": 3, "Zr": 1.6, "Ta": 0.4, "O": 12})[0].charges
    {'Li': 1.0, 'La': 3.0, 'Zr': 4.0, 'Ta': 5.0, 'O': -2.0}
    """
    mobile = _MOVE_AS_ONE_PLUS.intersection(vacant)
    found = _guesses(amounts, rest_e, other_ions, refined, mobile)
    return found or (_guesses(amounts, rest_e, other_ions, refined, frozenset()) if mobile else [])


def _guesses(
    amounts: Mapping[str, float], rest_e: float, other_ions: float, refined: bool, mobile: frozenset[str]
) -> list[ChargeGuess]:
    elements = [element for element, amount in amounts.items() if amount > 0]
    numbers = [amounts[element] for element in elements]
    ions = sum(numbers) + other_ions
    spread = _REFINED_CHARGE_PER_ION_E if refined else _NEUTRAL_PER_ION_E / 3
    limit = MOST_CHARGE_PER_ION_E if refined else _NEUTRAL_PER_ION_E
    states, charge, price = _choices(elements, numbers, mobile)
    price += _penalty(elements, states)
    cheapest = _cheapest(elements)
    dearest = cheapest - math.log(_LEAST_PLAUSIBLE)
    per_ion = (charge + rest_e) / ions
    neutral = np.abs(per_ion) <= _NEUTRAL_PER_ION_E
    plausible = price <= np.where(neutral, cheapest - math.log(_LEAST_PLAUSIBLE_NEUTRAL), dearest)
    near = np.flatnonzero((np.abs(per_ion) <= limit) & plausible)
    found: list[tuple[float, tuple[float, ...], tuple[str, int, int] | None, float]] = [
        (float(price[k] + abs(per_ion[k]) / spread), tuple(map(float, states[k])), None, float(per_ion[k]))
        for k in near
    ]
    found += [
        (cost, charges, mixed, 0.0)
        for cost, charges, mixed in _mixed(elements, numbers, rest_e, mobile)
        if cost <= cheapest - math.log(_LEAST_PLAUSIBLE_MIXED)
    ]
    if not found:
        return []
    found = [one for one in found if one[2] is None or one[2][1] > 0] or found
    found.sort(key=lambda one: (one[0], one[1]))
    total = math.fsum(math.exp(found[0][0] - cost) for cost, *_ in found)
    return [
        ChargeGuess(dict(zip(elements, charges, strict=True)), mixed, leaves, math.exp(found[0][0] - cost) / total)
        for cost, charges, mixed, leaves in found[:10]
    ]


def least_charge_per_ion(amounts: Mapping[str, float], rest_e: float = 0.0, other_ions: float = 0.0) -> ChargeGuess:
    """Return the choice of common states that comes nearest to neutrality, for messages.

    Parameters
    ----------
    amounts, rest_e, other_ions
        As for :func:`guess_charges`.
    """
    elements = [element for element, amount in amounts.items() if amount > 0]
    numbers = [amounts[element] for element in elements]
    states, charge, price = _choices(elements, numbers)
    price += _penalty(elements, states)
    plausible = price <= price.min() - math.log(_LEAST_COMMON)
    states, charge, price = states[plausible], charge[plausible], price[plausible]
    per_ion = (charge + rest_e) / (sum(numbers) + other_ions)
    best = int(np.lexsort((price, np.round(np.abs(per_ion), 4)))[0])
    return ChargeGuess(dict(zip(elements, map(float, states[best]), strict=True)), None, float(per_ion[best]), 0.0)


def _shares(element: str, mobile: Collection[str]) -> dict[int, float]:
    """Share of each state; of an ion that moves as +1, the others are rare."""
    shares = frequencies(element)
    if element not in mobile:
        return shares
    return {state: share * (1.0 if state == 1 else _NOT_ONE_PLUS) for state, share in shares.items()}


def _choices(
    elements: Sequence[str], numbers: Sequence[float], mobile: Collection[str] = ()
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Every choice of one state per element: the states, the sum of charges, and minus the logarithm of its share."""
    states = np.zeros((1, 0), dtype=np.int64)
    charge, price = np.zeros(1), np.zeros(1)
    for element, number in zip(elements, numbers, strict=True):
        shares = _shares(element, mobile)
        own = np.array(list(shares), dtype=np.int64)
        own_price = -np.log(np.array(list(shares.values())))
        states = np.concatenate([np.repeat(states, len(own), axis=0), np.tile(own, len(states))[:, None]], axis=1)
        charge = (charge[:, None] + number * own[None, :]).ravel()
        price = (price[:, None] + own_price[None, :]).ravel()
        kept = np.flatnonzero(price <= price.min() - math.log(_LEAST))
        if len(kept) > _MOST_CHOICES:
            kept = kept[np.argsort(price[kept], kind="stable")[:_MOST_CHOICES]]
        states, charge, price = states[kept], charge[kept], price[kept]
    return states, charge, price


def _cheapest(elements: Sequence[str]) -> float:
    """Minus the logarithm of the share of the most frequent states."""
    return -math.fsum(math.log(max(frequencies(element).values())) for element in elements)


def _penalty(elements: Sequence[str], states: NDArray[Any]) -> NDArray[np.float64]:
    """Minus the logarithm of what electronegativities make of each choice; states of shape (choices, elements)."""
    from pymatgen.core import Element

    pauling = [float(Element(element).X) if Element(element).X == Element(element).X else 1.5 for element in elements]
    total = np.zeros(len(states))
    for i, element in enumerate(elements):
        for j in range(len(elements)):
            if pauling[i] < pauling[j] - 0.05:
                negative = np.asarray(states[:, i] < 0)
                total -= math.log(_INVERTED) * (negative & np.asarray(states[:, j] > 0))
                if element in _OXIDISED:
                    total -= math.log(_REDUCED) * (negative & np.asarray(states[:, j] < 0))
    return total


def _is_d_or_f_metal(element: str) -> bool:
    from pymatgen.core import Element

    return bool(Element(element).is_transition_metal or Element(element).is_lanthanoid or Element(element).is_actinoid)


def _mixed(
    elements: Sequence[str], numbers: Sequence[float], rest_e: float, mobile: Collection[str]
) -> Iterator[tuple[float, tuple[float, ...], tuple[str, int, int]]]:
    """Yield the choices with one element of mixed valence: price, charges, and the element with its states."""
    for position, element in enumerate(elements):
        levels = sorted(q for q, share in frequencies(element).items() if share >= _LEAST_MIXED_SHARE)
        shares = _shares(element, mobile)
        if len(levels) < 2:
            continue
        often = _MIXED_VALENCE_METAL if _is_d_or_f_metal(element) else _MIXED_VALENCE
        others = [k for k in range(len(elements)) if k != position]
        states, charge, price = _choices([elements[k] for k in others], [numbers[k] for k in others], mobile)
        means = -(charge + rest_e) / numbers[position]
        whole = np.insert(states.astype(float), position, means, axis=1)
        price = price + _penalty(elements, whole)
        for low, high in itertools.pairwise(levels):
            if low * high < 0 and element != "C":
                continue
            cost = -math.log(min(shares[low], shares[high]) * often)
            for k in np.flatnonzero((means > low + 1e-6) & (means < high - 1e-6)):
                yield float(price[k] + cost), tuple(map(float, whole[k])), (element, low, high)
