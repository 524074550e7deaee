"""Seeded variants of a run's files: harmless ones, and those that a careless hand or a killed program makes."""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tests.screening.trajectory.formats.runs import FLAGS, Run, tilted
from tests.screening.trajectory.formats.written import FORMATS, lammps_dump

TEXT = (
    "XDATCAR", "XDATCAR of VASP 5.2", "extended XYZ", "XYZ with a structure", "GPUMD", "i-PI", "CP2K with .cell",
    "LAMMPS dump, elements", "LAMMPS dump, types", "LAMMPS dump, images", "LAMMPS dump, unwrapped, with times",
    "DL_POLY HISTORY", "OUTCAR", "vasprun.xml",
)  # fmt: skip
BINARY = ("XTC", "TRR", "DCD", "H5MD", "ASE .traj")
DUMPS = tuple(name for name in TEXT if name.startswith("LAMMPS"))
WITH_STRUCTURE = ("XYZ with a structure", "XTC", "TRR", "DCD")
WRAPPED = tuple(
    name for name in (*TEXT, *BINARY) if name not in {"LAMMPS dump, unwrapped, with times", "CP2K with .cell"}
)


@dataclass
class Variant:
    """Files and flags of a variant; `lossless` where it holds all that the run holds, `harmless` if it must be read;
    `tilted` if the cell is sheared, which strains the displacements, too."""

    files: list[Path]
    flags: dict
    what: str
    lossless: bool = True
    harmless: bool = False
    tilted: bool = False


def with_frames(run: Run, frames) -> Run:
    return replace(run, path_A=run.path_A[frames])


def reordered(run: Run, rng) -> Run:
    order = rng.permutation(len(run.symbols))
    return Run(run.path_A[:, order], run.cell_A, tuple(np.array(run.symbols)[order]))


@dataclass(frozen=True)
class Elsewhere(Run):
    """A run whose ions are written in other images of the cell, `whole_cells` (F or 1, N, 3) away."""

    whole_cells: np.ndarray = field(default_factory=lambda: np.zeros((1, 1, 3)))

    @property
    def scaled(self):
        return super().scaled + self.whole_cells

    @property
    def wrapped_A(self):
        return self.scaled @ self.cell_A

    @property
    def images(self):
        return super().images - np.broadcast_to(self.whole_cells, self.path_A.shape).astype(int)


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


def in_other_images(run, rng, folder, name):
    """Wrapped about the origin, or along some axes only, or every ion in a cell of its own for the whole run."""
    usual = Run(run.path_A, run.cell_A, run.symbols)
    kind = int(rng.integers(3))
    if kind == 0:
        cells = -(usual.scaled >= 0.5).astype(float)
    elif kind == 1:
        cells = usual.images * rng.integers(2, size=3)
    else:
        cells = rng.integers(-2, 3, (1, len(run.symbols), 3))
    moved = Elsewhere(run.path_A, run.cell_A, run.symbols, whole_cells=np.asarray(cells, dtype=float))
    return [_write(moved, name, folder)], ""


def packed(run, rng, folder, name):
    path, flags = _write(run, name, folder)
    how = (gzip, lzma, bz2)[int(rng.integers(3))]
    path.write_bytes(how.compress(path.read_bytes()))
    return [(path, flags)], ""


def other_line_ends(run, rng, folder, name):
    """Ends of line of Windows, tabs, spaces at the ends of lines, empty lines at the end of the file."""
    path, flags = _write(run, name, folder)
    text = path.read_text()
    kind = int(rng.integers(4))
    if kind == 0:
        text = text.replace("\n", "\r\n")
    elif kind == 1:
        text = re.sub(r"(?<=\d)[ ]+(?=[-\d])", "\t", text)
    elif kind == 2:
        text = text.replace("\n", "  \n")
    else:
        text += "\n" * int(rng.integers(1, 4))
    path.write_bytes(text.encode())
    return [(path, flags)], ""


def other_columns(run, rng, folder, name):
    """A dump with other columns, in another order."""
    places = (["x", "y", "z"], ["xs", "ys", "zs"], ["xu", "yu", "zu"], ["x", "y", "z", "ix", "iy", "iz"])
    columns = ["id", *rng.choice(["type", "element"], 1), *places[int(rng.integers(4))]]
    columns += list(rng.choice(["q", "vx"], int(rng.integers(3)), replace=False))
    names = " ".join(rng.permutation(columns))
    path = folder / FORMATS[name][0]
    write = lammps_dump(names, units=bool(rng.integers(2)), shuffle=bool(rng.integers(2)))
    return [(path, write(run, path))], ""


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


def renumbered(run, rng, folder, name):
    """From some frame on the ions of one element stand in another order, as after a restart that sorts anew."""
    start, mixed = int(rng.integers(1, len(run.path_A))), run.path_A.copy()
    chosen = np.flatnonzero(np.array(run.symbols) == "Li")
    mixed[start:, chosen] = mixed[start:, rng.permutation(chosen)]
    return [_write(replace(run, path_A=mixed), name, folder)], "lossy"


