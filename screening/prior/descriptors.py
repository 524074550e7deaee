"""Numbers that describe a composition: what a model of conductivities is given.

For all ions, for the cations that do not move and for the anions: weighted mean, weighted mean deviation, least and
largest value of ten properties of the elements, as in L. Ward et al., npj Comput. Mater. 2, 16028 (2016), there without
the distinction. Beside those the ratios of mobile ions, cations and anions, the mixing entropies, and the share of each
element.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from screening.species import ANIONS

PROPERTIES = (
    "electronegativity",
    "atomic_radius_A",
    "ionic_radius_A",
    "mendeleev_number",
    "group",
    "row",
    "mass_u",
    "ionization_energy_eV",
    "electron_affinity_eV",
    "oxidation_state",
)
_STATISTICS = ("mean", "deviation", "least", "largest")
_RATIOS = (
    "share_mobile",
    "mobile_per_anion",
    "mobile_per_cation",
    "cation_per_anion",
    "entropy",
    "entropy_cations",
    "entropy_anions",
    "elements",
    "cations",
    "anions",
    "share_of_commonest_cation",
)
_NO_CATIONS = 99.0
"""Mobile ions per immobile cation where there are none, as in Li3N: more than any other composition has."""


@cache
def properties(symbol: str) -> tuple[float, ...]:
    """Return the :data:`PROPERTIES` of an element; 0 for one that has no value."""
    element = Element(symbol)
    states = element.common_oxidation_states or (0,)
    anion = symbol in ANIONS
    radius = element.average_anionic_radius if anion else element.average_cationic_radius
    values = (
        element.X,
        element.atomic_radius,
        radius or element.average_ionic_radius,
        element.mendeleev_no,
        element.group,
        element.row,
        element.atomic_mass,
        element.ionization_energies[0] if element.ionization_energies else None,
        element.electron_affinity,
        min(states) if anion else max(states),
    )
    return tuple(float(value) if value is not None and np.isfinite(float(value)) else 0.0 for value in values)


def describe(amounts: Mapping[str, float], mobile: str, elements: Sequence[str] = ()) -> NDArray[np.float64]:
    """Return the descriptors of a composition.

    Parameters
    ----------
    amounts
        Number of atoms by element symbol, in any multiple of the formula.
    mobile
        Symbol of the mobile ion's element.
    elements
        Those whose shares are descriptors, too.

    Returns
    -------
    NDArray[np.float64]
        One number for each of :func:`descriptor_names`.
    """
    total = sum(amounts.values())
    shares = {symbol: amount / total for symbol, amount in amounts.items() if amount > 0}
    anions = {symbol: share for symbol, share in shares.items() if symbol in ANIONS}
    cations = {symbol: share for symbol, share in shares.items() if symbol not in ANIONS and symbol != mobile}
    moving, fixed, negative = shares.get(mobile, 0.0), sum(cations.values()), sum(anions.values())
    ratios = [
        moving,
        moving / negative if negative else 0.0,
        moving / fixed if fixed else _NO_CATIONS,
        fixed / negative if negative else 0.0,
        *(mixing_entropy(part) for part in (shares, cations, anions)),
        *(float(len(part)) for part in (shares, cations, anions)),
        max(cations.values()) / fixed if fixed else 0.0,
    ]
    parts = [ratios, *(_statistics(part) for part in (shares, cations, anions))]
    return np.concatenate([*parts, [shares.get(symbol, 0.0) for symbol in elements]])


def descriptor_names(elements: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of what :func:`describe` returns, in its order."""
    statistics = [
        f"{statistic}_{name}_{part}"
        for part in ("all", "cations", "anions")
        for statistic in _STATISTICS
        for name in PROPERTIES
    ]
    return (*_RATIOS, *statistics, *(f"share_{symbol}" for symbol in elements))


def mixing_entropy(amounts: Mapping[str, float]) -> float:
    """Return the ideal entropy of mixing of some ions, in units of R.

    Examples
    --------
    >>> round(mixing_entropy({"S": 2, "Se": 2}), 3), mixing_entropy({"S": 4})
    (0.693, 0.0)
    """
    if len(amounts) < 2:
        return 0.0
    shares = np.array(list(amounts.values())) / sum(amounts.values())
    return float(-(shares * np.log(shares)).sum())


def _statistics(amounts: Mapping[str, float]) -> NDArray[np.float64]:
    """Return mean, mean deviation, least and largest value of each property, weighted by the amounts."""
    if not amounts:
        return np.zeros(len(_STATISTICS) * len(PROPERTIES))
    weights = np.array(list(amounts.values())) / sum(amounts.values())
    values = np.array([properties(symbol) for symbol in amounts])
    mean = weights @ values
    return np.concatenate([mean, weights @ np.abs(values - mean), values.min(axis=0), values.max(axis=0)])
