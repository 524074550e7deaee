"""Positions over time: segments of our own MD, and trajectories of other programs."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
