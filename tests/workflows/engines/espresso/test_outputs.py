"""Outputs of pw.x that failed."""

import pytest
from pymatgen.core import Structure

from workflows.engines.engine import MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason


@pytest.mark.parametrize(("ending", "reason"), [("unconverged", FailureReason.SCF), ("cut", FailureReason.TRUNCATED)])
def test_failed_runs_say_why(espresso, rocksalt: Structure, job: MDSegmentJob, ending: str, reason: FailureReason):
    (espresso[0] / "ending").write_text(ending)
    with pytest.raises(EngineError) as caught:
        espresso[1].run_segment(rocksalt, job)
    assert caught.value.reason is reason
