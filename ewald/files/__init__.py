"""Files that are whole or not there, checked when they are read; faults in them are one line for the user."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
