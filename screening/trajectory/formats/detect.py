"""Which reader a file goes to: told by its content."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ewald.errors import UserError
from screening.trajectory.formats.ase_files import read_with_ase
from screening.trajectory.formats.binary import kind_of, read_binary
from screening.trajectory.formats.dft.castep import is_castep_md, read_castep_md
from screening.trajectory.formats.dft.espresso import is_pw_output, read_pw_output
from screening.trajectory.formats.dft.vasp import read_outcar, read_vasprun
from screening.trajectory.formats.dft.xdatcar import is_xdatcar, read_xdatcar
from screening.trajectory.formats.dlpoly import is_history, read_history
from screening.trajectory.formats.frame import Frame, Frames
from screening.trajectory.formats.gro import is_gro, read_gro
from screening.trajectory.formats.h5md import read_h5md
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.lammps import is_dump, read_dump
from screening.trajectory.formats.opening import Source
from screening.trajectory.formats.xyz import is_xyz, read_xyz

_Reader = Callable[[Source, Hints], Frames]

#: What a damaged file may raise in any reader.
_DAMAGE = (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, ArithmeticError)


def read_frames(path: Path, hints: Hints) -> Frames:
    """Open a trajectory of any kind; its frames are read as they are asked for.

    Raises
    ------
    UserError
        When it is damaged, or of no known kind.
    """
    try:
        source = Source(path)
        found = _reader(source)(source, hints)
    except UserError:
        raise
    except _DAMAGE as error:
        raise _unreadable(path, error) from None
    return replace(found, frames=_guarded(found.frames, path))


def _guarded(frames: Iterator[Frame], path: Path) -> Iterator[Frame]:
    try:
        yield from frames
    except UserError:
        raise
    except _DAMAGE as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> UserError:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return UserError(f"cannot be read as a trajectory: {said}", file=path)


_OTHER_KINDS = (
    (rb"PK\x03\x04", "is a zip archive", "unpack it and give the trajectory in it"),
    (rb"(?s).{257}ustar", "is a tar archive", "unpack it and give the trajectory in it"),
    (
        rb"\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|7z\xbc\xaf|\x1f\x9d",
        "is compressed in another way",
        "unpack it; gzip, xz and bzip2 are read",
    ),
    (rb"\x93NUMPY", "is a bare array", "write extended XYZ, with elements and cell"),
    (
        rb"\x80[\x02-\x05]",
        "is a pickle, which may run any program",
        "open it in Python and give read_trajectory what it holds",
    ),
    (
        rb"\s*\{.*@module",
        "is JSON of Python objects",
        "open it in Python (monty's loadfn) and give read_trajectory what it holds",
    ),
    (rb"\xff\xfe|\xfe\xff", "is text in UTF-16", "save it as UTF-8"),
    (rb"version https://git-lfs", "only stands for a file of Git LFS", "get the file itself: git lfs pull"),
    (rb"(?i)\s*<(!doctype )?html", "is a web page", "download the file itself"),
    (rb"LAMMPS \(", "is a log of LAMMPS, without positions", "give the dump"),
    (rb"---\s*\ncreator: LAMMPS", "is a dump of style yaml", "write one of style custom"),
    (
        rb"\s*\d+ +\d*\.\d+\s*\n( *-?\d*\.\d+[EeDd]?[-+\d]*){3}\s*\n",
        "looks like a .pos, .vel or .cel file of cp.x, without elements",
        "convert it to extended XYZ",
    ),
)
"""What files that hold no trajectory, or one that must be converted, begin with; what they are, and what to do."""


def _refuse_other_kinds(source: Source) -> None:
    for begins, kind, fix in _OTHER_KINDS:
        if re.match(begins, source.head):
            raise UserError(kind, file=source.path, fix=fix)


def _reader(source: Source) -> _Reader:
    head = source.head
    _refuse_other_kinds(source)
    if head.startswith(b"\x89HDF"):
        return read_h5md
    if kind_of(head):
        return read_binary
    text = head.decode("utf-8", errors="replace")
    by_content: tuple[tuple[bool, _Reader], ...] = (
        (is_dump(text), read_dump),
        ("<modeling>" in text, read_vasprun),
        (text.lstrip().startswith("vasp.") and "executed on" in text, read_outcar),
        (is_pw_output(text), read_pw_output),
        (is_castep_md(text), read_castep_md),
        (is_history(text), read_history),
        (is_xdatcar(text), read_xdatcar),
        (is_xyz(text), read_xyz),
        (is_gro(text), read_gro),
    )
    found = next((reader for fits, reader in by_content if fits), None)
    if found is not None:
        return found
    # A damaged file of a plain name is better told by the reader that it was meant for.
    if source.name.upper().startswith("XDATCAR"):
        return read_xdatcar
    return read_xyz if source.name.lower().endswith((".xyz", ".extxyz")) else read_with_ase
