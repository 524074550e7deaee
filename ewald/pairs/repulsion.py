"""A short-range repulsion by ionic radii alone, for ions that would otherwise fall into one another.

Each pair of a cation and an anion gets the term A exp(-r/rho) of M. Born and J. E. Mayer (Z. Phys. 75, 1 (1932)) with
their rho = 0.345 A, and A such that a rock-salt crystal of two ions of their charges would have the distance
r0 = r_i + r_j at rest:

    A = M/6 e^2/(4 pi eps0) |q_i q_j| rho / r0^2 exp(r0/rho)

with Madelung's constant M = 1.7476. Radii are the six-coordinate ones of R. D. Shannon (Acta Cryst. A 32, 751 (1976)).
Ions of one sign get no term: their charges keep them apart.
"""

import itertools
import math
from collections.abc import Mapping

from ewald.constants import COULOMB_eV_A
from ewald.errors import StructureError
from ewald.ions import VACANCY, element_of
from ewald.pairs.functions import BornMayer
from ewald.pairs.model import PairModel, PairTerm

RHO_A = 0.345
_MADELUNG_PER_NEIGHBOUR = 1.7475645946 / 6
_CUTOFF_A = 8.0


def born_mayer(charges: Mapping[str, float]) -> PairModel:
    """Make the model of a set of ions: formal charges, and the repulsion of cations and anions.

    Parameters
    ----------
    charges
        Formal charge of every ion by its name (``Na+``); vacancies are passed over.

    Raises
    ------
    StructureError
        If no ionic radius of an ion is known.

    Examples
    --------
    >>> [(function, _)] = born_mayer({"Na+": 1, "Cl-": -1}).between("Na+", "Cl-")
    >>> round(float(function(2.83)), 2)  # eV per pair at the distance of rock salt
    0.18
    """
    radii_A = {name: _radius_A(name, charge) for name, charge in sorted(charges.items()) if name != VACANCY and charge}
    terms = []
    for (one, first_A), (other, second_A) in itertools.combinations(radii_A.items(), 2):
        product = charges[one] * charges[other]
        if product < 0:
            r0_A = first_A + second_A
            force = _MADELUNG_PER_NEIGHBOUR * COULOMB_eV_A * abs(product) / r0_A**2
            function = BornMayer(A_eV=force * RHO_A * math.exp(r0_A / RHO_A), rho_A=RHO_A)
            terms.append(PairTerm(between=(one, other), born_mayer=function))
    return PairModel(cutoff_A=_CUTOFF_A, terms=tuple(terms))


def _radius_A(name: str, charge: float) -> float:
    """Radius of an ion, of the tabulated charge nearest to the wanted one."""
    from pymatgen.core import Element

    radii = {float(state): float(radius) for state, radius in Element(element_of(name)).ionic_radii.items()}
    same_sign = [state for state in radii if state * charge > 0]
    if not same_sign:
        raise StructureError(
            "no ionic radius is known", field="pairs", value=name, fix="give its pair terms yourself, in pairs.terms"
        )
    return radii[min(same_sign, key=lambda state: (abs(state - charge), state))]
