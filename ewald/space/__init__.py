"""Sites and the species they may hold: sublattices, their symmetry, counts and energy.

The space that holds them is :class:`ewald.ConfigurationSpace`.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
