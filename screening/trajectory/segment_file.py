"""The segment file: frames of one MD segment as a numpy archive that every engine writes.

Arrays: `step` (F,), `time_fs` (F,), `positions_A` (F, N, 3) unwrapped and continuous across segments, `cell_A`
(3, 3) rows, `numbers` (N,), `temperature_K`, `potential_eV`, `total_eV` (F,) (the conserved quantity of the
dynamics), and the scalars `format_version`, `target_temperature_K`, `timestep_fs`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT_VERSION = 1
_BY_FRAME = ("temperature_K", "potential_eV", "total_eV")
_OF_RUN = ("target_temperature_K", "timestep_fs")


@dataclass
class FrameList:
    """Frames gathered while a segment runs.

    Attributes
    ----------
    cell_A, numbers
        Cell (3, 3) as rows, and atomic numbers (N,).
    target_temperature_K
        Temperature of the thermostat.
    timestep_fs
        MD time step.
    step
        MD step of each frame, counted from the start of the run.
    positions_A
        (N, 3) unwrapped positions of each frame.
    temperature_K, potential_eV, total_eV
        Instantaneous values of each frame; `total_eV` is the conserved quantity.
    """

    cell_A: NDArray[np.float64]
    numbers: NDArray[np.int64]
    target_temperature_K: float
    timestep_fs: float
    step: list[int] = field(default_factory=list)
    positions_A: list[NDArray[np.float64]] = field(default_factory=list)
    temperature_K: list[float] = field(default_factory=list)
    potential_eV: list[float] = field(default_factory=list)
    total_eV: list[float] = field(default_factory=list)

    def add(
        self, step: int, positions_A: NDArray[np.float64], temperature_K: float, potential_eV: float, total_eV: float
    ) -> None:
        """Store one frame.

        Parameters
        ----------
        step
            MD step, counted from the start of the run.
        positions_A
            (N, 3) unwrapped; copied.
        temperature_K, potential_eV, total_eV
            Instantaneous; `total_eV` is the conserved quantity.
        """
        self.step.append(step)
        self.positions_A.append(np.array(positions_A, dtype=np.float64))
        self.temperature_K.append(float(temperature_K))
        self.potential_eV.append(float(potential_eV))
        self.total_eV.append(float(total_eV))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the segment file."""
        step = np.array(self.step, dtype=np.int64)
        return {
            "step": step,
            "time_fs": step * self.timestep_fs,
            "positions_A": np.array(self.positions_A, dtype=np.float64).reshape(-1, len(self.numbers), 3),
            "cell_A": self.cell_A,
            "numbers": self.numbers,
            **{name: np.array(getattr(self, name), dtype=np.float64) for name in _BY_FRAME},
            "format_version": np.array(FORMAT_VERSION),
            **{name: np.array(getattr(self, name)) for name in _OF_RUN},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "FrameList":
        """Take up what :meth:`arrays` gave.

        Parameters
        ----------
        arrays
            Arrays by name; units are part of the names.
        """
        lists: dict[str, Any] = {name: arrays[name].tolist() for name in ("step", *_BY_FRAME)}
        lists |= {name: float(arrays[name]) for name in _OF_RUN}
        positions_A = list(arrays["positions_A"])
        return cls(cell_A=arrays["cell_A"], numbers=arrays["numbers"], positions_A=positions_A, **lists)

    def drift_meV_atom_ps(self) -> float | None:
        """Slope of the conserved quantity in meV/atom/ps; None below three frames."""
        if len(self.step) < 3:
            return None
        time_ps = np.array(self.step) * self.timestep_fs / 1000
        return float(np.polyfit(time_ps - time_ps[0], self.total_eV, 1)[0] * 1000 / len(self.numbers))


def segment_path(folder: Path, index: int) -> Path:
    """Return where the trajectory of a complete segment is.

    Parameters
    ----------
    folder
        Of the run.
    index
        Number of the segment, from 0.
    """
    return folder / f"segment-{index:04d}.npz"


def partial_path(folder: Path, index: int) -> Path:
    """Intermediate checkpoint of a running segment: its state and its frames so far, in one file."""
    return folder / f"segment-{index:04d}.partial.npz"


def state_path(folder: Path, index: int) -> Path:
    """State at the end of a complete segment, from which the next one starts."""
    return folder / f"segment-{index:04d}.state.npz"


def record_path(folder: Path, index: int) -> Path:
    """Record of what was seen in a complete segment, with the checksum of its trajectory; written last."""
    return folder / f"segment-{index:04d}.json"
