"""NetCDF as AMBER defines it, of AMBER and LAMMPS: positions, cell and times with the units that the file names.

Source: AMBER NetCDF Trajectory Convention, version 1.0. LAMMPS adds types and ids, may write unwrapped
positions, and gives times as steps with the time step as `scale_factor`.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from screening.trajectory.formats.frame import Floats, Frame, Frames, cell_of_parameters
from screening.trajectory.formats.hints import Elements, Hints

_LENGTHS = {"angstrom": "angstrom", "bohr": "bohr", "nanometer": "nm", "nm": "nm"}
_TIMES_FS = {"picosecond": 1000.0, "ps": 1000.0, "femtosecond": 1.0, "fs": 1.0}


def read_netcdf(plain: Path, path: Path, hints: Hints, stack: ExitStack) -> Frames:
    """Read a NetCDF file of the classic format.

    Parameters
    ----------
    plain
        The file, not compressed.
    path
        As the user named it, for messages.
    hints
        What the user says.
    stack
        Closes the file after its last frame.

    Raises
    ------
    UserError
        When it is of another convention, or ions change.
    """
    from scipy.io import netcdf_file

    variables = stack.enter_context(netcdf_file(str(plain), mmap=False)).variables
    name = next((name for name in ("unwrapped_coordinates", "coordinates") if name in variables), None)
    if name is None:
        program = "ABINIT's HIST.nc" if "rprimd" in variables else "not of AMBER's convention, which LAMMPS has too"
        raise UserError(f"is {program}", file=path, fix="convert it to extended XYZ")
    coordinates = variables[name]
    word = getattr(coordinates, "units", b"").decode().lower()
    if word == "lj":
        raise UserError("has no lengths in angstrom", file=path, value="units lj")
    unit = hints.length_A(path, _LENGTHS.get(word, "angstrom"))
    order = _Order(variables, path)
    count = int(coordinates.shape[1])
    of_types = not hints.order_from_structure and not hints.elements.in_order and "type" in variables
    numbers = order.elements(hints.elements) if of_types else hints.ordered_numbers(count, path)

    def frames() -> Iterator[Frame]:
        with stack:
            for at in range(coordinates.shape[0]):
                ions = order.of(at)
                positions = np.array(coordinates[at], dtype=float)[ions] * (unit * _scale(coordinates))
                cell = _cell(variables, at, hints, path)
                time_fs = _time_fs(variables, at)
                yield Frame(
                    positions,
                    None if cell is None else cell * unit,
                    time_fs=time_fs,
                    unwrapped=name == "unwrapped_coordinates",
                )

    return Frames(numbers, frames(), elements_from_structure=not of_types and hints.order_from_structure)


class _Order:
    """Puts the ions of every frame in the order of their ids, where the file has them, and checks their types."""

    def __init__(self, variables: Mapping[str, Any], path: Path) -> None:
        self.ids, self.types, self.path = variables.get("id"), variables.get("type"), path
        self.first = None if self.types is None else self._types(0)

    def of(self, at: int) -> NDArray[np.int64] | slice:
        """Return the order of a frame."""
        if self.first is not None and not np.array_equal(self._types(at), self.first):
            raise UserError(f"frame {at} holds other ions than the first", file=self.path)
        return self._sorted(at)

    def elements(self, said: Elements) -> NDArray[np.int64]:
        """Return the atomic numbers of the types, by the user's word."""
        return np.array([said.number(str(kind), self.path) for kind in self._types(0)], dtype=np.int64)

    def _types(self, at: int) -> NDArray[np.int64]:
        of_frames = len(self.types.shape) == 2  # type: ignore[union-attr]
        kinds = np.asarray(self.types[at] if of_frames else self.types[:])  # type: ignore[index]
        return kinds[self._sorted(at)] if of_frames else kinds

    def _sorted(self, at: int) -> NDArray[np.int64] | slice:
        if self.ids is None or len(self.ids.shape) != 2:
            return slice(None)
        return np.argsort(np.asarray(self.ids[at]), kind="stable")


def _scale(variable: Any) -> float:
    """Return the factor that turns what is stored into the unit of the variable."""
    return float(np.ravel(getattr(variable, "scale_factor", 1.0))[0])


def _time_fs(variables: Mapping[str, Any], at: int) -> float | None:
    time = variables.get("time")
    per_fs = None if time is None else _TIMES_FS.get(getattr(time, "units", b"").decode().lower())
    return None if time is None or per_fs is None else float(time[at]) * _scale(time) * per_fs


def _cell(variables: Mapping[str, Any], at: int, hints: Hints, path: Path) -> Floats | None:
    if "cell_lengths" not in variables:
        return None
    stored = (variables["cell_lengths"], variables["cell_angles"])
    lengths, angles = (np.array(variable[at], dtype=float) * _scale(variable) for variable in stored)
    return cell_of_lengths(lengths, angles, hints, path)


def cell_of_lengths(lengths: Floats, angles: Floats, hints: Hints, path: Path) -> Floats | None:
    """Return the cell of three lengths and the angles alpha, beta, gamma, in degrees or as cosines; None without one.

    Lengths and angles do not say how the cell lies: a structure with the same ones does.

    Parameters
    ----------
    lengths, angles
        (3,) each.
    hints
        Structure of the user.
    path
        For messages.

    Raises
    ------
    UserError
        When they are no cell, or its orientation is unknown.
    """
    if not (lengths > 0).all():
        return None
    if (np.abs(angles) <= 1).all():
        angles = 90.0 - np.degrees(np.arcsin(angles))
    if (angles <= 0).any() or (angles >= 180).any():
        raise UserError("its cell is neither lengths and angles nor cosines", file=path)
    given = hints.structure.cell_A if hints.structure is not None else None
    cell = cell_of_parameters(lengths, angles)
    if given is not None and np.allclose(given @ given.T, cell @ cell.T, rtol=2e-4, atol=1e-2):
        return given
    if (np.abs(angles - 90) > 1e-3).any() and given is None:
        raise UserError(
            "gives lengths and angles of its cell, but not its orientation",
            file=path,
            fix="give --structure, a structure file with the cell vectors of the run",
        )
    return cell
