"""Launchers of external codes."""

import pytest

from ewald.errors import CampaignError, DependencyError
from workflows.engines.launcher import launched


def test_a_launcher_is_a_full_path_that_exists():
    assert launched((), ["code"]) == ["code"]
    assert launched(("/bin/true", "-n", "2"), ["code"]) == ["/bin/true", "-n", "2", "code"]
    with pytest.raises(CampaignError, match="absolute path"):
        launched(("mpirun",), ["code"])
    with pytest.raises(DependencyError, match="executable not found"):
        launched(("/no/mpirun",), ["code"])
