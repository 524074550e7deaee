"""An estimated number: its mean and credible interval."""

from screening.value import Value


class Estimate(Value):
    """A mean with its 95 % credible interval."""

    mean: float
    low95: float
    high95: float
