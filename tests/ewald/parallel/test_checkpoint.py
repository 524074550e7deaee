"""Checkpoints: of this problem only, and damaged records are done again."""

import pytest

from ewald.errors import CheckpointError, UserError
from ewald.parallel.checkpoint import Checkpoint
from ewald.parallel.scheduler import execute
from tests.ewald.parallel.toy_work import Toy, eager


def test_without_resume_old_units_are_forgotten(tmp_path):
    execute(Toy(10), checkpoint=eager(tmp_path, "key"))
    toy = Toy(10)
    execute(toy, checkpoint=eager(tmp_path, "key"))
    assert len(toy.seen) == 10


def test_another_problem_is_refused(tmp_path):
    execute(Toy(10), checkpoint=eager(tmp_path, "key"))
    with pytest.raises(CheckpointError, match="another problem"):
        execute(Toy(10), checkpoint=eager(tmp_path, "other"), resume=True)


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_damaged_records_are_done_again(tmp_path, damage):
    execute(Toy(10), checkpoint=eager(tmp_path, "key"))
    (journal,) = tmp_path.glob("*.journal")
    data = bytearray(journal.read_bytes())
    if damage == "cut":
        del data[-3:]
    else:
        data[len(data) // 2] ^= 1
    journal.write_bytes(data)
    toy = Toy(10)
    part, _ = execute(toy, checkpoint=eager(tmp_path, "key"), resume=True)
    assert part == tuple(range(10))
    assert 0 < len(toy.seen) < 10


def test_unwritable_directory(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        Checkpoint(tmp_path / "file" / "sub", "key")
