"""Commands about a campaign file: `init` writes a first one, `check` says what one means."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("init")(init)
    app.command("check")(check)


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Campaign file to write")] = Path("campaign.yaml"),
    template: Annotated[str, typer.Option(help="Shipped campaign to start from")] = "quickstart",
) -> None:
    """Write a first campaign file, to be changed."""
    from ewald.atomic import write_atomic
    from ewald.errors import UserError
    from workflows.shipped import config_path

    if path.exists():
        raise UserError("exists already", file=path, mend="choose another name, or remove it")
    write_atomic(path, config_path("campaigns", template).read_text(encoding="utf-8"))
    typer.echo(f"wrote {path}; next: ionsieve check {path}, ionsieve plan {path}, ionsieve run {path}")


def check(
    campaign: Annotated[
        str | None, typer.Argument(metavar="[CAMPAIGN]", help="Campaign file, or a shipped name")
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="List every key with what it means")] = False,
) -> None:
    """Say what a campaign means, or which line of it is wrong; computes nothing."""
    from ewald.errors import UserError
    from workflows.campaign_file import open_campaign
    from workflows.meaning import meaning, schema_lines

    if schema:
        for line in schema_lines():
            typer.echo(line)
        return
    if campaign is None:
        raise UserError("name a campaign file, or ask for --schema", field="CAMPAIGN")
    file = open_campaign(campaign)
    for line in meaning(file):
        typer.echo(line)
