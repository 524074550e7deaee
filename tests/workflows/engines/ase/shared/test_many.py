"""Several cells in one call of a model give what each gives alone."""

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from pymatgen.core import Structure

from screening.campaign.execution import EngineChoice
from workflows.engines.ase.calculator import build_calculator
from workflows.engines.ase.shared.many import computer_of
from workflows.engines.ase.shared.messages import Answer, Cell
from workflows.engines.registry import load_engine

MOTHER = Path(__file__).parents[5] / "screening/data/structures/mothers/Na3PS4_tet_MP.cif"
#: Single precision, summed in another order.
FORCE_eV_A, ENERGY_eV, STRESS_eV_A3 = 1e-4, 1e-4, 1e-6


def cell_of(atoms: Atoms, *, stress: bool = True) -> Cell:
    return Cell(atoms.numbers.copy(), atoms.cell.array.copy(), atoms.positions.copy(), stress)


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    """Crystals of other sizes, elements and shapes, shaken."""
    phosphate = Structure.from_file(MOTHER).to_ase_atoms()
    found = [
        phosphate,
        bulk("CaS", "rocksalt", a=5.69, cubic=True),
        phosphate * (2, 1, 1),
        bulk("NaCl", "rocksalt", 5.6),
    ]
    for seed, atoms in enumerate(found):
        atoms.set_cell(atoms.cell.array @ (np.eye(3) + 0.02 * np.triu(np.ones((3, 3)))), scale_atoms=True)
        atoms.rattle(0.1, seed=seed)
    return [cell_of(atoms) for atoms in found]


def alone(calculator, cell: Cell) -> Answer:
    """The answer of the calculator as ASE asks it."""
    calculator.reset()
    atoms = cell.atoms
    atoms.calc = calculator
    return Answer(atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress())


@pytest.mark.parametrize(("preset", "package"), [("sevennet", "sevenn"), ("chgnet", "chgnet"), ("toy", "ase")])
def test_many_cells_at_once_are_as_each_alone(preset: str, package: str, cells):
    pytest.importorskip(package, reason=f"{package} is not installed (an extra of IonSieve)")
    calculator = build_calculator(load_engine(EngineChoice(preset=preset)).settings)
    expected = [alone(calculator, cell) for cell in cells]
    compute = computer_of(calculator)
    for order in ([0, 1, 2, 3], [3, 2, 0], [1]):
        for number, answer in zip(order, compute([cells[n] for n in order]), strict=True):
            assert answer.energy_eV == pytest.approx(expected[number].energy_eV, abs=ENERGY_eV)
            assert np.allclose(answer.forces_eV_A, expected[number].forces_eV_A, atol=FORCE_eV_A)
            assert np.allclose(answer.stress_eV_A3, expected[number].stress_eV_A3, atol=STRESS_eV_A3)
    if preset == "toy":
        assert answer.forces_eV_A.tolist() == expected[1].forces_eV_A.tolist(), "one by one, to the bit"


def test_a_calculator_of_the_users_own_is_called_once_for_all(cells):
    class Own:
        calls = 0

        def get_property(self, name, atoms=None, allow_calculation=True): ...

        def calculate_many(self, cells, stress):
            self.calls += 1
            return [
                {"energy": len(atoms), "forces": np.full((len(atoms), 3), n), "stress": np.full(6, n)}
                for n, atoms in enumerate(cells)
            ]

    own = Own()
    plain = Cell(cells[1].numbers, cells[1].cell_A, cells[1].positions_A, stress=False)
    first, second = computer_of(own)([cells[0], plain])
    assert own.calls == 1
    assert (first.energy_eV, second.energy_eV) == (16, 8)
    assert first.stress_eV_A3.tolist() == [0] * 6
    assert second.stress_eV_A3 is None
    assert (second.forces_eV_A == 1).all()
