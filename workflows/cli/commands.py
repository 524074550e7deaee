"""The list of command groups; each module has a function `register(app)`."""

from importlib import import_module

import typer

_GROUPS = (
    "campaign",
    "plan",
    "run",
    "revisions",
    "queue",
    "db",
    "trajectory.diffusivity",
    "trajectory.mechanism",
    "loop.predict",
    "loop.design",
    "loop.nimo",
    "loop.diffusivities",
    "report",
)


def register(app: typer.Typer) -> None:
    """Add every group's commands to the application."""
    for group in _GROUPS:
        import_module(f"workflows.cli.{group}").register(app)
