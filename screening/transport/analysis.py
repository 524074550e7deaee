"""The diffusion analysis of one run: from a trajectory to conductivity and health."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

from ewald.errors import UserError
from screening.species import ion_charge, split_species
from screening.trajectory.temperature import check_temperature
from screening.trajectory.trajectory import Trajectory, unwrap
from screening.transport.conductivity import TransportResult, nernst_einstein_mS_cm
from screening.transport.diffusivity import (
    Diffusivity,
    eigenvalues,
    tensor_of,
)
from screening.transport.displacement import Displacements, displacements, mobile_positions
from screening.transport.equilibration import EquilibrationCut, find_equilibration
from screening.transport.framework import Health, check_health
from screening.transport.kinisi_estimator import by_kinisi
from screening.transport.motion import REACH_A, Motion, motion_of

Floats = NDArray[np.float64]

_SMALL_CELL_A = 10.0

_ENDS = 12
"""Positions are averaged over this part of the run at either end."""

_FURTHER, _FAR_A2 = 2.0, 9.0
"""Another element is said to move further if its mean square is so many times larger, and beyond a hop."""

_DOUBTFUL = 0.5
"""A warning is given where hops back and forth may still relax for this share of the variance."""


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
        Time cut from the start, at least; more is cut when the potential energy still drifts.
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
    charge_e = ion_charge(species)
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
    said = (*check_temperature(production, temperature_K), *_other_mobile(production, element))
    positions = mobile_positions(production, mobile)
    moved = displacements(positions, production.frame_fs)
    health = check_health(production, mobile, positions)
    motion = replace(motion_of(positions, production.frame_fs, moved), intact=health.intact)
    if estimator == "kinisi":
        doubles = np.asarray(positions, dtype=np.float64)
        motion = replace(motion, found=by_kinisi(motion.found, doubles, production.frame_fs))
    return _result(species, temperature_K, charge_e, _Analysis(production, moved, motion, health, cut, said))


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
    motion: Motion
    health: Health
    cut: EquilibrationCut
    said: tuple[str, ...]

    @property
    def found(self) -> Diffusivity:
        return self.motion.found


def _result(species: str, temperature_K: float, charge_e: float, analysis: _Analysis) -> TransportResult:
    production, moved, found = analysis.production, analysis.moved, analysis.found
    volume = production.volume_A3 or 0.0
    per_D = nernst_einstein_mS_cm(
        1.0, ions=moved.ions, volume_A3=volume, temperature_K=temperature_K, charge_e=charge_e
    )
    tracer = analysis.motion.tracer
    charge = analysis.motion.charge
    tensor = tensor_of(found.tensor_cm2_s, tracer.mean)
    charge_interval = charge.scaled(per_D).estimate() if charge else None
    return TransportResult(
        species=species,
        temperature_K=temperature_K,
        D_cm2_s=tracer,
        tensor_cm2_s=_rows(tensor),
        eigenvalues_cm2_s=eigenvalues(tensor),
        D_charge_cm2_s=charge.mean if charge else None,
        haven_ratio=tracer.mean / charge.mean if charge and charge.mean > 0 else None,
        sigma_mS_cm=tracer.scaled(per_D),
        sigma_charge_mS_cm=charge_interval.mean if charge_interval else None,
        sigma_charge_interval_mS_cm=charge_interval,
        warnings=tuple(_warnings(analysis)),
        charge_e=charge_e,
        ions_left=analysis.motion.went.left,
        sound=analysis.motion.diffusive,
        length_ps=production.length_ps,
        equilibration_ps=analysis.cut.time_ps,
        frames=production.frames,
        mobile_ions=moved.ions,
        hops_per_ion=analysis.health.hops_per_ion,
        framework_msd_A2=analysis.health.host_msd_A2 or 0.0,
        framework_intact=analysis.health.intact,
        msd_time_ps=tuple(float(t) for t in moved.lag_ps),
        msd_A2=tuple(float(m) for m in moved.msd_A2),
        msd_low95_A2=tuple(float(m) for m in moved.msd_band_A2[0]),
        msd_high95_A2=tuple(float(m) for m in moved.msd_band_A2[1]),
    )


def _rows(matrix: Floats) -> tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]:
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    return (a, b, c), (d, e, f), (g, h, i)


def _warnings(analysis: _Analysis) -> list[str]:
    production = analysis.production
    notes = [analysis.cut.warning] if analysis.cut.warning else []
    notes += [*analysis.said, *analysis.health.warnings, *_motion_warnings(analysis)]
    heights = production.volume_A3 / np.linalg.norm(_faces(production.cell_A), axis=1) if production.volume_A3 else []
    if len(heights) and float(np.min(heights)) < _SMALL_CELL_A:
        notes.append(
            f"the cell is only {float(np.min(heights)):.1f} A thick: ions correlate with their own images, "
            "compare with a larger cell"
        )
    return notes


def _other_mobile(run: Trajectory, element: str) -> list[str]:
    """Say which element goes further than the one asked for: the elements may have been given in another order."""
    width = max(1, run.frames // _ENDS)
    first, last = (run.positions_A[end].mean(axis=0, dtype=np.float64) for end in (slice(width), slice(-width, None)))
    rest = run.numbers != Element(element).Z
    if not rest.any():
        return []
    net = last - first
    # What moves furthest may be a part of the rest, so that its median is the drift.
    squares = ((net - np.median(net[rest], axis=0)) ** 2).sum(axis=1)
    went = {symbol: float(squares[run.indices(symbol)].mean()) for symbol in run.symbols}
    other = max(went, key=went.__getitem__)
    if went[other] <= max(_FURTHER * went[element], _FAR_A2):
        return []
    note = (
        f"{other} moves further than {element}, by {went[other] ** 0.5:.1f} against {went[element] ** 0.5:.1f} A: "
        "if the elements were given by hand, check their order"
    )
    return [note]


def _motion_warnings(analysis: _Analysis) -> list[str]:
    """Say how far the diffusivity can be trusted."""
    found, went, ions = analysis.found, analysis.motion.went, analysis.moved.ions
    bound = analysis.motion.bound
    if bound == "no hop":
        return [f"no hop: one in this run would be a diffusivity of {found.one_event_cm2_s:.1e} cm2/s"]
    if bound == "too short":
        return ["the run is too short to distinguish diffusion from vibration: its diffusivity is an upper bound"]
    if bound == "framework broken":
        return ["the framework broke: the diffusivity is only an upper bound of that in the solid"]
    if bound == "caged":
        note = (
            f"ions are caged: {went.left} of {ions} moved by more than {REACH_A:g} A, where {went.expected:.0f} would "
            "have with hops in random directions; the diffusivity is at most that of the ions that left"
        )
        return [note]
    if bound is not None:
        note = (
            f"{went.left} of {ions} ions moved by more than {REACH_A:g} A: long-range diffusion is not established, so "
            "the diffusivity is an upper bound: run longer or hotter"
        )
        return [note]
    notes = []
    if not analysis.motion.resolved:
        notes.append("the diffusivity cannot be distinguished from local motion: run longer")
    if found.doubt > _DOUBTFUL:
        notes.append("the uncertainty is mostly from hops that may still be reversed: run longer")
    if found.tracer.events < 10:
        notes.append(f"the diffusivity rests on about {found.tracer.events:.0f} independent events: too short a run")
    if found.tracer.events < 3:
        notes.append(
            f"one hop more or less in this run is a diffusivity of {found.one_event_cm2_s:.1e} cm2/s: lower "
            "ones are not resolved"
        )
    if analysis.motion.charge is None:
        notes.append("the charge diffusivity is not resolved from noise in a run of this length")
    return notes


def _faces(cell: Floats | None) -> Floats:
    if cell is None:
        return np.ones((3, 3))
    return np.array([np.cross(cell[1], cell[2]), np.cross(cell[2], cell[0]), np.cross(cell[0], cell[1])])
