"""Structures that travel with the package: mothers, reference phases and cases for the Ewald engine."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

from pymatgen.core import Structure

from ewald.errors import StructureError

StructureKind = Literal["mothers", "references", "ewald_cases"]


@cache
def shipped_names(kind: StructureKind) -> tuple[str, ...]:
    """Return the names of the shipped structures of one kind, sorted.

    Examples
    --------
    >>> "Na3SbS4_tet_derived" in shipped_names("mothers")
    True
    """
    folder = _root() / kind
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".cif")))


def shipped_structure(kind: StructureKind, name: str) -> Structure:
    """Return a shipped structure by name; ``SOURCES.md`` beside it gives source and licence.

    Parameters
    ----------
    kind
        `mothers`, `references` or `ewald_cases`.
    name
        File name without `.cif`.

    Raises
    ------
    StructureError
        When no structure of this kind has that name.
    """
    return Structure.from_str(shipped_text(kind, name), fmt="cif")


def shipped_text(kind: StructureKind, name: str) -> str:
    """Return the CIF text of a shipped structure.

    Parameters
    ----------
    kind
        `mothers`, `references` or `ewald_cases`.
    name
        File name without `.cif`.

    Raises
    ------
    StructureError
        When no structure of this kind has that name.
    """
    names = shipped_names(kind)
    if name not in names:
        raise StructureError(
            f"no shipped structure of the kind {kind} has this name", value=name, fix=f"one of {', '.join(names)}"
        )
    return (_root() / kind / f"{name}.cif").read_text(encoding="utf-8")


def _root() -> Traversable:
    return files("screening") / "data" / "structures"