def one_after_another(run, rng, folder, name):
    """The parts of a run, each with its own head and its own first step, in one file."""
    pieces = np.array_split(np.arange(len(run.path_A)), int(rng.integers(2, 5)))
    if rng.random() < 0.5:
        pieces[1] = pieces[1][int(rng.integers(len(pieces[1]) - 1)) :]
    flags, text = {}, []
    for i, piece in enumerate(pieces):
        path, said = _write(with_frames(run, piece), name, folder)
        flags = flags or said
        text.append(path.read_text())
        if "structure" in said and not i:
            # What lies beside the trajectory is that of the first part.
            kept = folder / f"first-{said['structure'].name}"
            kept.write_bytes(said["structure"].read_bytes())
            flags = {**said, "structure": kept}
    path.write_text("".join(text))
    return [(path, flags)], "lossy"


def other_structure(run, rng, folder, name):
    """The structure beside the trajectory has its ions in another order, or another cell."""
    path, flags = _write(run, name, folder)
    kind = int(rng.integers(4))
    if kind == 0:
        other = reordered(with_frames(run, slice(0, 1)), rng)
    elif kind == 1:
        order = np.argsort(np.array(run.symbols), kind="stable")
        other = Run(run.path_A[:1, order], run.cell_A, tuple(np.array(run.symbols)[order]))
    else:
        cell = run.cell_A * rng.choice([0.5, 0.9, 1.05, 2.0]) if kind == 2 else run.cell_A[:, [1, 2, 0]]
        scaled = run.path_A[:1] @ np.linalg.inv(run.cell_A)
        other = Run(scaled @ cell, cell, run.symbols)
    flags["structure"] = other.poscar(folder / "other.vasp")
    return [(path, flags)], "lossy"


def only_the_mobile_ions(run, rng, folder, name):
    chosen = np.flatnonzero(np.array(run.symbols) == "Li")
    alone = Run(run.path_A[:, chosen], run.cell_A, tuple(run.symbols[i] for i in chosen))
    return [_write(alone, name, folder)], "lossy"


def touching_columns(run, rng, folder, name):
    """Columns without a space between them, as of Fortran's formats when a number is negative or long."""
    path, flags = _write(run, name, folder)
    everywhere = rng.random() < 0.5

    def change(lines):
        places = [i for i, line in enumerate(lines) if re.search(r"\d +-\d", line)]
        for at in places if everywhere else places and [places[int(rng.integers(len(places)))]]:
            lines[at] = re.sub(r"(\d) +(-\d)", r"\1\2", lines[at], count=0 if everywhere else 1)
        return lines

    _lines(path, change)
    return [(path, flags)], "lossy"


def stars(run, rng, folder, name):
    """A number that did not fit its columns."""
    path, flags = _write(run, name, folder)

    def change(lines):
        places = [i for i, line in enumerate(lines) if re.search(r"\d\.\d{3}", line)]
        at = places[int(rng.integers(len(places)))]
        found = list(re.finditer(r"-?\d+\.\d+", lines[at]))
        one = found[int(rng.integers(len(found)))]
        lines[at] = lines[at][: one.start()] + "*" * len(one[0]) + lines[at][one.end() :]
        return lines

    _lines(path, change)
    return [(path, flags)], "lossy"


def cut_archive(run, rng, folder, name):
    path, flags = _write(run, name, folder)
    content = (gzip, lzma, bz2)[int(rng.integers(3))].compress(path.read_bytes())
    path.write_bytes(content[: int(rng.integers(1, len(content)))])
    return [(path, flags)], "lossy"


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


HARMLESS = (plain, reorder, shifted, drifting, in_parts, in_other_images, packed, other_line_ends, other_columns)
HARMFUL = (
    parts_without_numbers, gap, doubled, swapped_blocks, shuffled_ions, renumbered, one_after_another, wrong_unit,
    without_elements, other_structure, only_the_mobile_ions, other_flags, without_every, cut_line, touching_columns,
    stars, cut_file, cut_archive, flipped_bytes,
)  # fmt: skip

#: Formats of the kinds that not every format can show.
OF = {
    cut_line: TEXT, touching_columns: TEXT, stars: TEXT, other_line_ends: TEXT, one_after_another: TEXT,
    other_columns: DUMPS, other_structure: WITH_STRUCTURE, in_other_images: WRAPPED,
    # A damaged byte among the few numbers that hold for a whole file is not to be seen in it.
    flipped_bytes: ("XTC", "TRR", "ASE .traj"),
}  # fmt: skip


def variant(run: Run, seed: int, folder: Path) -> Variant:
    """Draw one; the same seed gives the same."""
    rng = np.random.default_rng(seed)
    make = (*HARMLESS, *HARMFUL)[seed % (len(HARMLESS) + len(HARMFUL))]
    name = str(rng.choice(OF.get(make, (*TEXT, *BINARY))))
    slanted = make in {shifted, drifting, wrong_unit, in_other_images, other_columns} and rng.random() < 0.3
    if slanted:
        run = tilted(run)
    found, loss = make(run, rng, folder, name)
    # The structure, like the cell file, is that of the first part.
    flags = found[0][1] if len(found) == 1 else min(found, key=lambda pair: str(pair[0]))[1]
    harmless = make in HARMLESS
    return Variant([path for path, _ in found], flags, f"{make.__name__} of {name}", not loss, harmless, slanted)
