"""Checkpoints: of this problem only, and damaged records are done again."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import CheckpointError, UserError
from ewald.parallel.checkpoint import Checkpoint, _ranges_of
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


@given(st.sets(st.integers(0, 60)))
def test_ranges_hold_the_same_numbers(units):
    ranges = _ranges_of(list(units))
    assert [n for first, last in ranges for n in range(first, last)] == sorted(units)
    # Neighbouring ranges would have been one.
    assert all(a[1] < b[0] for a, b in itertools.pairwise(ranges))


def test_a_torn_record_hides_what_follows_it_and_nothing_before_it(tmp_path):
    checkpoint = eager(tmp_path, "key")
    attempt = checkpoint.start(resume=False)
    journal = checkpoint.journal(attempt, 0)
    contents = [b"one", b"two" * 50, b""]
    ends = []
    for number, content in enumerate(contents):
        journal.append([number], content)
        ends.append((tmp_path / "part-00001-000000.journal").stat().st_size)
    journal.close()
    path = tmp_path / "part-00001-000000.journal"
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        expected = [([number], contents[number]) for number in range(3) if ends[number] <= cut]
        assert list(checkpoint.records()) == expected


def test_attempts_are_numbered_on_and_cleared(tmp_path):
    checkpoint = eager(tmp_path, "key")
    assert checkpoint.start(resume=True) == 1
    checkpoint.journal(1, 3).close()
    assert checkpoint.start(resume=True) == 2
    assert checkpoint.start(resume=False) == 1
    checkpoint.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_problem_file_is_refused(tmp_path):
    eager(tmp_path, "key").start(resume=False)
    (tmp_path / "problem.json").write_text("{")
    with pytest.raises(CheckpointError, match="not readable"):
        eager(tmp_path, "key").start(resume=True)
