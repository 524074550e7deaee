"""How fast the stiffest bond of a crystal vibrates, which says how long a step of MD may be.

A force constant per bond is estimated from the electrostatic strength of the bond, the charge of the cation over its
coordination number (L. Pauling, J. Am. Chem. Soc. 51, 1010 (1929)): 31 eV/A^2 (500 N/m) per unit of strength with N, O
and F, 15 eV/A^2 with heavier anions. The stretching modes of PO4, SiO4, AlO6, PS4, SbS4 and
YCl6 come out within 30 % of their measured wavenumbers. The bond vibrates with the reduced mass of its two ions.
"""

import math
from collections.abc import Iterable

from pymatgen.core import Element, Structure

from ewald.constants import MD_TIME_fs
from screening.species import charge_of, element_of
from screening.value import Value

_LIGHT_ANIONS = frozenset({"N", "O", "F"})
_STIFFNESS_eV_A2 = (31.2, 15.0)
"""Force constant per unit of bond strength, with light and with heavier anions."""
_HYDROGEN_STIFFNESS_eV_A2 = 31.2
_BOND_STRETCH = 1.25
"""Neighbours within this multiple of the shortest distance are bonded."""
_REACH_A = 4.5


class Vibration(Value):
    """A bond and the period of its stretching vibration.

    Attributes
    ----------
    bond
        Both elements, the cation first.
    period_fs
        Period of the vibration.
    """

    bond: str
    period_fs: float

    @property
    def wavenumber_per_cm(self) -> float:
        """Wavenumber of the vibration, in 1/cm."""
        return 1e15 / (self.period_fs * 2.99792458e10)


def fastest_vibration(structure: Structure, dopants: Iterable[str] = ()) -> Vibration | None:
    """Return the fastest stretching vibration of a crystal; None where no cation has an anion beside it.

    Parameters
    ----------
    structure
        The crystal, its species with oxidation states.
    dopants
        Further cations (`W6+`), each with the smallest coordination number of the crystal's own.

    Examples
    --------
    >>> from screening.shipped import shipped_structure
    >>> round(fastest_vibration(shipped_structure("mothers", "Na3PS4_tet_exp").add_oxidation_state_by_element(
    ...     {"Na": 1, "P": 5, "S": -2})).period_fs)
    56
    """
    found: list[Vibration] = []
    fewest: int | None = None
    anions = set()
    for site in structure:
        ion = max(site.species.items(), key=lambda item: item[1])[0]
        if float(ion.oxi_state or 0) <= 0:
            anions.add(ion.symbol)
            continue
        near = [n for n in structure.get_neighbors(site, _REACH_A) if _charge(n) < 0]
        if not near:
            continue
        shortest = min(n.nn_distance for n in near)
        bonded = [n for n in near if n.nn_distance < _BOND_STRETCH * shortest]
        fewest = len(bonded) if fewest is None else min(fewest, len(bonded))
        found += [_vibration(ion.symbol, float(ion.oxi_state), len(bonded), _symbol(n)) for n in bonded]
    for dopant in dopants:
        if fewest and charge_of(dopant) > 0:
            found += [_vibration(element_of(dopant), charge_of(dopant), fewest, anion) for anion in sorted(anions)]
    return min(found, key=lambda vibration: vibration.period_fs, default=None)


def _vibration(cation: str, charge: float, coordination: int, anion: str) -> Vibration:
    stiffness = _STIFFNESS_eV_A2[anion not in _LIGHT_ANIONS] * charge / coordination
    if "H" in (cation, anion):
        stiffness = max(stiffness, _HYDROGEN_STIFFNESS_eV_A2)
    masses = [float(Element(symbol).atomic_mass) for symbol in (cation, anion)]
    reduced_amu = masses[0] * masses[1] / sum(masses)
    period_fs = 2 * math.pi * MD_TIME_fs * math.sqrt(reduced_amu / stiffness)
    return Vibration(bond=f"{cation}-{anion}", period_fs=period_fs)


def _charge(site: object) -> float:
    return float(max(site.species.items(), key=lambda item: item[1])[0].oxi_state or 0)  # type: ignore[attr-defined]


def _symbol(site: object) -> str:
    return str(max(site.species.items(), key=lambda item: item[1])[0].symbol)  # type: ignore[attr-defined]
