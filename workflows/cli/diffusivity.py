"""The command `ionsieve diffusivity`: the diffusion analysis alone, on anybody's trajectory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from screening.estimated import Estimate
    from screening.transport.arrhenius import ArrheniusFit, JudgedConductivity
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

_MORE_KEYS = (
    "species",
    "temperature_K",
    "sigma_charge_interval_mS_cm",
    "mobile_ions",
    "hops_per_ion",
    "length_ps",
    "equilibration_ps",
    "msd_time_ps",
    "msd_A2",
    "msd_low95_A2",
    "msd_high95_A2",
)
"""Printed after those, where the result holds them."""

_ROOM_K = 300.0


SpeciesOption = Annotated[str, typer.Option(help="Mobile element, or ion with its charge (Na, Mg2+)")]
TimestepOption = Annotated[float | None, typer.Option(help="MD time step, if the file does not say")]
EveryOption = Annotated[int | None, typer.Option(help="MD steps between stored frames, if the file does not say")]
ElementsOption = Annotated[
    str | None, typer.Option(help="Elements of types 1, 2, ... (Li,P,S,Cl), of names (OW=O), or in order (Li24,P4)")
]
LengthUnitOption = Annotated[
    str | None, typer.Option(help="angstrom, bohr or nm, if the file does not say and it is not angstrom")
]
CellFileOption = Annotated[Path | None, typer.Option(help="CP2K's .cell file of a run with a changing cell")]
FramesOption = Annotated[
    str | None,
    typer.Option(
        help="START:STOP: only these stored frames of each run, counted from 0 (100:, :300; :200,300: joins two)"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    app.command("diffusivity")(diffusivity)


def diffusivity(  # noqa: PLR0917 - every parameter is an option of the command line
    species: SpeciesOption,
    trajectory: Annotated[
        list[Path] | None, typer.Argument(help="Trajectory, or the parts of one run", show_default=False)
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Temperature of the run in K")] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option("--run", help="600:FILE, or 600:PART,PART: a run at 600 K; again for others, and for replicas"),
    ] = None,
    timestep_fs: TimestepOption = None,
    every: EveryOption = None,
    equilibration_ps: Annotated[float, typer.Option(help="Least time cut from the start", min=0)] = 0.0,
    threshold_mS_cm: Annotated[float, typer.Option("--threshold", help="Conductivity of the verdict in mS/cm")] = 1.0,
    at: Annotated[
        float | None,
        typer.Option(help="Temperature of the threshold in K; that of the run if left out, 300 with several"),
    ] = None,
    structure: Annotated[
        Path | None,
        typer.Option(help="Structure file that gives cell and elements where the trajectory has none (XYZ, XTC, DCD)"),
    ] = None,
    elements: ElementsOption = None,
    length_unit: LengthUnitOption = None,
    cell_file: CellFileOption = None,
    frames: FramesOption = None,
    estimator: Annotated[str, typer.Option(help="gls (narrower intervals, the default) or kinisi")] = "gls",
    plot: Annotated[Path | None, typer.Option(help="Picture (.png, .svg, .pdf) of MSD and Arrhenius line")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Diffusivity and conductivity with an honest uncertainty, from any trajectory, at one temperature or several."""
    import json

    from pydantic import ValidationError

    from ewald.errors import UserError
    from ewald.files.document import user_error
    from screening.campaign.stages import VerdictRule
    from screening.report.drawing.transport_figure import check_figure_name, write_figure
    from screening.trajectory.read import read_trajectory
    from screening.transport.analysis import analyse
    from screening.transport.arrhenius import judged_conductivity, line_through
    from screening.transport.kinisi_estimator import require_estimator
    from screening.transport.replicas import pool_replicas
    from screening.transport.verdict import judge, printed_probability

    wanted = _wanted_runs(trajectory or [], temperature, runs or [])
    several = len({kelvin for kelvin, _ in wanted}) > 1
    try:
        at = at if at is not None or not several else _ROOM_K
        options = {"threshold_mS_cm": threshold_mS_cm, "temperature_K": at, "estimator": estimator}
        rule = VerdictRule.model_validate(options)
    except ValidationError as error:
        names = {"threshold_mS_cm": "threshold", "temperature_K": "at"}
        raise user_error(error, UserError, names=names) from None
    require_estimator(rule.estimator, field="estimator")
    if plot is not None:
        check_figure_name(plot)
    found: dict[float, list[TransportResult]] = {}
    for kelvin, files in wanted:
        read = read_trajectory(
            files,
            timestep_fs=timestep_fs,
            every=every,
            elements=elements,
            structure=structure,
            length_unit=length_unit,
            cell_file=cell_file,
            frames=frames,
        )
        result = analyse(
            read,
            species=species,
            temperature_K=kelvin,
            equilibration_ps=equilibration_ps,
            estimator=rule.estimator,
        )
        found.setdefault(kelvin, []).append(result)
    results = [pool_replicas(replicas) for replicas in found.values()]
    judged = judged_conductivity(results, rule)
    verdict = judge(judged, rule)
    fit = line_through([(result.temperature_K, result.sigma_mS_cm) for result in results], _ROOM_K)
    if plot is not None:
        write_figure(results, fit, plot)
    of_runs = [f"{r.temperature_K:g} K: {text}" if several else text for r in results for text in r.warnings]
    warnings = (*of_runs, judged.note) if judged.note else tuple(of_runs)
    counts = [len(replicas) for replicas in found.values()]
    if as_json:
        common = {"verdict": verdict, "warnings": warnings, "probability_above": printed_probability(judged, verdict)}
        documents = [_document(result) | {"replicas": count} for result, count in zip(results, counts, strict=True)]
        document = _of_several(documents, fit, judged) | common if several else _ordered(documents[0] | common)
        typer.echo(json.dumps(document, indent=2))
        return
    lines = [line for result, count in zip(results, counts, strict=True) for line in _lines(result, count)]
    if fit is not None:
        lines += [
            f"activation energy   {_interval(fit.activation_energy_eV, 'eV')}",
            f"conductivity, 300 K {_interval(fit.sigma_mS_cm, 'mS/cm')}",
        ]
    said = f"verdict             {verdict} against {rule.threshold_mS_cm:g} mS/cm at {judged.temperature_K:g} K"
    typer.echo("\n".join([*lines, said, *(f"warning: {warning}" for warning in warnings)]))


