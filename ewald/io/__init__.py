"""From crystal files and space files to a configuration space, and back to ordered CIF files."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
