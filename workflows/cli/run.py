"""Commands of the group `run`."""

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
