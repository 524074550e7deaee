import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from screening.campaign.stages import RelaxationStage
from screening.decision import Stage, Verdict
from screening.relaxation.checks import check_relaxation, decide_relaxation
from screening.relaxation.relaxation import RelaxedStructure
from tests.screening.hull.phases import PROVENANCE

SETTINGS = RelaxationStage()


def mother() -> Structure:
    tetrahedron = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 2.05 / 3**0.5
    phosphorus = np.array([[2.0, 2, 2], [6.0, 6, 6]])
    sulfur = (phosphorus[:, None] + tetrahedron).reshape(-1, 3)
    sodium = np.array([[6.0, 2, 2], [2.0, 6, 2], [2, 2, 6], [6, 6, 2], [6, 2, 6], [2, 6, 6.0]])
    symbols = ["Na"] * 6 + ["P"] * 2 + ["S"] * 8
    return Structure(
        Lattice.cubic(8.0), symbols, np.concatenate([sodium, phosphorus, sulfur]), coords_are_cartesian=True
    )


def relaxed(structure: Structure, **changes) -> RelaxedStructure:
    values = {
        "id": "c1",
        "structure": structure,
        "energy_eV": -60.0,
        "converged": True,
        "steps": 40,
        "max_force_eV_A": 0.02,
        "max_stress_GPa": 0.1,
        "volume_change": structure.volume / 512 - 1,
        "provenance": PROVENANCE,
    }
    return RelaxedStructure(**(values | changes))


def failures(structure, **changes):
    checked = check_relaxation(mother(), relaxed(structure, **changes), SETTINGS)
    assert len(checked.checks) == 7
    return {check.name for check in checked.checks if not check.passed}, checked


def scaled(factor):
    structure = mother()
    structure.scale_lattice(structure.volume * factor)
    return structure


def test_a_sound_relaxation_passes_every_check():
    failed, checked = failures(scaled(1.05))
    assert failed == set()
    decision = decide_relaxation(checked, SETTINGS, campaign="demo")
    assert (decision.verdict, decision.stage, decision.subject) == (Verdict.PASS, Stage.RELAX, "c1")
    assert decision.value == pytest.approx(0.05)
    assert "+5.0%" in decision.reason


def test_not_converged():
    failed, checked = failures(mother(), converged=False, max_force_eV_A=0.4, steps=500)
    assert failed == {"converged"}
    decision = decide_relaxation(checked, SETTINGS, campaign="demo")
    assert decision.verdict is Verdict.FAIL
    assert "not converged after 500 steps: force 0.4 eV/A (limit 0.03)" in decision.reason
    assert (decision.quantity, decision.value, decision.unit, decision.threshold) == (
        "largest_force",
        0.4,
        "eV/A",
        0.03,
    )


def test_a_stress_that_is_left_is_named_and_a_small_force_is_not_blamed():
    _, checked = failures(mother(), converged=False, steps=60, max_force_eV_A=0.01, max_stress_GPa=1.5)
    decision = decide_relaxation(checked, SETTINGS, campaign="demo")
    assert "not converged after 60 steps: stress 1.5 GPa (limit 0.5)" in decision.reason
    assert (decision.quantity, decision.value, decision.unit, decision.threshold) == ("largest_stress", 1.5, "GPa", 0.5)


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_volume(factor):
    assert failures(scaled(factor))[0] == {"volume_change"}


def test_a_cell_that_ran_away_from_its_shape_at_the_same_volume():
    stretched = Structure(Lattice.tetragonal(8 / 1.4**0.5, 8 * 1.4), mother().species, mother().frac_coords)
    assert stretched.volume == pytest.approx(mother().volume)
    failed, checked = failures(stretched)
    assert "cell_shape" in failed
    assert "volume_change" not in failed
    assert (
        "the crystal distorted away from its structure type"
        in decide_relaxation(checked, SETTINGS, campaign="demo").reason
    )
    measured = next(check.measured for check in checked.checks if check.name == "cell_shape")
    assert measured == pytest.approx(0.4)


def test_a_cell_that_only_turned_kept_its_shape():
    turned = Structure(Lattice(np.roll(np.eye(3) * 8.0, 1, axis=1)), mother().species, mother().frac_coords)
    assert "cell_shape" not in failures(turned)[0]


def test_uniform_expansion_breaks_no_bond():
    assert "coordination" not in failures(scaled(1.24))[0]


def test_a_lost_bond_is_found():
    broken = mother()
    for index in (8, 11):
        broken.translate_sites([index], [0.0, 0.0, 1.6], frac_coords=False)
    failed, checked = failures(broken)
    assert "coordination" in failed
    measured = next(check.measured for check in checked.checks if check.name == "coordination")
    assert measured == pytest.approx(2 / 8)


def test_moved_mobile_ions_are_no_loss():
    moved = mother()
    moved.translate_sites([0], [0.9, 0.9, 0.0], frac_coords=False)
    assert failures(moved)[0] == set()


def test_collapsed_ions():
    collapsed = mother()
    collapsed.translate_sites([0], collapsed[6].coords - collapsed[0].coords + 0.3, frac_coords=False)
    assert "distances" in failures(collapsed)[0]


def test_lost_ions():
    fewer = Structure.from_sites(mother()[:-1])
    assert "composition" in failures(fewer)[0]


def test_an_energy_that_is_no_number():
    failed, checked = failures(mother(), energy_eV=float("nan"))
    assert failed == {"energy"}
    assert RelaxedStructure.model_validate(checked.model_dump()).checks == checked.checks
