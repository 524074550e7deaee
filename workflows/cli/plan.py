"""Commands of the group `plan`."""

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
