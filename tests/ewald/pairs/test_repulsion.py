import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from ewald.errors import StructureError
from ewald.pairs import born_mayer
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice

FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
TETRAHEDRAL = np.concatenate([FCC + 0.25, FCC + 0.75])


def crystal(a, cation, anion):
    """Rock salt, or antifluorite where two cations go with each anion."""
    (name, q), (other, p) = cation, anion
    cations = TETRAHEDRAL if p == -2 * q else np.add(FCC, [0.5, 0, 0])
    sublattices = (
        Sublattice("anion", range(4), (other,), (p,), (4,)),
        Sublattice("cation", range(4, 4 + len(cations)), (name,), (q,), (len(cations),)),
    )
    pairs = born_mayer({name: q, other: p})
    return ConfigurationSpace(a * np.eye(3), np.concatenate([FCC, cations]), sublattices, pairs=pairs)


@pytest.mark.parametrize(
    ("cation", "anion", "measured_A"),
    [
        (("Na+", 1), ("Cl-", -1), 5.640),
        (("Li+", 1), ("Cl-", -1), 5.130),
        (("Na+", 1), ("I-", -1), 6.473),
        (("Li+", 1), ("S2-", -2), 5.708),
        (("Na+", 1), ("S2-", -2), 6.539),
        (("Mg2+", 2), ("O2-", -2), 4.211),
        (("Na+", 1), ("O2-", -2), 5.550),
    ],
)
def test_crystals_have_about_the_measured_size(cation, anion, measured_A):
    found = minimize_scalar(lambda a: crystal(a, cation, anion).form.energy([]), bounds=(3, 9), method="bounded").x
    assert found == pytest.approx(measured_A, rel=0.04)


def test_an_ion_without_a_radius_is_named():
    with pytest.raises(StructureError, match="He2"):
        born_mayer({"He2+": 2})
