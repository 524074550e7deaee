import numpy as np
import pytest
from pydantic import ValidationError

from ewald.pairs import BornMayer, Buckingham, InversePower, LennardJones, Morse, Tabulated

R = np.array([1.5, 2.0, 3.7])


def test_each_function_is_its_formula():
    assert BornMayer(A_eV=5, rho_A=0.4)(R) == pytest.approx(5 * np.exp(-R / 0.4))
    assert Buckingham(A_eV=5, rho_A=0.4, C_eV_A6=3)(R) == pytest.approx(5 * np.exp(-R / 0.4) - 3 / R**6)
    assert Morse(D_eV=2, a_per_A=1.1, r0_A=2)(R) == pytest.approx(
        2 * (np.exp(-2.2 * (R - 2)) - 2 * np.exp(-1.1 * (R - 2)))
    )
    assert LennardJones(epsilon_eV=0.1, sigma_A=2)(R) == pytest.approx(0.4 * ((2 / R) ** 12 - (2 / R) ** 6))
    assert InversePower(B_eV=7, n=12)(R) == pytest.approx(7 / R**12)


def test_wells_have_their_depth():
    assert Morse(D_eV=2, a_per_A=1.1, r0_A=2)(np.array([2.0])) == pytest.approx(-2)
    assert LennardJones(epsilon_eV=0.1, sigma_A=2)(np.array([2 * 2 ** (1 / 6)])) == pytest.approx(-0.1)


def test_a_table_is_straight_between_its_points_and_ends_with_them():
    table = Tabulated(r_A=(1, 2, 4), energy_eV=(3, 1, 0.5))
    assert table(np.array([1, 1.5, 3, 4, 4.001])).tolist() == [3, 2, 0.75, 0.5, 0]
    assert (table.smallest_A, table.largest_A) == (1, 4)


@pytest.mark.parametrize(
    ("r_A", "energy_eV", "said"),
    [
        ((1, 2), (1,), "same number"),
        ((2, 1), (0, 0), "must increase"),
        ((1,), (1,), "at least two"),
        ((-1, 2), (0, 0), "greater"),
    ],
)
def test_tables_that_make_no_sense_are_refused(r_A, energy_eV, said):
    with pytest.raises(ValidationError, match=said):
        Tabulated(r_A=r_A, energy_eV=energy_eV)


def test_equal_parameters_make_equal_functions():
    assert BornMayer(A_eV=1, rho_A=0.3) == BornMayer(A_eV=1.0, rho_A=0.3) != BornMayer(A_eV=1, rho_A=0.31)
