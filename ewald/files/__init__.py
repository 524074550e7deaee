"""Files written atomically and checked when they are read; an error in one is a single line for the user."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
