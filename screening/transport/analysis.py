"""The diffusion analysis of one run: from a trajectory to conductivity and health."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

from ewald.errors import UserError
from ewald.numbers import significant
from screening.species import ion_charge, split_species
from screening.trajectory.trajectory import Trajectory
from screening.trajectory.unwrapping import unwrap
from screening.transport.conductivity import TransportResult, nernst_einstein_mS_cm
from screening.transport.diffusivity import Diffusivity, fit_diffusivity
from screening.transport.displacement import Displacements, displacements, mobile_positions
from screening.transport.equilibration import EquilibrationCut, find_equilibration
from screening.transport.framework import Health, check_health
from screening.transport.kinisi_estimator import by_kinisi

Floats = NDArray[np.float64]

_SMALL_CELL_A = 10.0

_VIBRATION_PS = 0.5
"""Below this lag lattice vibrations dominate the MSD."""

_DIFFUSIVE_SLOPE = 0.7
"""A mean squared displacement that grows more slowly than time to this power is not diffusive."""

_LEAST_EVENTS_FOR_CHARGE = 4.0
"""Below four effective events the charge diffusivity is less than two standard deviations from zero."""


def analyse(
    trajectory: Trajectory,
    *,
    species: str,
    temperature_K: float,
    host_structure: Structure | None = None,
    equilibration_ps: float = 0.0,
    estimator: Literal["gls", "kinisi"] = "gls",
) -> TransportResult:
    """Measure diffusivity and conductivity in one run; :mod:`screening.transport.verdict` judges them.

    Parameters
    ----------
    trajectory
        The whole run, equilibration included.
    species
        Mobile element or ion (`Na` or `Na+`).
    temperature_K
        Of the run, in kelvin.
    host_structure
        Structure the run started from; gives the cell when the trajectory has none, and is checked against the ions.
    equilibration_ps
        Least time cut from the start; more is cut when the potential energy still drifts.
    estimator
        Of the tracer diffusivity, see :class:`screening.campaign.stages.VerdictRule`.

    Raises
    ------
    UserError
        When the species does not occur, there is no cell, or the temperature is not positive.
    """
    if not temperature_K > 0:
        raise UserError("must be positive kelvin", field="temperature", value=temperature_K)
    trajectory = _with_cell(trajectory, host_structure)
    element, _ = split_species(species)
    mobile = trajectory.indices(element)
    if not len(mobile):
        raise UserError(
            "does not occur in the trajectory",
            file=trajectory.sources[0] if trajectory.sources else None,
            field="species",
            value=species,
            fix=f"choose one of {', '.join(trajectory.symbols)}",
        )
    cut = find_equilibration(trajectory, species=element, minimum_ps=equilibration_ps)
    production = trajectory.after(cut.frame)
    positions = mobile_positions(production, mobile)
    moved = displacements(positions, production.frame_fs)
    health = check_health(production, mobile, positions)
    found = fit_diffusivity(moved, hops=round(health.hops_per_ion * len(mobile)))
    if estimator == "kinisi":
        found = by_kinisi(found, np.asarray(positions, dtype=np.float64), production.frame_fs)
    return _result(species, temperature_K, _Analysis(production, moved, found, health, cut))


def _with_cell(trajectory: Trajectory, host: Structure | None) -> Trajectory:
    where = trajectory.sources[0] if trajectory.sources else None
    if host is not None:
        numbers = np.array([Element(site.specie.symbol).Z for site in host])
        if not np.array_equal(np.sort(numbers), np.sort(trajectory.numbers)):
            raise UserError("holds other ions than the structure it should have started from", file=where)
        if trajectory.cell_A is None:
            cell = np.asarray(host.lattice.matrix, dtype=float)
            unwrapped = unwrap(
                np.asarray(trajectory.positions_A, dtype=np.float64),
                np.broadcast_to(cell, (trajectory.frames, 3, 3)),
                where,
            )
            return replace(trajectory, positions_A=unwrapped, cell_A=cell)
    if trajectory.cell_A is None:
        raise UserError(
            "has no cell, and the conductivity needs the volume",
            file=where,
            fix="give --structure, a structure file with the cell",
        )
    return trajectory


@dataclass(frozen=True)
class _Analysis:
    """Everything that was found about one run, before it becomes a result."""

    production: Trajectory
    moved: Displacements
    found: Diffusivity
    health: Health
    cut: EquilibrationCut

    @property
    def sound(self) -> bool:
        slope = _late_slope(self.moved)
        diffusive = slope is not None and slope >= _DIFFUSIVE_SLOPE and self.found.start_ps >= _VIBRATION_PS
        return diffusive and self.health.intact


def _result(species: str, temperature_K: float, analysis: _Analysis) -> TransportResult:
    production, moved, found = analysis.production, analysis.moved, analysis.found
    volume = production.volume_A3 or 0.0
    per_D = nernst_einstein_mS_cm(
        1.0, ions=moved.ions, volume_A3=volume, temperature_K=temperature_K, charge_e=ion_charge(species)
    )
    charge = found.charge if found.charge.events >= _LEAST_EVENTS_FOR_CHARGE else None
    tracer = found.tracer.estimate()
    charge_interval = charge.scaled(per_D).estimate() if charge else None
    return TransportResult(
        species=species,
        temperature_K=temperature_K,
        D_cm2_s=tracer,
        tensor_cm2_s=_rows(found.tensor_cm2_s),
        eigenvalues_cm2_s=found.eigenvalues_cm2_s,
        D_charge_cm2_s=charge.mean if charge else None,
        haven_ratio=tracer.mean / charge.mean if charge and charge.mean > 0 else None,
        sigma_mS_cm=found.tracer.scaled(per_D).estimate(),
        sigma_charge_mS_cm=charge_interval.mean if charge_interval else None,
        sigma_charge_interval_mS_cm=charge_interval,
        warnings=tuple(_warnings(analysis)),
        sound=analysis.sound,
        length_ps=production.length_ps,
        equilibration_ps=analysis.cut.time_ps,
        frames=production.frames,
        mobile_ions=moved.ions,
        hops_per_ion=analysis.health.hops_per_ion,
        framework_msd_A2=analysis.health.host_msd_A2 or 0.0,
        framework_intact=analysis.health.intact,
        msd_time_ps=tuple(float(t) for t in moved.lag_ps),
        msd_A2=tuple(float(m) for m in moved.msd_A2),
    )


def _rows(matrix: Floats) -> tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]:
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    return (a, b, c), (d, e, f), (g, h, i)


def _warnings(analysis: _Analysis) -> list[str]:
    production, moved, found = analysis.production, analysis.moved, analysis.found
    notes = [analysis.cut.warning] if analysis.cut.warning else []
    notes += analysis.health.warnings
    slope = _late_slope(moved)
    if slope is None or found.start_ps < _VIBRATION_PS:
        notes.append("the run is too short to tell diffusion from vibration: its diffusivity is an upper bound")
    elif slope < _DIFFUSIVE_SLOPE:
        notes.append(f"the MSD is not yet diffusive: it grows as time to the power {slope:.2f}, not 1")
    if found.too_short(production.length_ps):
        notes.append(
            f"correlated back-and-forth hops, correlation time about {significant(found.correlation_ps, 2)} ps "
            f"(probability {found.correlation_probability:.0%}), in a run only "
            f"{production.length_ps / found.correlation_ps:.0f} times as long: the diffusivity may be too high by more "
            "than its interval says, run longer"
        )
    if found.tracer.events < 10:
        notes.append(f"the diffusivity rests on about {found.tracer.events:.0f} independent events: too short a run")
    if found.tracer.events < 3:
        notes.append(
            f"one hop more or less in this run is a diffusivity of {found.one_event_cm2_s:.1e} cm2/s: lower "
            "ones are not resolved"
        )
    if found.charge.events < _LEAST_EVENTS_FOR_CHARGE:
        notes.append("the charge diffusivity is not resolved from noise in a run of this length")
    heights = production.volume_A3 / np.linalg.norm(_faces(production.cell_A), axis=1) if production.volume_A3 else []
    if len(heights) and float(np.min(heights)) < _SMALL_CELL_A:
        notes.append(
            f"the cell is only {float(np.min(heights)):.1f} A thick: ions correlate with their own images, "
            "compare with a larger cell"
        )
    return notes


def _faces(cell: Floats | None) -> Floats:
    if cell is None:
        return np.ones((3, 3))
    return np.array([np.cross(cell[1], cell[2]), np.cross(cell[2], cell[0]), np.cross(cell[0], cell[1])])


def _late_slope(moved: Displacements) -> float | None:
    """Return d ln MSD / d ln t between a fortieth and a fifth of the run; None when there are too few lags."""
    inside = (moved.lag_frames >= moved.frames / 40) & (moved.lag_frames <= moved.frames / 5)
    if inside.sum() < 3 or (moved.msd_A2[inside] <= 0).any():
        return None
    return float(np.polyfit(np.log(moved.lag_ps[inside]), np.log(moved.msd_A2[inside]), 1)[0])
