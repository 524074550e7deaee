"""How CP2K is started."""

import pytest

from ewald.errors import CampaignError, DependencyError
from workflows.engines.cp2k.launch import Launcher
from workflows.engines.cp2k.settings import Cp2kSettings


def test_executable_and_launcher_are_checked(settings: Cp2kSettings):
    with pytest.raises(DependencyError, match="executable not found"):
        _ = Launcher(settings.model_copy(update={"executable": "no-such-cp2k"})).version
    with pytest.raises(CampaignError, match="absolute path"):
        _ = Launcher(settings.model_copy(update={"launcher": ("mpirun", "-n", "2")})).command
