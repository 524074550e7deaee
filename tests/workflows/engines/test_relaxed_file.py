"""A finished relaxation is read back, or refused where it is of something else."""

import pytest

from ewald.errors import CheckpointError
from tests.campaign_record import make_record
from workflows.engines.relaxed_file import _RELAXED_FILE, read_relaxed, write_relaxed

RELAXED = make_record().relaxed[0]


def test_round_trip(tmp_path):
    assert read_relaxed(tmp_path, "key") is None
    write_relaxed(tmp_path, "key", RELAXED)
    assert read_relaxed(tmp_path, "key").to_document() == RELAXED.to_document()


def test_another_structure_is_refused(tmp_path):
    write_relaxed(tmp_path, "key", RELAXED)
    with pytest.raises(CheckpointError, match="use a new folder"):
        read_relaxed(tmp_path, "other")


def test_a_damaged_file_is_made_again(tmp_path):
    write_relaxed(tmp_path, "key", RELAXED)
    path = tmp_path / _RELAXED_FILE
    path.write_text(path.read_text().replace("1", "2", 1))
    assert read_relaxed(tmp_path, "key") is None
