"""What VASP wrote, whole or cut."""

from pathlib import Path

import pytest

from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.vasp import outputs


def test_cut_output_is_told(vasp, tmp_path: Path):
    (tmp_path / "vasprun.xml").write_text("<?xml version='1.0'?><modeling><calculation>")
    with pytest.raises(EngineError) as caught:
        outputs.read_result(tmp_path)
    assert caught.value.reason is FailureReason.TRUNCATED
