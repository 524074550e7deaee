"""Commands of the group `plan`: what a campaign will screen, and its Ewald stage."""

import sys
from pathlib import Path
from typing import Annotated

import typer

CampaignFile = Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="Campaign file (YAML)")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")]


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("plan")(plan)
    app.command("screen")(screen)


def plan(
    campaign: CampaignFile,
    as_json: _AsJson = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write the table to this file")] = None,
) -> None:
    """List the compositions of a campaign with their supercells and counts; computes nothing."""
    from workflows.campaign.campaign_file import open_campaign, plan_of
    from workflows.cli import plan_table
    from workflows.operations.costs import stage_costs

    file = open_campaign(str(campaign))
    result = plan_of(file)
    costs = stage_costs(file.campaign, file.base_dir, result.compositions)
    if csv is not None:
        plan_table.write_csv(result, csv)
    if as_json:
        sys.stdout.write(plan_table.as_json(result, costs) + "\n")
    else:
        plan_table.show(result, costs)


def screen(
    campaign: CampaignFile,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the results; the campaign's own when left out")
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """Find the lowest arrangements of every composition; under mpiexec the ranks share the work.

    Stopped and started again, it goes on where it was.
    """
    from ewald.errors import UserError
    from ewald.parallel.transport import world_communicator

    comm = world_communicator()
    if comm is None:
        _screen(campaign, out, None, as_json=as_json)
        return
    try:
        _screen(campaign, out, comm, as_json=as_json)
    except UserError:
        # All ranks read the same files and meet the same mistake; one of them says so.
        if comm.Get_rank() == 0:
            raise
        sys.exit(2)
    except Exception:
        import traceback

        traceback.print_exc()
        comm.Abort(1)


def _screen(campaign: Path, out: Path | None, comm: object, *, as_json: bool) -> None:
    from ewald.search.result import writable_directory
    from screening.arrangements.sweep import screen_compositions
    from workflows.campaign.campaign_file import open_campaign, plan_of
    from workflows.cli import screen_table

    file = open_campaign(str(campaign))
    settings = file.campaign
    result = plan_of(file)
    folder = writable_directory(out or file.folder / "ewald")
    progress = screen_table.SweepProgress(result, folder, quiet=as_json)
    outcome = screen_compositions(result.compositions, settings.ewald, folder, comm=comm, report=progress.finished)
    if comm is not None and comm.Get_rank() != 0:  # type: ignore[attr-defined]
        return
    screen_table.write_summary(outcome, folder)
    if as_json:
        sys.stdout.write(screen_table.as_json(outcome, folder) + "\n")
    else:
        screen_table.show(outcome, folder)
    if outcome.failed:
        sys.exit(2)
