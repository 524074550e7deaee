"""Which engines can start."""

import pytest

from workflows.doctor.engines import engines
from workflows.doctor.finding import State
from workflows.shipped import config_names


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any program or folder of the user's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PMG_VASP_PSP_DIR", raising=False)


def test_every_preset_is_listed_and_the_toy_can_start():
    found = {finding.name: finding for finding in engines()}
    assert tuple(found) == config_names("engines")
    assert found["toy"].state is State.OK


def test_what_is_missing_says_what_to_do(bare):
    found = {finding.name: finding for finding in engines()}
    assert "cp2k.psmp" in found["cp2k"].detail
    assert "pw.x" in found["espresso"].detail
    assert found["vasp"].state is State.NOT_SET_UP
    assert "model_file" in found["nep"].detail
    assert all(finding.fix for finding in found.values() if finding.state is not State.OK)
