"""VASP's vasprun.xml, OUTCAR and vaspout.h5, which state the time step.

They hold one frame for every ionic step of ordinary MD. Where they hold fewer than the run made, as with a
machine-learned force field, they do not say which, so that the number of steps must explain the number of frames.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from ewald.errors import UserError
from screening.trajectory.formats.frame import Floats, Frame, Frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source
from screening.trajectory.temperature import temperature_of_energy

_SAME_TEMPERATURE = 1e-3

_XDATCAR = "read the XDATCAR of the same run, with --timestep-fs and --every"

_WANTED = ("POTIM", "NSW", "IBRION", "NBLOCK", "ML_LMLFF", "ML_OUTBLOCK", "TEBEG", "TEEND", "SMASS")


_TEMPERATURE = re.compile(r"\(temperature\s+([\d.]+)\s*K\)")


def read_vasprun(source: Source, hints: Hints) -> Frames:
    """Read a vasprun.xml of molecular dynamics, one calculation after another."""
    settings: dict[str, str] = {}
    labels: list[str] = []
    events = _events(source)
    for event, element in events:
        if event == "start":
            if element.tag == "calculation":
                break
        elif element.tag in {"i", "v"} and element.get("name") in _WANTED:
            settings.setdefault(str(element.get("name")), (element.text or "").strip())
        elif element.tag == "array" and element.get("name") == "atoms":
            labels = [(row.find("c").text or "").strip() for row in element.iter("rc")]  # type: ignore[union-attr]
    numbers = np.array([hints.elements.number(label, source.path) for label in labels], dtype=np.int64)
    return _frames_of_run(numbers, _calculations(events), source.count(b"<calculation>"), settings, source.path)


def _events(source: Source) -> Iterator[tuple[str, ET.Element]]:
    """Yield the start and the end of every element."""
    try:
        with source.binary() as handle:
            yield from ET.iterparse(handle, ("start", "end"))  # noqa: S314 - expat neither fetches nor expands without bound
    except ET.ParseError as error:
        raise UserError(f"is truncated or damaged ({error})", file=source.path, fix=_XDATCAR) from None


def _calculations(events: Iterator[tuple[str, ET.Element]]) -> Iterator[Frame]:
    for event, element in events:
        if event == "end" and element.tag == "calculation":
            yield _calculation(element)
            element.clear()


def _calculation(element: ET.Element) -> Frame:
    cell = _varray(element, "./structure/crystal/varray[@name='basis']")
    scaled = _varray(element, "./structure/varray[@name='positions']")
    energy = element.find("./energy/i[@name='e_0_energy']")
    value = None if energy is None or energy.text is None else float(energy.text)
    kinetic = element.find("./energy/i[@name='kinetic']")
    moving_eV = 0.0 if kinetic is None or kinetic.text is None else float(kinetic.text)
    temperature = temperature_of_energy(moving_eV, len(scaled)) if moving_eV > 0 else None
    return Frame(scaled @ cell, cell, potential_eV=value, temperature_K=temperature)


def _varray(element: ET.Element, where: str) -> Floats:
    found = element.find(where)
    if found is None:
        raise ValueError(f"a calculation has no {where.rsplit('=', 1)[-1].strip(chr(39) + ']')}")
    return np.array([(row.text or "").split() for row in found], dtype=float)


def read_outcar(source: Source, hints: Hints) -> Frames:
    """Read an OUTCAR of molecular dynamics, one step after another."""
    settings: dict[str, str] = {}
    labels: list[str] = []
    counts: list[int] = []
    with source.text() as handle:
        for line in handle:
            if _opens_positions(line):
                break
            if "VRHFIN" in line:
                labels.append(line.split("=")[1].split(":")[0].strip())
            elif "ions per type" in line:
                counts = [int(word) for word in line.split("=")[1].split()]
            elif re.match(rf"\s*({'|'.join(_WANTED)})\s*=", line):
                for name, value in re.findall(r"(\w+)\s*=\s*([^\s;]+)", line):
                    settings.setdefault(name, value)
    numbers = np.repeat([hints.elements.number(label, source.path) for label in labels], counts[: len(labels)])
    frames = _ionic_steps(source, sum(counts))
    return _frames_of_run(numbers.astype(np.int64), frames, source.count(b"TOTAL-FORCE"), settings, source.path)


def _opens_positions(line: str) -> bool:
    return "POSITION" in line and "TOTAL-FORCE" in line


def _ionic_steps(source: Source, ions: int) -> Iterator[Frame]:
    cell: Floats | None = None
    frame: Frame | None = None
    at = 0
    with source.text() as handle:
        for line in handle:
            if "direct lattice vectors" in line:
                cell = np.array([_vector(handle.readline()) for _ in range(3)], dtype=float)
            elif _opens_positions(line):
                handle.readline()
                rows = [handle.readline().split()[:3] for _ in range(ions)]
                if any(len(row) < 3 for row in rows):
                    raise UserError(f"frame {at} is truncated", file=source.path)
                if frame is not None:
                    yield frame
                frame = Frame(np.array(rows, dtype=float), cell)
                at += 1
            elif frame is not None and "temperature" in line and (found := _TEMPERATURE.search(line)):
                frame = replace(frame, temperature_K=float(found[1]))
    if frame is not None:
        yield frame


def _vector(line: str) -> list[str]:
    """Return a cell vector of an OUTCAR, printed as F13.9: numbers of three digits, or two and a sign, touch."""
    fixed = re.findall(r"-?\d+\.\d{9}", line)
    return fixed[:3] if len(fixed) >= 3 else line.split()[:3]


def read_vaspout(file: Any, path: Path, hints: Hints, stack: ExitStack) -> Frames:
    """Read the ion dynamics of a vaspout.h5; `stack` closes the open file.

    Parameters
    ----------
    file
        Of h5py.
    path, hints
        Name, and what the user says.
    stack
        Closed after the last frame.
    """
    dynamics, positions = file["intermediate/ion_dynamics"], file["results/positions"]
    incar = file.get("input/incar", {})
    settings = {name: _h5_word(incar[name][()]) for name in _WANTED if name in incar}
    labels = [_h5_word(label) for label in positions["ion_types"][()]]
    of_kinds = [hints.elements.number(label, path) for label in labels]
    numbers = np.repeat(of_kinds, positions["number_ion_types"][()]).astype(np.int64)
    scale = float(positions["scale"][()]) if "scale" in positions else 1.0
    scaled, cells = dynamics["position_ions"], dynamics["lattice_vectors"]

    def frames() -> Iterator[Frame]:
        with stack:
            for at in range(len(scaled)):
                cell = np.asarray(cells[at], dtype=float) * scale
                yield Frame(np.asarray(scaled[at], dtype=float) @ cell, cell)

    return _frames_of_run(numbers, frames(), len(scaled), settings, path)


def _h5_word(value: Any) -> str:
    return (value.decode() if isinstance(value, bytes) else str(value)).strip()


def _frames_of_run(
    numbers: np.ndarray, frames: Iterator[Frame], held: int, settings: Mapping[str, str], path: Path
) -> Frames:
    """Find the spacing of the `held` frames from the steps of the run."""
    if settings.get("IBRION", "0") != "0":
        raise UserError(
            "is from a relaxation, not from molecular dynamics", file=path, value=f"IBRION={settings['IBRION']}"
        )
    potim, steps = float(settings.get("POTIM", 0)), int(settings.get("NSW", 0))
    target = _thermostat_K(settings, path)
    learned = settings.get("ML_LMLFF", "F").strip(".").upper() not in {"F", "FALSE", "0"}
    stride = int(settings.get("ML_OUTBLOCK", 1)) if learned else 1
    block = int(settings.get("NBLOCK", 1))
    # A run that was stopped holds its first steps: only where every step is stored is that sure to be equally spaced.
    every = next((n for n in (1, stride, block, stride * block) if n and held == steps // n), 1 if not learned else 0)
    if learned and not every:
        raise UserError(
            f"is of a run with a machine-learned force field of {steps} steps and holds {held} frames, and does not "
            "say which, so that they may be unequally spaced",
            file=path,
            fix=_XDATCAR,
        )
    checked = _of_ions(frames, len(numbers), path)
    if not learned and block > 1 and held != steps:
        return Frames(numbers, checked, timestep_fs=potim or None, target_K=target)
    spacing = potim * every or None
    return Frames(numbers, checked, spacing_fs=spacing, timestep_fs=potim or None, target_K=target)


def _thermostat_K(settings: Mapping[str, str], path: Path) -> float | None:
    """Return the thermostat's temperature; None without one, as in the microcanonical ensemble."""
    start = float(settings.get("TEBEG", 0))
    end = float(settings.get("TEEND", start))
    if start <= 0 or settings.get("SMASS", "").startswith("-3"):
        return None
    if abs(end / start - 1) > _SAME_TEMPERATURE:
        raise UserError(
            f"is of a run whose temperature goes from TEBEG={start:g} to TEEND={end:g} K",
            file=path,
            fix="a diffusivity needs one temperature: give a run that was made at one",
        )
    return start


def _of_ions(frames: Iterator[Frame], ions: int, path: Path) -> Iterator[Frame]:
    for frame in frames:
        if not ions or len(frame.positions_A) != ions:
            raise UserError("its frames do not hold the ions that it lists", file=path)
        yield frame
