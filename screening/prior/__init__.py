"""Conductivities predicted from compositions: measured values, a model fitted to them, and new compositions.

A prediction orders work. It is never a verdict.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
