"""Commands of the group `campaign`."""

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
