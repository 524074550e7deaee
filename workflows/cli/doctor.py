"""Command `doctor`: what is installed, what can be used, what to do about the rest."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("doctor")(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines")] = False) -> None:
    """Say what is installed, which engines, MPI, database and queue can be used, and what to do about the rest.

    Put its output into bug reports. Exit code 0 when IonSieve itself is sound, 2 when another package has overwritten
    its files or a package that it needs is gone.
    """
    import json

    from workflows.doctor.examination import document, examine, lines, sound

    found = examine()
    typer.echo(json.dumps(document(found), indent=1) if as_json else "\n".join(lines(found)))
    if not sound(found):
        raise typer.Exit(2)
