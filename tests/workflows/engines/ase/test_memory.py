"""An optimizer that takes over the memory of another one goes on to the bit."""

import json

import numpy as np
import pytest
from ase import Atoms, optimize
from ase.filters import FrechetCellFilter

from workflows.engines.ase.memory import memory_of, remember
from workflows.engines.ase.toy import ToyCalculator

KINDS = ("FIRE", "BFGS", "LBFGS")


def crystal():
    atoms = Atoms("NaClNaCl", cell=[[5.1, 0.3, 0], [0, 4.6, 0.2], [0.4, 0, 5.9]], pbc=True, calculator=ToyCalculator())
    atoms.set_scaled_positions([[0, 0, 0.04], [0.5, 0.5, 0], [0.47, 0, 0.5], [0, 0.52, 0.5]])
    return atoms


def run(kind, steps, *, known=None, whole=True):
    """Take steps from the start, or from where an optimizer of `known` stopped; return the atoms and the optimizer."""
    atoms = crystal()
    moving = FrechetCellFilter(atoms) if whole else atoms
    if known is not None:
        before, memory = known
        atoms.set_cell(before.cell)
        atoms.set_positions(before.positions)
    optimizer = getattr(optimize, kind)(moving, logfile=None, maxstep=0.1)
    remember(optimizer, memory if known is not None else None)
    for _ in optimizer.irun(fmax=0.0, steps=steps):
        pass
    return atoms, optimizer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("before", [1, 2, 9, 20])
def test_the_next_steps_are_those_of_one_that_was_never_stopped(kind, whole, before):
    expected, _ = run(kind, before + 12, whole=whole)
    atoms, optimizer = run(kind, before, whole=whole)
    memory = json.loads(json.dumps(memory_of(optimizer)))
    found, _ = run(kind, 12, known=(atoms, memory), whole=whole)
    assert found.positions.tolist() == expected.positions.tolist()
    assert found.cell.tolist() == expected.cell.tolist()
    forgetful, _ = run(kind, 12, known=(atoms, None), whole=whole)
    assert forgetful.positions.tolist() != expected.positions.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_learned_before_the_first_step(kind):
    assert memory_of(run(kind, 0)[1]) is None


def test_memory_of_another_optimizer_or_another_ase_is_left_aside():
    memory = memory_of(run("FIRE", 5)[1])
    other = run("BFGS", 0)[1]
    remember(other, memory)
    assert memory_of(other) is None
    fire = run("FIRE", 0)[1]
    remember(fire, memory | {"of": "FIRE of ASE 1.0"})
    assert memory_of(fire) is None
    remember(fire, memory)
    assert memory_of(fire) == memory


def test_optimizers_that_are_not_known_have_no_memory():
    assert memory_of(run("MDMin", 3)[1]) is None
    fire = run("FIRE", 3)[1]
    del fire.Nsteps
    assert memory_of(fire) is None


def test_numbers_are_kept_to_the_bit():
    memory = memory_of(run("LBFGS", 4)[1])
    assert len(memory["s"]) == 3
    assert np.shape(memory["s"]) == np.shape(memory["y"])
    assert json.loads(json.dumps(memory)) == memory
