"""Which composition to compute next: its probability of being a conductor, and the order that follows from it."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
