"""The campaign file: one model per section, unknown keys refused, every field described."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
