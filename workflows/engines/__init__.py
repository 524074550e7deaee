"""Engines: each turns a structure and settings into a relaxed structure or an MD segment with one code."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
