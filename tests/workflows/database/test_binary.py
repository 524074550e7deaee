"""Where the program of the server is looked for."""

import pytest

from ewald.errors import DependencyError
from workflows.database import binary
from workflows.database.server import PrivateServer


def test_without_a_program_the_ways_are_listed(monkeypatch, tmp_path):
    monkeypatch.setattr(binary.shutil, "which", lambda _: None)
    monkeypatch.setattr(binary.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DependencyError, match=r"my_launchpad\.yaml.*container.*pip install"):
        PrivateServer(tmp_path / "database").start()
