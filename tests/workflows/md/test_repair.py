"""Damaged parts are set aside and run again, with every part after them and none before."""

import pytest

from ewald.errors import CheckpointError
from ewald.files.checksum import file_sha256
from screening.trajectory.segment_file import record_path, segment_path, state_path
from workflows.engines.engine import MDSegment
from workflows.md.repair import DAMAGED, _set_aside, first_damaged, run_repaired


class Engine:
    """Runs parts that are files; refuses a part whose own record or earlier state is damaged, as the engines do."""

    def __init__(self, folder, *, stops_at=None):
        self.folder, self.stops_at, self.ran = folder, stops_at, []

    def __call__(self, part):
        record, before = record_path(self.folder, part), state_path(self.folder, part - 1)
        if record.exists() and record.read_text() == "damaged":
            raise CheckpointError("damaged record")
        if not record.exists():
            if part > 0 and (not before.exists() or before.read_text() == "damaged"):
                raise CheckpointError("damaged state")
            self.ran.append(part)
            for path in (segment_path(self.folder, part), state_path(self.folder, part), record):
                path.write_text(f"whole {part}")
        return self.segment(part)

    def segment(self, part):
        path = segment_path(self.folder, part)
        return MDSegment(
            index=part, path=path, sha256=file_sha256(path), frames=1, steps=1, complete=part != self.stops_at,
            mean_temperature_K=300.0, energy_drift_meV_atom_ps=None, core_seconds=0.0, ended="complete", warnings=(),
        )  # fmt: skip


@pytest.fixture
def engine(tmp_path):
    engine = Engine(tmp_path)
    for part in range(4):
        engine(part)
    engine.ran.clear()
    return engine


def damage(path):
    path.write_text("damaged")


def test_the_first_part_that_differs_from_its_checksum_is_found(engine):
    segments = [engine.segment(part) for part in range(4)]
    assert first_damaged(segments) is None
    damage(segment_path(engine.folder, 2))
    segments[3].path.unlink()
    assert first_damaged(segments) == 2
    assert first_damaged(segments[:2]) is None
    assert first_damaged([]) is None


@pytest.mark.parametrize("damaged", [0, 1, 3])
def test_all_parts_from_the_damaged_one_on_are_run_again_and_written_down(engine, damaged):
    kept = []
    found = run_repaired(engine.folder, 3, damaged, engine, kept.append)
    assert found.index == 3
    assert engine.ran == list(range(damaged, 4))
    assert [segment.index for segment in kept] == list(range(damaged, 3))
    assert len(list((engine.folder / DAMAGED).iterdir())) == 3 * (4 - damaged)


def test_nothing_damaged_runs_nothing_again(engine):
    assert run_repaired(engine.folder, 3, None, engine, pytest.fail).index == 3
    assert engine.ran == []
    assert not (engine.folder / DAMAGED).exists()


def test_a_repeated_part_that_is_stopped_is_returned_and_not_written_down(engine):
    engine.stops_at = 1
    kept = []
    assert run_repaired(engine.folder, 3, 0, engine, kept.append).index == 1
    assert [segment.index for segment in kept] == [0]
    assert engine.ran == [0, 1]


def test_a_part_with_a_damaged_record_is_run_again_alone(engine):
    damage(record_path(engine.folder, 3))
    run_repaired(engine.folder, 3, None, engine, pytest.fail)
    assert engine.ran == [3]


def test_damaged_states_are_made_again_as_far_back_as_needed(engine):
    kept = []
    for part in (1, 2):
        damage(state_path(engine.folder, part))
        record_path(engine.folder, part + 1).unlink()
    run_repaired(engine.folder, 3, None, engine, kept.append)
    assert engine.ran == [1, 2, 3]
    assert [segment.index for segment in kept] == [1, 2]


def test_what_running_again_does_not_fix_is_an_error(engine):
    def broken(part):
        raise CheckpointError(f"part {part}")

    with pytest.raises(CheckpointError, match="part 0"):
        run_repaired(engine.folder, 0, None, broken, pytest.fail)


def test_what_is_set_aside_twice_is_there_twice(engine):
    _set_aside(engine.folder, 0)
    engine(0)
    _set_aside(engine.folder, 0)
    names = sorted(path.name for path in (engine.folder / DAMAGED).iterdir())
    assert len(names) == 6
    assert {name[-1] for name in names} == {"0", "1"}
    _set_aside(engine.folder, 0)
    assert len(list((engine.folder / DAMAGED).iterdir())) == 6
