"""Numbers that cannot be."""

import numpy as np
import pytest
from ase.calculators.calculator import Calculator

from screening.campaign.stages import RelaxationStage
from workflows.engines.ase import inputs, outputs
from workflows.engines.errors import EngineError, FailureReason


class BrokenCalculator(Calculator):
    """Gives sound numbers a few times, then not-a-number."""

    implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012

    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        bad = np.nan if getattr(self, "calls", 0) > 3 else 0.0
        self.calls = getattr(self, "calls", 0) + 1
        self.results = {"energy": bad, "forces": np.full((len(atoms), 3), bad), "stress": np.full(6, bad)}


def test_not_a_number_is_an_error_with_its_reason(toy_engine, rocksalt, job, tmp_path, monkeypatch):
    for run in (
        lambda: toy_engine.run_segment(rocksalt, job),
        lambda: toy_engine.relax(rocksalt, RelaxationStage(max_steps=9, force_eV_A=1e-9), tmp_path, name="x"),
    ):
        broken = BrokenCalculator()
        broken.calls = 9
        monkeypatch.setattr(inputs, "build_calculator", lambda _, broken=broken: broken)
        with pytest.raises(EngineError) as caught:
            run()
        assert caught.value.reason is FailureReason.NOT_A_NUMBER


class OwnProperty(Calculator):
    """Answers by itself, as wrappers of several calculators do."""

    implemented_properties = ["energy", "forces"]  # noqa: RUF012

    def get_property(self, name, atoms=None, allow_calculation=True):
        return {"energy": float((atoms.positions**2).sum()), "forces": -2 * atoms.positions}[name]


@pytest.mark.parametrize("own", [False, True])
def test_moving_atoms_have_the_forces_that_ase_gives_them(rocksalt, toy_engine, own: bool):
    atoms, same = (inputs.build_atoms(rocksalt, toy_engine.settings) for _ in range(2))
    if own:
        atoms.calc, same.calc = OwnProperty(), OwnProperty()
    else:
        same.calc = type(atoms.calc)()
    other = atoms.copy()
    other.rattle(0.1)
    other.calc = atoms.calc
    other.get_forces()
    moving = outputs.MovingAtoms(atoms)
    for seed in range(4):
        positions = other.positions + np.random.default_rng(seed).normal(0, 0.05, other.positions.shape)
        energy, forces = moving.evaluate(positions)
        same.positions = positions
        assert energy == same.get_potential_energy()
        assert np.array_equal(forces, same.get_forces())
