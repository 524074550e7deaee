"""What is packed is read as it was, to the bit."""

import numpy as np
import pytest

from workflows.engines.ase.shared.messages import Answer, Cell, Reply, Request


@pytest.mark.parametrize("ions", [1, 7])
def test_a_request_is_read_as_it_was_packed(ions: int):
    random = np.random.default_rng(ions)
    cell = Cell(random.integers(1, 90, ions), random.random((3, 3)), random.random((ions, 3)), stress=ions == 1)
    found = Request.read(Request(cell, 3).packed())
    assert (found.attempt, found.cell.stress) == (3, cell.stress)
    for name in ("numbers", "cell_A", "positions_A"):
        assert getattr(found.cell, name).tolist() == getattr(cell, name).tolist()


@pytest.mark.parametrize("stress", [None, np.arange(6) / 7])
def test_a_reply_is_read_as_it_was_packed(stress):
    answer = Answer(-1 / 3, np.random.default_rng(0).random((5, 3)), stress)
    found = Reply.read(Reply(answer, core_seconds=0.1).packed())
    assert (found.answer.energy_eV, found.core_seconds) == (-1 / 3, 0.1)
    assert found.answer.forces_eV_A.tolist() == answer.forces_eV_A.tolist()
    assert (found.answer.stress_eV_A3 is None) == (stress is None)
    assert stress is None or found.answer.stress_eV_A3.tolist() == stress.tolist()


def test_an_energy_that_is_not_a_number_and_an_error_come_through():
    lost = Reply.read(Reply(Answer(float("nan"), np.full((1, 3), np.inf), None)).packed())
    assert np.isnan(lost.answer.energy_eV)
    assert np.isinf(lost.answer.forces_eV_A).all()
    assert Reply.read(Reply(None, error="no\nneon", user_error=True).packed()) == Reply(
        None, error="no\nneon", user_error=True
    )
