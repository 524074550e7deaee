"""Commands of the group `diffusivity`."""

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
