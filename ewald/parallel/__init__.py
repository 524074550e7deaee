"""Work shared among threads and ranks: the scheduler, its checkpoints and its progress."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
