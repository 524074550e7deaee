"""Commands before a campaign runs: `doctor` looks at the machine, `init` writes a file, `check` says what one means."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("init")(init)
    app.command("check")(check)
    app.command("doctor")(doctor)


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="File to write")] = Path("campaign.yaml"),
    template: Annotated[
        str | None, typer.Option(help="Shipped campaign to start from; quickstart when left out")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Write the template of a queue (my_qadapter.yaml) instead: slurm, pbs or sge")
    ] = None,
) -> None:
    """Write a first campaign file, or the template of a queue, to be changed."""
    from ewald.errors import UserError
    from ewald.files.atomic import write_atomic
    from workflows.shipped import config_path

    if cluster is not None and template is not None:
        raise UserError("give one of the two, not both", field="--template / --cluster", fix="give one of the two")
    if path.exists():
        raise UserError("exists already", file=path, fix="choose another name, or remove it")
    if cluster is not None:
        write_atomic(path, _queue_adapter(config_path("clusters", cluster).read_text(encoding="utf-8")))
        typer.echo(f"wrote {path}; fill in partition, account, walltime and the path of my_launchpad.yaml")
        return
    text = config_path("campaigns", template or "quickstart").read_text(encoding="utf-8")
    write_atomic(path, _named(text, path.stem))
    typer.echo(f"wrote {path}; next: ionsieve check {path}, ionsieve plan {path}, ionsieve run {path}")


def _named(text: str, stem: str) -> str:
    """Give a campaign the name of its file, so that two campaigns do not share a folder and database entries."""
    import re

    name = re.sub(r"[^A-Za-z0-9_.-]", "_", stem).lstrip("_.-")[:64] or "campaign"
    return re.sub(r"(?m)^name:.*$", f"name: {name}", text, count=1)


def _queue_adapter(text: str) -> str:
    """Put the absolute path of this installation's command into a queue's template."""
    import sys

    command = Path(sys.executable).parent / "ionsieve"
    return text.replace("exec ionsieve ", f"exec {command} ") if command.is_file() else text


def check(
    campaign: Annotated[
        str | None, typer.Argument(metavar="[CAMPAIGN]", help="Campaign file, or a shipped name")
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="List every key with what it means")] = False,
) -> None:
    """Say what a campaign means, or which line of it is wrong; computes nothing."""
    from ewald.errors import UserError
    from workflows.campaign.campaign_file import open_campaign
    from workflows.operations.meaning import meaning, schema_lines

    if schema:
        for line in schema_lines():
            typer.echo(line)
        return
    if campaign is None:
        raise UserError("name a campaign file, or ask for --schema", field="CAMPAIGN")
    file = open_campaign(campaign)
    for line in meaning(file):
        typer.echo(line)


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
