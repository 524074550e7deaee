"""The command `ionsieve diffusivity`: the diffusion analysis alone, on anybody's trajectory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workflows.cli.trajectory.options import (
    CellFileOption,
    ElementsOption,
    EveryOption,
    FramesOption,
    LengthUnitOption,
    Reading,
    StructureOption,
    TimestepOption,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from screening.campaign.stages import VerdictRule
    from screening.transport.conductivity import TransportResult

_ROOM_K = 300.0

_Run = tuple[float, list[Path]]
"""Temperature in K, and the files of one run."""


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("diffusivity")(diffusivity)


def diffusivity(  # noqa: PLR0917 - every parameter is an option of the command line
    species: Annotated[str, typer.Option(help="Mobile element, or ion with its charge (Na, Mg2+)")],
    trajectory: Annotated[
        list[Path] | None, typer.Argument(help="Trajectory, or the parts of one run", show_default=False)
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Temperature of the run in K")] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option(
            "--run", help="A run at 600 K as 600:FILE or 600:PART,PART; repeat for other temperatures and replicas"
        ),
    ] = None,
    timestep_fs: TimestepOption = None,
    every: EveryOption = None,
    equilibration_ps: Annotated[float, typer.Option(help="Time cut from the start, at least", min=0)] = 0.0,
    threshold_mS_cm: Annotated[float, typer.Option("--threshold", help="Conductivity of the verdict in mS/cm")] = 1.0,
    at: Annotated[
        float | None,
        typer.Option(help="Temperature of the threshold in K; that of the run if left out, 300 with several"),
    ] = None,
    structure: StructureOption = None,
    elements: ElementsOption = None,
    length_unit: LengthUnitOption = None,
    cell_file: CellFileOption = None,
    frames: FramesOption = None,
    estimator: Annotated[str, typer.Option(help="gls (narrower intervals, the default) or kinisi")] = "gls",
    plot: Annotated[Path | None, typer.Option(help="Picture (.png, .svg, .pdf) of MSD and Arrhenius line")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Diffusivity and conductivity with an honest uncertainty, from any trajectory, at one temperature or several."""
    from screening.report.drawing.transport_figure import check_figure_name, write_figure
    from workflows.cli.trajectory.diffusivity_output import Answer

    wanted = _wanted_runs(trajectory or [], temperature, runs or [])
    if at is None and len({kelvin for kelvin, _ in wanted}) > 1:
        at = _ROOM_K
    rule = _verdict_rule(threshold_mS_cm, at, estimator)
    if plot is not None:
        check_figure_name(plot)
    reading = Reading(timestep_fs, every, elements, structure, length_unit, cell_file, frames)
    found = _analysed(wanted, reading, species, equilibration_ps, rule)
    answer = Answer.of(list(found.values()), rule, _ROOM_K)
    if plot is not None:
        write_figure(answer.results, answer.fit, plot)
    typer.echo(answer.json() if as_json else answer.text())


def _verdict_rule(threshold_mS_cm: float, at_K: float | None, estimator: str) -> "VerdictRule":
    """Return the rule of the verdict; what is wrong with it is told in the names of the options."""
    from pydantic import ValidationError

    from ewald.errors import UserError
    from ewald.files.document import user_error
    from screening.campaign.stages import VerdictRule
    from screening.transport.kinisi_estimator import require_estimator

    options = {"threshold_mS_cm": threshold_mS_cm, "temperature_K": at_K, "estimator": estimator}
    try:
        rule = VerdictRule.model_validate(options)
    except ValidationError as error:
        names = {"threshold_mS_cm": "threshold", "temperature_K": "at"}
        raise user_error(error, UserError, names=names) from None
    require_estimator(rule.estimator, field="estimator")
    return rule


def _analysed(
    wanted: "Sequence[_Run]", reading: Reading, species: str, equilibration_ps: float, rule: "VerdictRule"
) -> "dict[float, list[TransportResult]]":
    """Return the results of all runs by temperature; those of one temperature are replicas."""
    from screening.transport.analysis import analyse

    found: dict[float, list[TransportResult]] = {}
    for kelvin, files in wanted:
        result = analyse(
            reading.read(files),
            species=species,
            temperature_K=kelvin,
            equilibration_ps=equilibration_ps,
            estimator=rule.estimator,
        )
        found.setdefault(kelvin, []).append(result)
    return found


def _wanted_runs(trajectory: "Sequence[Path]", temperature: float | None, runs: "Sequence[str]") -> list[_Run]:
    """Return temperature and files of every run."""
    from ewald.errors import UserError

    wanted: list[_Run] = []
    if trajectory:
        if temperature is None:
            raise UserError("has no temperature", file=trajectory[0], fix="give --temperature in kelvin")
        wanted.append((temperature, list(trajectory)))
    elif temperature is not None or not runs:
        raise UserError("no trajectory was given", fix="name a file, or give --run 600:FILE for several temperatures")
    wanted += [_run_of(text) for text in runs]
    resolved = [file.resolve() for _, files in wanted for file in files]
    if twice := [file for file in resolved if resolved.count(file) > 1]:
        raise UserError("is given twice", file=twice[0])
    return wanted


def _run_of(text: str) -> _Run:
    """Read the value of one `--run`."""
    from ewald.errors import UserError

    kelvin, colon, files = text.partition(":")
    try:
        value = float(kelvin.strip().removesuffix("K"))
    except ValueError:
        value = 0.0
    if not (colon and files.strip() and value > 0):
        fix = "write --run 600:FILE, with the temperature in kelvin"
        raise UserError("is no run", field="run", value=text, fix=fix)
    return value, [Path(name.strip()) for name in files.split(",") if name.strip()]
