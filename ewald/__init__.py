"""Electrostatics of a configuration space: count it, search it, prove the lowest arrangements."""

from ewald.version import __version__

__all__ = ["__version__"]
