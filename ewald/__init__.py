"""Electrostatics of a configuration space: count it, search it, prove the lowest arrangements.

Examples
--------
>>> import ewald
>>> space = ewald.ConfigurationSpace.from_file("mine.cif", supercell="2 2 3")  # doctest: +SKIP
>>> result = ewald.screen(space, keep=5)  # doctest: +SKIP
>>> result.lowest[0].energy_eV, result.certified  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from ewald.version import __version__

if TYPE_CHECKING:
    from ewald.form import QuadraticForm
    from ewald.matrix import ewald_matrix
    from ewald.result import LowEnergyArrangement, ScreenResult
    from ewald.search import screen
    from ewald.space import ConfigurationSpace, Sublattice
    from ewald.structure_io import neutral_spaces
    from ewald.symmetry import SymmetryGroup

_HOME = {
    "ConfigurationSpace": "space",
    "Sublattice": "space",
    "QuadraticForm": "form",
    "SymmetryGroup": "symmetry",
    "LowEnergyArrangement": "result",
    "ScreenResult": "result",
    "ewald_matrix": "matrix",
    "neutral_spaces": "structure_io",
    "screen": "search",
}

__all__ = [
    "ConfigurationSpace",
    "LowEnergyArrangement",
    "QuadraticForm",
    "ScreenResult",
    "Sublattice",
    "SymmetryGroup",
    "__version__",
    "ewald_matrix",
    "neutral_spaces",
    "screen",
]


def __getattr__(name: str) -> Any:
    """Import the module of a public name when the name is first used, so that importing the package is instant."""
    if name not in _HOME:
        raise AttributeError(f"module 'ewald' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"ewald.{_HOME[name]}"), name)
    globals()[name] = value
    return value
