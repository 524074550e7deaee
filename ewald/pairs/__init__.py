"""Pair energies between species by distance, beside or in place of bare charges."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
