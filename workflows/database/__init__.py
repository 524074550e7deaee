"""The MongoDB behind a campaign: a private server, its connection file, backup and restore."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
