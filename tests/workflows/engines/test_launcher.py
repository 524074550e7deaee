"""Launchers of external codes."""

import pytest

from ewald.errors import CampaignError, DependencyError
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.launcher import ended_by, launched


def test_a_launcher_is_a_full_path_that_exists():
    assert launched((), ["code"]) == ["code"]
    assert launched(("/bin/true", "-n", "2"), ["code"]) == ["/bin/true", "-n", "2", "code"]
    with pytest.raises(CampaignError, match="absolute path"):
        launched(("mpirun",), ["code"])
    with pytest.raises(DependencyError, match="executable not found"):
        launched(("/no/mpirun",), ["code"])


def test_a_stop_is_an_end_and_a_failure_is_not():
    def stopped(reason):
        def run():
            raise EngineError(reason, "x")

        return run

    assert ended_by(lambda: None) == "complete"
    assert ended_by(stopped(FailureReason.WALLTIME)) == "walltime"
    assert ended_by(stopped(FailureReason.STOPPED)) == "signal"
    with pytest.raises(EngineError, match="crashed"):
        ended_by(stopped(FailureReason.CRASHED))
