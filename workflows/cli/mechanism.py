"""The command `ionsieve mechanism`: how the ions of a trajectory move."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workflows.cli.diffusivity import (
    CellFileOption,
    ElementsOption,
    EveryOption,
    FramesOption,
    LengthUnitOption,
    SpeciesOption,
    TimestepOption,
)

if TYPE_CHECKING:
    from screening.mechanism.result import Mechanism


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("mechanism")(mechanism)


def mechanism(  # noqa: PLR0917 - every parameter is an option of the command line
    trajectory: Annotated[list[Path], typer.Argument(help="Trajectory, or the parts of one run", show_default=False)],
    species: SpeciesOption,
    temperature: Annotated[float, typer.Option(help="Temperature of the run in K")],
    timestep_fs: TimestepOption = None,
    every: EveryOption = None,
    equilibration_ps: Annotated[float, typer.Option(help="Time cut from the start", min=0)] = 0.0,
    structure: Annotated[
        Path | None, typer.Option(help="Structure file that gives cell and elements where the trajectory has none")
    ] = None,
    elements: ElementsOption = None,
    length_unit: LengthUnitOption = None,
    cell_file: CellFileOption = None,
    frames: FramesOption = None,
    sites: Annotated[
        Path | None,
        typer.Option(help="Crystal in the cell of the run, whose sites are taken instead of the maxima"),
    ] = None,
    density: Annotated[Path | None, typer.Option(help="File for the density of the ion: NAME.cube or CHGCAR")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Sites, jumps with their rates and barriers, and the network that they make."""
    import json

    from ewald.io.structure import existing_file, read_structure
    from screening.mechanism.analysis import mechanism_and_sites, production
    from screening.mechanism.density_file import check_density_name, write_density
    from screening.trajectory.read import read_trajectory

    if density is not None:
        check_density_name(density)
    read = read_trajectory(
        trajectory,
        timestep_fs=timestep_fs,
        every=every,
        elements=elements,
        structure=structure,
        length_unit=length_unit,
        cell_file=cell_file,
        frames=frames,
    )
    run = production(read, equilibration_ps)
    crystal = None if sites is None else read_structure(existing_file(sites), field="sites")
    found, where = mechanism_and_sites(run, species=species, temperature_K=temperature, crystal=crystal)
    if density is not None:
        write_density(where, run, density)
    typer.echo(json.dumps(found.to_document(), indent=2) if as_json else "\n".join(_lines(found)))


def _lines(found: "Mechanism") -> list[str]:
    reaches = [n for n in found.networks if n.dimensions]
    network = (
        f"{reaches[0].dimensions}-dimensional, {reaches[0].sites} of {len(found.sites)} sites"
        if reaches
        else f"cages: no way from cell to cell was taken, {len(found.networks)} separate groups of sites"
    )
    occupied = [site.occupancy for site in found.sites]
    lines = [
        f"{found.species} at {found.temperature_K:g} K: {found.mobile_ions} ions, {found.length_ps:.4g} ps",
        f"sites               {len(found.sites)}, occupancy {min(occupied):.2f} to {max(occupied):.2f}",
        f"vibration           {found.vibration_A:.2f} A (rms), attempt frequency {found.attempt_frequency_THz:.1f} THz",
        f"jumps               {found.jumps}",
    ]
    for kind in found.jump_types:
        back = "" if kind.share_back is None else f", {kind.share_back:.0%} taken back"
        rate, barrier = (f"{e.mean:.3g} ({e.low95:.3g} to {e.high95:.3g})" for e in (kind.rate_per_ns, kind.barrier_eV))
        lines.append(
            f"  of {kind.distance_A:.2f} A         {kind.jumps}: {rate} per ion and ns, barrier {barrier} eV{back}"
        )
    lines.append(f"network             {network}")
    if found.together is not None:
        lines.append(f"concerted           {found.together:.2f} times as many jumps close together as by chance")
    return [*lines, *(f"warning: {warning}" for warning in found.warnings)]
