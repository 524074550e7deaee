"""How the ions move: sites, jumps, rates, and the network they make."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
