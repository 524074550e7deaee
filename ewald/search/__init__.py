"""The searches for the arrangements of lowest energy; :func:`ewald.screen` chooses among them."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
