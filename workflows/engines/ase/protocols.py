"""What a calculator may offer beyond ASE's own interface; those that do are told or asked."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from pymatgen.core import Structure


@runtime_checkable
class KnowsElements(Protocol):
    """A calculator that knows which elements it was fitted to."""

    supported_elements: frozenset[str]


@runtime_checkable
class WorksInFolder(Protocol):
    """A calculator that starts a program and is told where to keep its files."""

    def work_in(self, folder: Path) -> None:
        """Keep files in this folder from now on."""


@runtime_checkable
class SavesStress(Protocol):
    """A calculator that is told whether stress will be asked for: MD at constant volume can save it."""

    def with_stress(self, wanted: bool) -> None:
        """Compute stress, or leave it out."""


@runtime_checkable
class WorksOnStructure(Protocol):
    """A calculator that tells ions apart by more than their elements, such as by oxidation states."""

    def work_on(self, structure: Structure) -> None:
        """Take the ions from this structure from now on; cell and positions come with every calculation."""


@runtime_checkable
class CountsCoreSeconds(Protocol):
    """A calculator that knows what its program took, on many cores or on another node."""

    core_seconds: float
