"""The command `ionsieve mechanism`: how the ions of a trajectory move."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ewald.errors import UserError
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

    from screening.mechanism.result import Mechanism
    from screening.trajectory.trajectory import Trajectory


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("mechanism")(mechanism)


def mechanism(  # noqa: PLR0917 - every parameter is an option of the command line
    trajectory: Annotated[
        list[Path],
        typer.Argument(help="Trajectory, or the parts of one run; or CAMPAIGN CANDIDATE", show_default=False),
    ],
    species: Annotated[
        str | None, typer.Option(help="Mobile element, or ion with its charge (Na, Mg2+)", show_default=False)
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Temperature of the run in K", show_default=False)] = None,
    timestep_fs: TimestepOption = None,
    every: EveryOption = None,
    equilibration_ps: Annotated[float, typer.Option(help="Time cut from the start", min=0)] = 0.0,
    structure: StructureOption = None,
    elements: ElementsOption = None,
    length_unit: LengthUnitOption = None,
    cell_file: CellFileOption = None,
    frames: FramesOption = None,
    sites: Annotated[
        Path | None,
        typer.Option(help="Crystal in the cell of the run, whose sites are taken instead of the maxima"),
    ] = None,
    density: Annotated[Path | None, typer.Option(help="File for the density of the ion: NAME.cube or CHGCAR")] = None,
    plot: Annotated[Path | None, typer.Option(help="Picture (.png, .svg, .pdf) of g(r), van Hove, MSD, jumps")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Sites, jumps with rates and barriers, their network; g(r), van Hove, MSD by element and direction."""
    import json

    from ewald.io.structure import existing_file, read_structure
    from screening.mechanism.analysis import mechanism_and_sites, production
    from screening.mechanism.density_file import check_density_name, write_density
    from screening.report.drawing.mechanism_figure import write_mechanism_figure
    from screening.report.drawing.transport_figure import check_figure_name

    if density is not None:
        check_density_name(density)
    if plot is not None:
        check_figure_name(plot)
    if species is None:
        run, species, temperature = _of_campaign(trajectory, temperature)
    else:
        reading = Reading(timestep_fs, every, elements, structure, length_unit, cell_file, frames)
        run = production(reading.read(trajectory), equilibration_ps)
    if temperature is None:
        raise UserError("has no temperature", file=trajectory[0], fix="give --temperature in kelvin")
    crystal = None if sites is None else read_structure(existing_file(sites), field="sites")
    found, where = mechanism_and_sites(run, species=species, temperature_K=temperature, crystal=crystal)
    if density is not None:
        write_density(where, run, density)
    if plot is not None:
        write_mechanism_figure(found, plot)
    typer.echo(json.dumps(found.to_document(), indent=2) if as_json else "\n".join(_lines(found)))


def _of_campaign(words: "Sequence[Path]", temperature_K: float | None) -> "tuple[Trajectory, str, float]":
    """Return the run of a campaign's candidate, its mobile ion and its temperature."""
    from workflows.md.mechanisms import candidate_history, run_of, trajectory_of_run
    from workflows.operations.record_source import open_record

    if len(words) != 2:
        raise UserError(
            "is not given",
            field="species",
            fix="give --species, or a campaign and a candidate in place of a trajectory",
        )
    source = open_record(str(words[0]))
    history = candidate_history(source.record, str(words[1]))
    run = run_of(history, temperature_K)
    return trajectory_of_run(run, source.folder), history.candidate.mobile_ion, run.temperature_K


def _lines(found: "Mechanism") -> list[str]:
    from screening.mechanism.wording import mechanism_lines

    head = f"{found.species} at {found.temperature_K:g} K: {found.mobile_ions} ions, {found.length_ps:.4g} ps"
    known = mechanism_lines(found)
    width = max(len(label) for label, _ in known) + 2
    rows = [f"{label:{width}s}{text}" for label, text in known]
    return [head, *rows, *(f"warning: {warning}" for warning in found.warnings)]
