"""Relaxed structures, where their energies come from, and the checks that find a failed relaxation."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
