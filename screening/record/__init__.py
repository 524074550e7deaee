"""A whole campaign as one value, and what is made from it: ledger, ranking, explanations, exports."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
