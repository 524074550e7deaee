"""The Ewald stage: arrangements of lowest electrostatic energy of each composition."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
