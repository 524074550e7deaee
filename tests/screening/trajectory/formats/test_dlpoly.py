"""DL_POLY's HISTORY: times of versions 2 and 3, order of ions, damage."""

import re

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.runs import argyrodite
from tests.screening.trajectory.formats.written import dlpoly


@pytest.fixture
def history(tmp_path):
    run = argyrodite(20)
    dlpoly(run, tmp_path / "HISTORY")
    return run, tmp_path / "HISTORY"


def test_version_2_gives_the_step_and_no_time(history):
    _, path = history
    path.write_text(re.sub(r"^(timestep.*)\s+\d+\.\d+$", r"\1", path.read_text(), flags=re.MULTILINE))
    assert read_trajectory(path).frame_fs == pytest.approx(100)
    with pytest.raises(UserError, match=r"2 fs of time step.*says 1"):
        read_trajectory(path, timestep_fs=1)


def test_ions_out_of_order_are_put_back(history):
    run, path = history
    lines = path.read_text().splitlines(keepends=True)
    start = 2 + 5 * (4 + 2 * len(run.symbols)) + 4
    lines[start : start + 4] = lines[start + 2 : start + 4] + lines[start : start + 2]
    path.write_text("".join(lines))
    found = read_trajectory(path)
    np.testing.assert_allclose(found.positions_A - found.positions_A[0], run.path_A - run.path_A[0], atol=1e-4)


def test_damage_is_refused(history):
    _, path = history
    lines = path.read_text().splitlines(keepends=True)
    for broken in (lines[:300] + lines[301:], lines[:-3], lines[:400] + lines[400:401] + lines[400:]):
        path.write_text("".join(broken))
        with pytest.raises(UserError):
            read_trajectory(path)
    path.write_text("".join(lines).replace("         0         3    0.002", "         0         0    0.002"))
    with pytest.raises(UserError, match="no periodic cell"):
        read_trajectory(path)


def test_empty_lines_at_the_end_are_no_row_too_many(history):
    _, path = history
    path.write_text(path.read_text() + "\n\n")
    assert read_trajectory(path).frames == 20


@pytest.mark.parametrize("imcon", [4, 5, 7])
def test_images_that_are_not_those_of_the_vectors_are_refused(history, imcon):
    _, path = history
    text = path.read_text()
    path.write_text(re.sub(r"^(timestep.{30})         3", rf"\g<1>         {imcon}", text, flags=re.MULTILINE))
    with pytest.raises(UserError, match=f"imcon {imcon}.*is periodic as a"):
        read_trajectory(path)
