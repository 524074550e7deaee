"""What may sit where: sublattices, their symmetry, their counts and their energy.

The space that holds them is :class:`ewald.ConfigurationSpace`.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
