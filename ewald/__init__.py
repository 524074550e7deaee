"""Electrostatics of a configuration space: count it, search it, prove the lowest arrangements.

The public names stand in ``__init__.pyi`` and are imported when they are first used, so that importing the package is
instant.

Examples
--------
>>> import ewald
>>> space = ewald.ConfigurationSpace.from_file("mine.cif", supercell="2 2 3")  # doctest: +SKIP
>>> result = ewald.screen(space, keep=5)  # doctest: +SKIP
>>> result.lowest[0].energy_eV, result.certified  # doctest: +SKIP
"""

from lazy_loader import attach_stub

from ewald.version import __version__ as __version__

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
