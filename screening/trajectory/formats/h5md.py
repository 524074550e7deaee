"""H5MD, with the units that it states; VASP's vaspout.h5, another kind of HDF5, goes to :mod:`.vasp`.

Source: P. de Buyl, P. H. Colberg, F. Höfling, Comput. Phys. Commun. 185, 1546 (2014).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import DependencyError, UserError, install_extra
from screening.trajectory.formats.dft.vasp import read_vaspout
from screening.trajectory.formats.frame import Frame, Frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source

_LENGTHS = {"angstrom": "angstrom", "a": "angstrom", "å": "angstrom", "nm": "nm", "bohr": "bohr", "a0": "bohr"}
_TIMES_FS = {"fs": 1.0, "ps": 1000.0, "ns": 1e6, "s": 1e15}


def read_h5md(source: Source, hints: Hints) -> Frames:
    """Read the only group of particles of an H5MD file, or the ion dynamics of a vaspout.h5."""
    try:
        import h5py
    except ImportError:
        raise DependencyError("reading H5MD needs h5py", file=source.path, fix=install_extra("trajectories")) from None
    stack = ExitStack()
    plain = stack.enter_context(source.plain_file())
    file = stack.enter_context(h5py.File(plain, "r"))
    if "intermediate/ion_dynamics" in file:
        return read_vaspout(file, source.path, hints, stack)
    if "h5md" not in file or "particles" not in file:
        fix = "NetCDF-4 becomes readable by `nccopy -k classic`; convert others to extended XYZ"
        raise UserError("is an HDF5 file, but neither H5MD nor VASP's vaspout.h5", file=source.path, fix=fix)
    groups = [group for group in file["particles"].values() if "position" in group]
    if len(groups) != 1:
        raise UserError(f"has {len(groups)} groups of particles with positions, not one", file=source.path)
    return _of_group(groups[0], source.path, hints, stack)


def _of_group(group: Any, path: Path, hints: Hints, stack: ExitStack) -> Frames:
    position = group["position"]
    values = position["value"]
    scale = hints.length_A(path, _unit(values, path))
    numbers = _numbers(group, values.shape[1], path, hints)
    edges = group["box"].get("edges") if "box" in group else None
    boundary = [_word(word) for word in group["box"].attrs.get("boundary", [])] if "box" in group else []
    if edges is not None and len({word for word in boundary if word}) > 1:
        raise UserError("is not periodic in all three directions", file=path, value=" ".join(boundary))
    steps, times, per_fs = _axis(position, "step"), _axis(position, "time"), None
    if times is not None:
        unit = _word(position["time"].attrs.get("unit", b""))
        if unit and unit not in _TIMES_FS:
            raise UserError("is not a unit of time that IonSieve knows", file=path, value=unit)
        per_fs = _TIMES_FS.get(unit)
    images = group["image"]["value"] if "image" in group else None

    def frames() -> Iterator[Frame]:
        with stack:
            for at in range(values.shape[0]):
                cell = _cell(edges, at, path, hints, scale)
                positions = np.asarray(values[at], dtype=float) * scale
                unwrapped = images is not None and cell is not None
                if images is not None and cell is not None:
                    positions = positions + np.asarray(images[at], dtype=float) @ cell
                time = None if times is None or per_fs is None else float(times[at]) * per_fs
                step = None if steps is None else int(steps[at])
                yield Frame(positions, cell, step, time, unwrapped=unwrapped)

    return Frames(numbers, frames())


def _cell(edges: Any, at: int, path: Path, hints: Hints, scale: float) -> NDArray[np.float64] | None:
    if edges is None:
        return None
    stored = edges["value"] if hasattr(edges, "keys") else edges
    raw = np.asarray(stored[at] if hasattr(edges, "keys") else stored, dtype=float)
    unit = _unit(stored, path)
    factor = scale if unit is None else hints.length_A(path, unit)
    return (np.diag(raw) if raw.ndim == 1 else raw) * factor


def _unit(dataset: Any, path: Path) -> str | None:
    name = _word(dataset.attrs.get("unit", b"")).lower()
    if name and name not in _LENGTHS:
        raise UserError("is not a unit of length that IonSieve knows", file=path, value=name)
    return _LENGTHS[name] if name else None


def _word(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _axis(element: Any, name: str) -> NDArray[Any] | None:
    """Return steps or times, which H5MD stores one by one or as increment and offset."""
    if name not in element:
        return None
    stored = element[name]
    if stored.shape == ():
        return np.arange(element["value"].shape[0]) * stored[()] + element[name].attrs.get("offset", 0)
    return np.asarray(stored[()])


def _numbers(group: Any, count: int, path: Path, hints: Hints) -> NDArray[np.int64]:
    """Return elements: by the file's enumeration, by the user's word for its species, else in order."""
    species = group.get("species")
    if species is None or hints.elements.in_order:
        return hints.ordered_numbers(count, path)
    stored = species["value"] if hasattr(species, "keys") else species
    kinds = np.asarray(stored[()])
    if kinds.ndim == 2:
        if (kinds != kinds[0]).any():
            raise UserError("its species change from frame to frame", file=path)
        kinds = kinds[0]
    import h5py

    names = h5py.check_enum_dtype(stored.dtype) or {}
    by_value = {value: name for name, value in names.items()}
    labels = [by_value.get(int(kind), str(int(kind))) if kinds.dtype.kind in "iu" else _word(kind) for kind in kinds]
    if not names and not hints.elements.by_type and not hints.elements.by_label and hints.structure is not None:
        return hints.ordered_numbers(count, path)
    return np.array([hints.elements.number(label, path) for label in labels], dtype=np.int64)
