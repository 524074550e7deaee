"""From frames, read one after another, to a trajectory: order, unwrapping, times and checks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from screening.trajectory.formats.frame import Floats, Frame, Frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.lent_cell import FrameSample, check_lent_cell
from screening.trajectory.motion import MotionLog
from screening.trajectory.plausible import check_lengths, check_order
from screening.trajectory.store import PositionStore
from screening.trajectory.timing import Clock, find_timing
from screening.trajectory.trajectory import Trajectory

_CHUNK_FRAMES = 512
_SAME_FRAME_A = 2e-3
"""A frame that repeats the last one of the file before, within the rounding of files."""


@dataclass(frozen=True)
class FrameRange:
    """Frames to take, numbered from 0 through all parts of a run: each range from its first to before its last one."""

    ranges: tuple[tuple[int, int | None], ...] = ((0, None),)

    @staticmethod
    def parse(text: str) -> "FrameRange":
        """Read `START:STOP`, either of which may be left out, or several of them with commas between, which are joined.

        Raises
        ------
        UserError
            When it is not that, holds fewer than two frames, or the ranges overlap.
        """
        found: list[tuple[int, int | None]] = []
        for part in text.split(","):
            match = re.fullmatch(r"(\d*):(\d*)", part.strip())
            start = int(match[1] or 0) if match else 0
            stop = int(match[2]) if match and match[2] else None
            follows = not found or (found[-1][1] is not None and found[-1][1] <= start)
            if match is None or not follows or (stop is not None and stop < start + 2):
                fix = "START:STOP, frames counted from 0, STOP not included: 100:, :300, 100:300, or several: :200,300:"
                raise UserError("is not a range of at least two frames", field="frames", value=text, fix=fix)
            found.append((start, stop))
        return FrameRange(tuple(found))

    def holds(self, frame: int) -> bool:
        """Whether a frame is to be taken."""
        return any(start <= frame and (stop is None or frame < stop) for start, stop in self.ranges)

    def ends_before(self, frame: int) -> bool:
        """Whether neither this frame nor a later one is to be taken."""
        stop = self.ranges[-1][1]
        return stop is not None and frame >= stop

    def number(self, stored: int) -> int:
        """Return the number in the files of the frame that is taken as number `stored`."""
        for start, stop in self.ranges[:-1]:
            if stop is not None and stored < stop - start:
                return start + stored
            stored -= 0 if stop is None else stop - start
        return self.ranges[-1][0] + stored


ALL_FRAMES = FrameRange()


@dataclass(frozen=True)
class Part:
    """One file of a run: its name and its frames."""

    path: Path
    frames: Frames


class _Run:
    """The state of reading: what was stored, the last frame, and what steps and times were seen."""

    def __init__(self, parts: Sequence[Part], hints: Hints, wanted: FrameRange) -> None:
        first = parts[0]
        self.numbers, self.hints, self.path = first.frames.numbers, hints, first.path
        self.ordered = first.frames.elements_from_structure
        self.store, self.log = PositionStore(len(self.numbers)), MotionLog(self.numbers, wanted.number)
        self.wanted, self.seen = wanted, 0
        self.cells: list[Floats] = []
        self.energies: list[float] = []
        self.temperatures: list[float] = []
        self.seams: list[int] = []
        self.sample = FrameSample(len(self.numbers))
        self.last: Floats | None = None
        self.offset: Floats | float = 0.0
        self._cell: Floats | None = None
        self._inverse: Floats = np.eye(3)

    def read(self, part: Part) -> Clock:
        """Store every frame of a file."""
        if not np.array_equal(part.frames.numbers, self.numbers):
            raise UserError("has different ions from the first file", file=part.path)
        frames = part.frames
        clock = Clock(part.path, frames.spacing_fs, frames.timestep_fs, frames.steps_are_counts)
        for at, frame in enumerate(frames.frames):
            self.seen += 1
            if self.wanted.ends_before(self.seen - 1):
                break
            if not self.wanted.holds(self.seen - 1):
                continue
            # A number that only counts stored frames goes on over those that are left out between two ranges.
            left_out = self.seen - 1 - self.wanted.ranges[0][0] - self.store.count if len(self.wanted.ranges) > 1 else 0
            counted = frames.steps_are_counts and frame.step is not None
            clock.add(frame.step - left_out if counted and frame.step is not None else frame.step, frame.time_fs)
            opens = at == 0 and self.store.count > 0
            if not self._add(frame, part.path, opens=opens):
                clock.drop_first()
            elif opens:
                self.seams.append(self.store.count - 1)
        if not self.seen:
            raise UserError("holds no frames", file=part.path)
        return clock

    @property
    def number(self) -> int:
        """Of the next frame to be stored, in the files."""
        return self.wanted.number(self.store.count)

    def _add(self, frame: Frame, path: Path, *, opens: bool) -> bool:
        """Store a frame; False when it only repeats the last one of the file before."""
        positions = frame.positions_A
        if positions.shape != (len(self.numbers), 3):
            raise UserError(f"frame {self.number} holds other ions than the first", file=path)
        if not np.isfinite(positions).all() or (frame.cell_A is not None and not np.isfinite(frame.cell_A).all()):
            raise UserError("contains positions or cells that are not numbers", file=path, fix="repeat that run")
        cell = self._cell_of(frame, path)
        scaled = positions if cell is None else positions @ self._inverse
        if self.last is None:
            self._check_first(frame, cell, path)
        else:
            scaled, step, step_A = self._step(scaled, frame, cell, opens=opens)
            if opens and np.abs(step_A).max() < _SAME_FRAME_A:
                return False
            self.log.add(step_A, None if cell is None or frame.unwrapped else step)
        if (before := self.log.repeats(positions)) is not None:
            raise _repeated(self.number, before, path)
        if frame.cell_A is None:
            self.sample.add(positions)
        self.last = scaled
        self.store.append(scaled)
        if cell is not None:
            self.cells.append(cell)
        if frame.potential_eV is not None:
            self.energies.append(frame.potential_eV)
        if frame.temperature_K is not None:
            self.temperatures.append(frame.temperature_K)
        return True

    def _step(self, scaled: Floats, frame: Frame, cell: Floats | None, *, opens: bool) -> tuple[Floats, Floats, Floats]:
        """Return the frame unwrapped, and its displacements from the last one, scaled and Cartesian."""
        step = scaled - (0.0 if self.last is None else self.last)
        if cell is None:
            return scaled, step, step
        if not frame.unwrapped or opens:
            images = np.round(step)
            self.offset = images if frame.unwrapped else 0.0
            scaled, step = scaled - images, step - images
        else:
            scaled, step = scaled - self.offset, step - self.offset
        return scaled, step, step @ cell

    def _cell_of(self, frame: Frame, path: Path) -> Floats | None:
        cell = frame.cell_A
        if cell is None and self.hints.structure is not None:
            cell = self.hints.structure.cell_A
        if (cell is None) != (self._cell is None) and self.store.count:
            raise UserError(f"frame {self.number} has no cell, or is the first that has one", file=path)
        if cell is not None and (self._cell is None or not np.array_equal(cell, self._cell)):
            if abs(np.linalg.det(cell)) < 1e-6:
                raise UserError("the cell is not three independent vectors", file=path)
            self._cell, self._inverse = cell, np.asarray(np.linalg.inv(cell), dtype=np.float64)
        return self._cell

    def _check_first(self, frame: Frame, cell: Floats | None, path: Path) -> None:
        structure = self.hints.structure
        lent = structure is not None and frame.cell_A is None
        check_lengths(
            frame.positions_A, self.numbers, cell, str(path), cell_of=structure.where if structure and lent else None
        )
        if structure is not None and np.array_equal(structure.numbers, self.numbers) and self.ordered:
            check_order(frame.positions_A, structure, cell, str(path))

    def check(self, paths: Sequence[Path]) -> None:
        """Refuse steps that cannot be those of one run, and a cell of another file that does not fit."""
        structure = self.hints.structure
        if structure is not None and self._cell is not None and self.sample.frames:
            check_lent_cell(self.sample, self.numbers, self._cell, str(self.path), structure.where)
        if self.store.count > 1:
            self.log.check(self.seams, paths)

    def positions_A(self) -> tuple[NDArray[np.float32], Floats | None]:
        """Return Cartesian positions, in the mean cell when it changes, and that cell."""
        positions = self.store.take()
        if not self.cells:
            return positions, None
        cells = np.array(self.cells)
        constant = np.allclose(cells, cells[0], atol=1e-9)
        cell = np.array(cells[0] if constant else cells.mean(axis=0), dtype=np.float64)
        for first in range(0, len(positions), _CHUNK_FRAMES):
            chunk = positions[first : first + _CHUNK_FRAMES]
            chunk[...] = chunk.astype(np.float64) @ cell
        return positions, cell


def _repeated(frame: int, before: int, path: Path) -> UserError:
    """Return the error for a frame that is there twice: doubled, or where a run was started again further back."""
    if frame == before + 1 or before == 0:
        fix = f"give each frame once; --frames :{frame} takes what comes before"
        return UserError(f"frame {frame} repeats frame {before}: one is duplicated", file=path, fix=fix)
    return UserError(
        f"frame {frame} repeats frame {before}, as in a run that was started again from an older checkpoint",
        file=path,
        fix=f"--frames :{before},{frame}: leaves out the abandoned frames, --frames :{frame} takes what comes before",
    )


def assemble(
    parts: Sequence[Part],
    hints: Hints,
    *,
    timestep_fs: float | None,
    every: int | None,
    wanted: FrameRange = ALL_FRAMES,
) -> Trajectory:
    """Join the parts of one run.

    Parameters
    ----------
    parts
        Files in order.
    hints
        What the user says beside them.
    timestep_fs, every
        MD time step and steps between frames, where the files do not say.
    wanted
        Frames to take of all parts together.

    Raises
    ------
    UserError
        When the parts are not one run without gaps, or their times are unknown or contradict what the user says.
    """
    run = _Run(parts, hints, wanted)
    clocks = [run.read(part) for part in parts]
    paths = [part.path for part in parts]
    if not run.store.count:
        raise UserError(f"holds {run.seen} frames, none of them wanted", file=paths[0], fix="give other --frames")
    frame_fs = find_timing([clock for clock in clocks if clock.frames], timestep_fs, every)
    run.check(paths)
    count = run.store.count
    positions, cell = run.positions_A()
    return Trajectory(
        positions,
        cell,
        run.numbers,
        frame_fs,
        potential_eV=np.array(run.energies) if len(run.energies) == count else None,
        temperature_K=np.array(run.temperatures) if len(run.temperatures) == count else None,
        target_temperature_K=_one_target(parts),
        sources=tuple(str(path) for path in paths),
    )


def _one_target(parts: Sequence[Part]) -> float | None:
    """Return the thermostat's temperature, which all files that state one have in common."""
    stated = [(part.path, part.frames.target_K) for part in parts if part.frames.target_K is not None]
    for path, target in stated[1:]:
        if target != stated[0][1]:
            raise UserError(
                f"is of a run at {target:g} K, and {stated[0][0].name} of one at {stated[0][1]:g} K",
                file=path,
                fix="give runs at different temperatures one by one",
            )
    return stated[0][1] if stated else None
