"""The commands that predict, on made-up conductivities and with a cache of their own."""

import pytest
import typer
from typer.testing import CliRunner

from tests.made_up_conductivities import shipped
from workflows.loop import prior


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Call a command of one module of commands."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(prior, "shipped_measurements", shipped)

    def call(module, name, *arguments):
        app = typer.Typer()
        module.register(app)
        # With a single command typer takes no name.
        app.command("other")(lambda: None)
        return CliRunner().invoke(app, [name, *arguments])

    return call
