"""A number that was estimated: its mean with the interval that says how well it is known."""

from screening.value import Value


class Estimate(Value):
    """A mean with its 95 % credible interval."""

    mean: float
    low95: float
    high95: float
