"""The command `ionsieve diffusivity`: the diffusion analysis alone, on anybody's trajectory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from screening.estimated import Estimate
    from screening.transport.conductivity import TransportResult

_JSON_KEYS = (
    "D_cm2_s",
    "tensor_cm2_s",
    "D_charge_cm2_s",
    "haven_ratio",
    "sigma_mS_cm",
    "charge_e",
    "verdict",
    "warnings",
)


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("diffusivity")(diffusivity)


def diffusivity(  # noqa: PLR0917 - every parameter is an option of the command line
    trajectory: Annotated[list[Path], typer.Argument(help="Trajectory, or its parts in order", show_default=False)],
    species: Annotated[str, typer.Option(help="Mobile element, or ion with its charge (Na, Mg2+)")],
    temperature: Annotated[float, typer.Option(help="Temperature of the run in K")],
    timestep_fs: Annotated[float | None, typer.Option(help="MD time step, if the file does not say")] = None,
    every: Annotated[int | None, typer.Option(help="MD steps between stored frames, if the file does not say")] = None,
    equilibration_ps: Annotated[float, typer.Option(help="Least time cut from the start", min=0)] = 0.0,
    threshold_mS_cm: Annotated[float, typer.Option("--threshold", help="Conductivity of the verdict in mS/cm")] = 1.0,
    at: Annotated[
        float | None, typer.Option(help="Temperature of the threshold in K; that of the run if left out")
    ] = None,
    structure: Annotated[
        Path | None,
        typer.Option(help="Structure file that gives cell and elements where the trajectory has none (XYZ, XTC, DCD)"),
    ] = None,
    elements: Annotated[
        str | None, typer.Option(help="Elements of types 1, 2, ... (Li,P,S,Cl), of names (OW=O), or in order (Li24,P4)")
    ] = None,
    length_unit: Annotated[
        str | None, typer.Option(help="angstrom, bohr or nm, if the file does not say and it is not angstrom")
    ] = None,
    cell_file: Annotated[Path | None, typer.Option(help="CP2K's .cell file of a run with a changing cell")] = None,
    estimator: Annotated[str, typer.Option(help="gls (narrower intervals, the default) or kinisi")] = "gls",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Diffusivity and conductivity with an honest uncertainty, from any trajectory ASE or pymatgen reads."""
    import json

    from pydantic import ValidationError

    from ewald.errors import UserError
    from ewald.files.document import user_error
    from screening.campaign.stages import VerdictRule
    from screening.trajectory.read import read_trajectory
    from screening.transport.analysis import analyse
    from screening.transport.arrhenius import judged_conductivity
    from screening.transport.kinisi_estimator import require_estimator
    from screening.transport.verdict import judge

    try:
        options = {"threshold_mS_cm": threshold_mS_cm, "temperature_K": at, "estimator": estimator}
        rule = VerdictRule.model_validate(options)
    except ValidationError as error:
        names = {"threshold_mS_cm": "threshold", "temperature_K": "at"}
        raise user_error(error, UserError, names=names) from None
    require_estimator(rule.estimator, field="estimator")
    result = analyse(
        read_trajectory(
            trajectory,
            timestep_fs=timestep_fs,
            every=every,
            elements=elements,
            structure=structure,
            length_unit=length_unit,
            cell_file=cell_file,
        ),
        species=species,
        temperature_K=temperature,
        equilibration_ps=equilibration_ps,
        estimator=rule.estimator,
    )
    judged = judged_conductivity([result], rule)
    verdict = judge(judged, rule)
    warnings = (*result.warnings, judged.note) if judged.note else result.warnings
    if as_json:
        document = result.to_document() | {"verdict": verdict, "warnings": warnings}
        typer.echo(json.dumps({key: document[key] for key in _JSON_KEYS}, indent=2))
    else:
        said = f"verdict             {verdict} against {rule.threshold_mS_cm:g} mS/cm"
        typer.echo("\n".join([*_lines(result), said, *(f"warning: {warning}" for warning in warnings)]))


def _lines(result: "TransportResult") -> list[str]:
    values = " ".join(f"{value:.3g}" for value in result.eigenvalues_cm2_s)
    values = f"{values} cm2/s" if result.D_cm2_s.bound is None else "not known"
    charge = "not resolved from noise"
    if result.D_charge_cm2_s is not None and result.haven_ratio is not None:
        charge = f"{result.D_charge_cm2_s:.3g} cm2/s, Haven ratio {result.haven_ratio:.2f}"
    run = (
        f"{result.mobile_ions} ions, {result.length_ps:.4g} ps analysed after {result.equilibration_ps:.3g} ps of "
        f"equilibration, {result.hops_per_ion:.2f} hops per ion"
    )
    return [
        f"{result.species} (charge {result.charge_e:+g}) at {result.temperature_K:g} K: {run}",
        f"tracer diffusivity  {_interval(result.D_cm2_s)} cm2/s",
        f"  principal values  {values}",
        f"charge diffusivity  {charge}",
        f"conductivity        {_interval(result.sigma_mS_cm)} mS/cm (Nernst-Einstein, tracer)",
    ]


def _interval(estimate: "Estimate") -> str:
    if estimate.bound is not None:
        return f"< {estimate.high95:.3g} ({estimate.bound})"
    return f"{estimate.mean:.3g} (95 %: {estimate.low95:.3g} to {estimate.high95:.3g})"
