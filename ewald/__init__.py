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
    from ewald.io.read import neutral_spaces
    from ewald.search.result import LowEnergyArrangement, ScreenResult
    from ewald.search.screen import screen
    from ewald.space.form import QuadraticForm
    from ewald.space.matrix import ewald_matrix
    from ewald.space.space import ConfigurationSpace
    from ewald.space.sublattice import Sublattice
    from ewald.space.symmetry import SymmetryGroup

_HOME = {
    "ConfigurationSpace": "space.space",
    "Sublattice": "space.space",
    "QuadraticForm": "space.form",
    "SymmetryGroup": "space.symmetry",
    "LowEnergyArrangement": "search.result",
    "ScreenResult": "search.result",
    "ewald_matrix": "space.matrix",
    "neutral_spaces": "io.structure",
    "screen": "search.screen",
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