def _wanted_runs(
    trajectory: "Sequence[Path]", temperature: float | None, runs: "Sequence[str]"
) -> list[tuple[float, list[Path]]]:
    """Return temperature and files of every run."""
    from ewald.errors import UserError

    wanted = []
    if trajectory:
        if temperature is None:
            raise UserError("has no temperature", file=trajectory[0], fix="give --temperature in kelvin")
        wanted.append((temperature, list(trajectory)))
    elif temperature is not None or not runs:
        raise UserError("no trajectory was given", fix="name a file, or give --run 600:FILE for several temperatures")
    for text in runs:
        kelvin, colon, files = text.partition(":")
        try:
            value = float(kelvin.strip().removesuffix("K"))
        except ValueError:
            value = 0.0
        if not (colon and files.strip() and value > 0):
            raise UserError(
                "is no run", field="run", value=text, fix="write --run 600:FILE, with the temperature in kelvin"
            )
        wanted.append((value, [Path(name.strip()) for name in files.split(",") if name.strip()]))
    resolved = [file.resolve() for _, files in wanted for file in files]
    if twice := [file for file in resolved if resolved.count(file) > 1]:
        raise UserError("is given twice", file=twice[0])
    return wanted


def _document(result: "TransportResult") -> dict[str, object]:
    document = result.to_document()
    if result.D_cm2_s.bound is not None:
        # What was counted is no value: of a bound only the upper end is printed.
        document |= {"D_cm2_s": _of_estimate(result.D_cm2_s), "sigma_mS_cm": _of_estimate(result.sigma_mS_cm)}
        document["tensor_cm2_s"] = None
    return {key: document[key] for key in (*_JSON_KEYS, *_MORE_KEYS) if key in document}


def _of_estimate(estimate: "Estimate") -> dict[str, object]:
    return estimate.to_document() | {"mean": estimate.value}


def _ordered(document: dict[str, object]) -> dict[str, object]:
    """Put the keys of one run in their order."""
    return {key: document[key] for key in (*_JSON_KEYS, *(key for key in document if key not in _JSON_KEYS))}


def _of_several(
    documents: list[dict[str, object]], fit: "ArrheniusFit | None", judged: "JudgedConductivity"
) -> dict[str, object]:
    return {
        "runs": documents,
        "activation_energy_eV": None if fit is None else fit.activation_energy_eV.to_document(),
        "sigma_300K_mS_cm": None if fit is None else fit.sigma_mS_cm.to_document(),
        "sigma_mS_cm": _of_estimate(judged.estimate),
        "temperature_K": judged.temperature_K,
    }


def _lines(result: "TransportResult", replicas: int) -> list[str]:
    values = " ".join(f"{value:.3g}" for value in result.eigenvalues_cm2_s)
    values = f"{values} cm2/s" if result.D_cm2_s.bound is None else "not known"
    charge = "not resolved from noise" if result.D_cm2_s.bound is None else "not known"
    if result.D_charge_cm2_s is not None and result.haven_ratio is not None:
        charge = f"{result.D_charge_cm2_s:.3g} cm2/s, Haven ratio {result.haven_ratio:.2f}"
    run = (
        f"{result.mobile_ions} ions, {result.length_ps:.4g} ps analysed after {result.equilibration_ps:.3g} ps of "
        f"equilibration, {result.hops_per_ion:.2f} hops per ion" + (f", {replicas} replicas" if replicas > 1 else "")
    )
    return [
        f"{result.species} (charge {result.charge_e:+g}) at {result.temperature_K:g} K: {run}",
        f"tracer diffusivity  {_interval(result.D_cm2_s, 'cm2/s')}",
        f"  principal values  {values}",
        f"charge diffusivity  {charge}",
        f"conductivity        {_interval(result.sigma_mS_cm, 'mS/cm')} (Nernst-Einstein, tracer)",
    ]


def _interval(estimate: "Estimate", unit: str) -> str:
    if estimate.bound is not None:
        return f"< {estimate.high95:.3g} {unit} (upper bound: {estimate.bound})"
    return f"{estimate.mean:.3g} (95 %: {estimate.low95:.3g} to {estimate.high95:.3g}) {unit}"
