"""The report of a campaign: one HTML page, and the ranked table on the terminal."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
