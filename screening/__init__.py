"""The science of a screening campaign: which compositions, their arrangements, hull, diffusion and verdicts.

The values that every stage shares are here; each stage is a package of its own.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
