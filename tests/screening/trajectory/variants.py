"""Seeded variants of a run's files: harmless ones, and those that a careless hand or a killed program makes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.screening.trajectory.formats import written
from tests.screening.trajectory.formats.written import FLAGS, FORMATS, Run

TEXT = (
    "XDATCAR", "XDATCAR of VASP 5.2", "extended XYZ", "XYZ with a structure", "GPUMD", "i-PI", "CP2K with .cell",
    "LAMMPS dump, elements", "LAMMPS dump, types", "LAMMPS dump, images", "LAMMPS dump, unwrapped, with times",
    "DL_POLY HISTORY", "OUTCAR", "vasprun.xml",
)  # fmt: skip
BINARY = ("XTC", "TRR", "DCD", "H5MD", "ASE .traj")


@dataclass
class Variant:
    """Files and flags of a variant; `lossless` where it holds all that the run holds."""

    files: list[Path]
    flags: dict
    what: str
    lossless: bool = True


def with_frames(run: Run, frames) -> Run:
    return replace(run, path_A=run.path_A[frames])


def reordered(run: Run, rng) -> Run:
    order = rng.permutation(len(run.symbols))
    return Run(run.path_A[:, order], run.cell_A, tuple(np.array(run.symbols)[order]))


def _write(run: Run, name: str, folder: Path, file: str | None = None) -> tuple[Path, dict]:
    default, write = FORMATS[name]
    path = folder / (file or default)
    return path, write(run, path)


def _part_name(name: str, word: str) -> str:
    return (
        FORMATS[name][0].replace("-pos-1", f"-pos-{word}") if name.startswith("CP2K") else f"{word}-{FORMATS[name][0]}"
    )


def plain(run, rng, folder, name):
    return [_write(run, name, folder)], ""


def reorder(run, rng, folder, name):
    # VASP groups its ions by element.
    if name in {"XDATCAR", "XDATCAR of VASP 5.2", "OUTCAR"} or "LAMMPS" in name:
        return plain(run, rng, folder, name)
    return [_write(reordered(run, rng), name, folder)], ""


def shifted(run, rng, folder, name):
    moved = replace(run, path_A=run.path_A + rng.uniform(-30, 30, 3))
    return [_write(moved, name, folder)], ""


def drifting(run, rng, folder, name):
    drift = np.linspace(0, 1, len(run.path_A))[:, None, None] * rng.uniform(-3, 3, 3)
    return [_write(replace(run, path_A=run.path_A + drift), name, folder)], ""


def in_parts(run, rng, folder, name):
    """Equal pieces, named with numbers, given in any order; each begins with its own first step."""
    count = int(rng.integers(2, 12))
    pieces = np.array_split(np.arange(len(run.path_A)), count)
    names = [_part_name(name, f"{i + 1}") for i in range(count)]
    found = [_write(with_frames(run, p), name, folder, part) for p, part in zip(pieces, names, strict=True)]
    return [found[i] for i in rng.permutation(count)], ""


def parts_without_numbers(run, rng, folder, name):
    names = [_part_name(name, word) for word in ("first", "second", "third")]
    pieces = np.array_split(np.arange(len(run.path_A)), 3)
    found = [_write(with_frames(run, p), name, folder, n) for p, n in zip(pieces, names, strict=True)]
    return [found[i] for i in rng.permutation(3)], "lossy"


def gap(run, rng, folder, name):
    first = int(rng.integers(1, len(run.path_A) - 2))
    last = int(rng.integers(first + 1, len(run.path_A)))
    return [_write(with_frames(run, np.r_[0:first, last : len(run.path_A)]), name, folder)], "lossy"


def doubled(run, rng, folder, name):
    at, many = int(rng.integers(1, len(run.path_A) - 1)), int(rng.integers(1, 30))
    frames = np.arange(len(run.path_A))
    return [_write(with_frames(run, np.r_[frames[:at], frames[max(0, at - many) :]]), name, folder)], "lossy"


def swapped_blocks(run, rng, folder, name):
    a, b = sorted(rng.choice(np.arange(1, len(run.path_A)), 2, replace=False))
    frames = np.arange(len(run.path_A))
    return [_write(with_frames(run, np.r_[frames[:a], frames[b:], frames[a:b]]), name, folder)], "lossy"


def shuffled_ions(run, rng, folder, name):
    """Ions of one element change places in every frame after some frame."""
    start, mixed = int(rng.integers(1, len(run.path_A))), run.path_A.copy()
    chosen = np.flatnonzero(np.array(run.symbols) == "Li")
    for frame in mixed[start:]:
        frame[chosen] = frame[rng.permutation(chosen)]
    return [_write(replace(run, path_A=mixed), name, folder)], "lossy"


def wrong_unit(run, rng, folder, name):
    scale = float(rng.choice([0.1, 0.01, 10.0, 1 / 0.529177, 100.0]))
    whole = Run(run.path_A * scale, run.cell_A * (scale if rng.random() < 0.5 else 1.0), run.symbols)
    return [_write(whole, name, folder)], ""


def without_elements(run, rng, folder, name):
    path, flags = _write(run, name, folder)
    flags = {key: value for key, value in flags.items() if key not in {"elements", "structure"}}
    return [(path, flags)], ""


def other_flags(run, rng, folder, name):
    """Flags that the file contradicts, where it can."""
    path, flags = _write(run, name, folder)
    if {"timestep_fs", "every"} <= flags.keys():
        return [(path, flags)], ""
    wrong = {"timestep_fs": float(rng.choice([0.5, 1.0, 4.0, 5.0]))} if "timestep_fs" not in flags else {}
    return [(path, {**FLAGS, **flags, **wrong, "every": int(rng.choice([1, 10, 49, 51, 100, 500]))})], ""


def without_every(run, rng, folder, name):
    path, flags = _write(run, name, folder)
    return [(path, {key: value for key, value in flags.items() if key != "every"})], ""


def _lines(path: Path, change: Callable) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(change(lines)))


def cut_line(run, rng, folder, name):
    """A line is missing, doubled or cut, or two change places."""
    path, flags = _write(run, name, folder)

    def change(lines):
        at = int(rng.integers(len(lines)))
        kind = int(rng.integers(4))
        if kind == 0:
            return lines[:at] + lines[at + 1 :]
        if kind == 1:
            return lines[:at] + lines[at : at + 1] + lines[at:]
        if kind == 2:
            return [*lines[:at], lines[at][: int(rng.integers(len(lines[at]) + 1))].rstrip() + "\n", *lines[at + 1 :]]
        other = int(rng.integers(len(lines)))
        lines[at], lines[other] = lines[other], lines[at]
        return lines

    _lines(path, change)
    return [(path, flags)], "lossy"


def cut_file(run, rng, folder, name):
    path, flags = _write(run, name, folder)
    content = path.read_bytes()
    path.write_bytes(content[: int(rng.integers(1, len(content)))])
    return [(path, flags)], "lossy"


def flipped_bytes(run, rng, folder, name):
    path, flags = _write(run, name, folder)
    content = bytearray(path.read_bytes())
    at = int(rng.integers(len(content)))
    content[at : at + 8] = rng.bytes(min(8, len(content) - at))
    path.write_bytes(bytes(content))
    return [(path, flags)], "lossy"


HARMLESS = (plain, reorder, shifted, drifting, in_parts)
HARMFUL = (
    parts_without_numbers, gap, doubled, swapped_blocks, shuffled_ions, wrong_unit, without_elements, other_flags,
    without_every, cut_line, cut_file,
)  # fmt: skip


def variant(run: Run, seed: int, folder: Path) -> Variant:
    """Draw one; the same seed gives the same."""
    rng = np.random.default_rng(seed)
    make = (*HARMLESS, *HARMFUL)[seed % (len(HARMLESS) + len(HARMFUL))]
    name = str(rng.choice(TEXT if make is cut_line else (*TEXT, *BINARY)))
    if make in {shifted, drifting, wrong_unit} and rng.random() < 0.3:
        run = written.tilted(run)
    found, loss = make(run, rng, folder, name)
    # The structure, like the cell file, is that of the first part.
    flags = found[0][1] if len(found) == 1 else min(found, key=lambda pair: str(pair[0]))[1]
    return Variant([path for path, _ in found], flags, f"{make.__name__} of {name}", lossless=not loss)
