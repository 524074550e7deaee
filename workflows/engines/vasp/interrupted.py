"""A pass of a relaxation that was stopped before its end: its folder is kept aside, and the pass goes on from CONTCAR.

VASP writes CONTCAR after every ionic step, so that a walltime or a kill costs one step at most. Its optimizer starts
anew there: the path is another than that of a relaxation that was never stopped.
"""

import re
from pathlib import Path

from pymatgen.core import Structure

KEY_FILE = "key"
_IONIC_STEP = re.compile(r"^\s*\d+\s+F=", re.MULTILINE)


def take_up(structure: Structure, folder: Path, key: str) -> Structure:
    """Move what a stopped run left in `folder` aside; return its last structure, or `structure` when there is none.

    A run that custodian gave up on is not taken up: its last structure may be what it failed of.
    """
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}.stopped-{len(_stopped(folder)):02d}"))
    for stopped in reversed(_stopped(folder)):
        found = _last_structure(stopped, structure, key)
        if found is not None:
            return found
    return structure


def interrupted_steps(folder: Path) -> int:
    """Count the ionic steps of the stopped runs of a pass."""
    return sum(len(_IONIC_STEP.findall(_text(stopped / "OSZICAR"))) for stopped in _stopped(folder))


def _stopped(folder: Path) -> list[Path]:
    return sorted(folder.parent.glob(f"{folder.name}.stopped-*"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _last_structure(stopped: Path, start: Structure, key: str) -> Structure | None:
    from pymatgen.io.vasp import Poscar

    if _text(stopped / KEY_FILE) != key or (stopped / "corrections.json").exists():
        return None
    try:
        found = Poscar.from_str(_text(stopped / "CONTCAR")).structure
    except (ValueError, IndexError):
        return None
    same = [site.specie.symbol for site in found] == [site.specie.symbol for site in start]
    return found if same else None
