"""What a composition alone lets one expect of a conductivity: measured values, a model of them, new compositions.

A prediction orders work. It is never a verdict.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
