"""The plan of an exact search on disk: whole, of this problem, or refused."""

import pytest

from ewald.errors import CheckpointError
from ewald.search.exact import search
from tests.ewald.search.exact.spaces import salt


def test_checkpoint_without_its_plan_is_refused_and_left_alone(tmp_path):
    space = salt(2)
    search(space.form, space.group, keep=2, checkpoint=tmp_path)
    (tmp_path / "plan.npz").unlink()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CheckpointError, match="another search"):
        search(space.form, space.group, keep=2, checkpoint=tmp_path, resume=True)
    assert sorted(tmp_path.iterdir()) == before


def test_damaged_plan_is_one_clear_line(tmp_path):
    space = salt(2)
    search(space.form, space.group, keep=2, checkpoint=tmp_path)
    (tmp_path / "plan.npz").write_bytes(b"PK torn")
    with pytest.raises(CheckpointError, match="not readable"):
        search(space.form, space.group, keep=2, checkpoint=tmp_path, resume=True)
