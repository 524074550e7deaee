"""The time between frames: from what files say of times and steps, and what the user says.

Whatever both say must agree: a time step that is wrong by a factor is a diffusivity wrong by the same factor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError

Floats = NDArray[np.float64]

_AGREE = 2e-3
"""Relative difference of two spacings that is rounding: times are often written with three digits."""


@dataclass
class Clock:
    """What the frames of one file say of time.

    Attributes
    ----------
    path
        The file.
    steps, times_fs
        One for each frame that gives it.
    spacing_fs, timestep_fs
        As the file states them for all frames.
    steps_are_counts
        Steps count stored frames.
    frames
        Frames read.
    """

    path: Path
    spacing_fs: float | None = None
    timestep_fs: float | None = None
    steps_are_counts: bool = False
    steps: list[int] = field(default_factory=list)
    times_fs: list[float] = field(default_factory=list)
    frames: int = 0

    def add(self, step: int | None, time_fs: float | None) -> None:
        """Take the next frame."""
        self.frames += 1
        if step is not None:
            self.steps.append(step)
        if time_fs is not None:
            self.times_fs.append(time_fs)

    def drop_first(self) -> None:
        """Forget the first frame, which repeated the last one of the file before."""
        self.frames -= 1
        del self.steps[:1], self.times_fs[:1]

    def series(self, name: str) -> Floats | None:
        """Return steps or times where every frame has one."""
        values = np.array(getattr(self, name), dtype=float)
        return values if len(values) == self.frames and self.frames > 0 else None


def find_timing(clocks: Sequence[Clock], timestep_fs: float | None, every: int | None) -> float:
    """Return the time between frames in fs.

    Parameters
    ----------
    clocks
        Of the files of one run, in order.
    timestep_fs, every
        MD time step and steps between frames, as the user says; None where not.

    Raises
    ------
    UserError
        When frames are doubled, missing or unequally spaced, the spacing is unknown, or file and user disagree.
    """
    if timestep_fs is not None and not (np.isfinite(timestep_fs) and timestep_fs > 0):
        raise UserError("must be positive", field="timestep_fs", value=timestep_fs)
    if every is not None and every < 1:
        raise UserError("must be positive", field="every", value=every)
    spacing_fs = _spacing(clocks, "times_fs", "fs")
    stride = _spacing(clocks, "steps", "steps")
    counted = stride is not None and all(clock.steps_are_counts for clock in clocks) and stride == 1
    path = clocks[0].path
    if spacing_fs is None:
        spacing_fs = _same(clocks, "spacing_fs")
    stated_step = _same(clocks, "timestep_fs")
    file_every = None if stride is None or counted else round(stride)
    _agree(path, "--every", every, file_every, "steps between frames")
    _agree(path, "--timestep-fs", timestep_fs, stated_step, "fs of time step")
    step_fs, stride_found = timestep_fs or stated_step, every or file_every
    if spacing_fs is not None:
        _agree_with_spacing(path, spacing_fs, timestep_fs or (stated_step if every else None), every, file_every)
        # Times in single precision give 99.99999 fs for 100.
        return float(f"{spacing_fs:.6g}")
    if step_fs is None:
        fix = "give --timestep-fs" + ("" if stride_found else " and --every, the MD steps between stored frames")
        raise UserError("the file does not give the time between its frames", file=path, fix=fix)
    if stride_found is None:
        raise UserError(
            "the file does not say how many MD steps lie between its frames",
            file=path,
            fix="give --every, 1 if every step was stored",
        )
    return step_fs * stride_found


def _agree(path: Path, flag: str, said: float | None, found: float | None, what: str) -> None:
    if said is not None and found is not None and abs(said / found - 1) > _AGREE:
        fix = f"leave {flag} out, or correct it"
        raise UserError(f"the file has {found:g} {what}, and {flag} says {said:g}", file=path, fix=fix)


def _agree_with_spacing(
    path: Path, spacing_fs: float, timestep_fs: float | None, every: int | None, file_every: int | None
) -> None:
    if timestep_fs is None:
        return
    strides = every or file_every
    said = timestep_fs * (strides or max(1, round(spacing_fs / timestep_fs)))
    if abs(said / spacing_fs - 1) > _AGREE:
        by = f"{timestep_fs:g} fs times {strides:g} steps" if strides else f"whole steps of {timestep_fs:g} fs"
        raise UserError(
            f"its frames are {spacing_fs:g} fs apart by the times in the file, and by --timestep-fs and --every {by}, "
            f"{said:g} fs",
            file=path,
            fix="leave --timestep-fs and --every out: the file contains its times",
        )


def _same(clocks: Sequence[Clock], name: str) -> float | None:
    """Return what all files state alike."""
    values = [getattr(clock, name) for clock in clocks]
    if any(value is None for value in values):
        return None
    for clock, value in zip(clocks[1:], values[1:], strict=True):
        if abs(value / values[0] - 1) > _AGREE:
            raise UserError(
                f"has {value:g} fs of {name.removesuffix('_fs')}, and {clocks[0].path.name} {values[0]:g}",
                file=clock.path,
            )
    return float(values[0])


def _spacing(clocks: Sequence[Clock], name: str, unit: str) -> float | None:
    """Return the difference of consecutive times or steps, which is the same everywhere."""
    found = [clock.series(name) for clock in clocks]
    series = [values for values in found if values is not None]
    if len(series) < len(clocks) or sum(len(values) for values in series) < 2:
        return None
    inside = np.concatenate([np.diff(values) for values in series])
    usual = float(np.median(inside)) if len(inside) else 0.0
    if len(inside) and not np.any(inside):
        return None
    if len(inside) and usual <= 0:
        _refuse(clocks[0].path, 1, series[0], usual, unit)
    for clock, values in zip(clocks, series, strict=True):
        steps = np.diff(values)
        # Times are rounded, often to 0.001 ps; steps are whole.
        rounding = 0.02 * usual + 2e-6 * np.abs(values[1:]) + 1.1e-3 if unit == "fs" else np.zeros(len(steps))
        wrong = np.flatnonzero(np.abs(steps - usual) > rounding)
        if len(wrong):
            _refuse(clock.path, int(wrong[0]) + 1, values, usual, unit)
    if unit == "fs":
        usual = _mean_spacing(series) or usual
    _check_between(clocks, series, usual, unit)
    return usual or None


def _mean_spacing(series: Sequence[Floats]) -> float:
    """Return the spacing over whole files, which is sharper than that of two rounded times."""
    spans = sum(float(values[-1] - values[0]) for values in series)
    return spans / max(1, sum(len(values) - 1 for values in series))


def _check_between(clocks: Sequence[Clock], series: Sequence[Floats], usual: float, unit: str) -> None:
    for clock, before, after in zip(clocks[1:], series, series[1:], strict=False):
        gap = float(after[0] - before[-1])
        if abs(gap - usual) <= max(0.02 * usual, 2e-6 * abs(after[0]) + 1.1e-3):
            continue
        # A part that counts from its own start says nothing of how it continues the one before.
        if after[0] <= usual * 1.02 and gap < 0:
            continue
        raise UserError(
            f"begins at {after[0]:g} {unit}, and the file before it ends at {before[-1]:g} {unit}, with frames "
            f"{usual:g} {unit} apart",
            file=clock.path,
            fix="give every part of the run once; cut the frames that a restart repeated",
        )


def _refuse(path: Path, at: int, values: Floats, usual: float, unit: str) -> None:
    raise UserError(
        f"the times of its frames are not equally spaced: frame {at} is at {values[at]:g} {unit} and the one before at "
        f"{values[at - 1]:g}, but frames are {usual:g} apart: one is duplicated or missing",
        file=path,
    )
