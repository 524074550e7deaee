"""What a model of compositions predicted of a campaign before it computed anything, at any temperature."""

import math

import scipy

from screening.prior.model import INTERVAL
from screening.value import Value

ROOM_K = 298.0
"""Temperature of the conductivities that the model learned from."""
PREFACTOR = (8.0, 1.0)
"""Decimal logarithm of the prefactor of sigma T (mS K/cm) of ionic conductors, and how much it varies among them."""


class Expectation(Value):
    """The predicted conductivity of one composition.

    Attributes
    ----------
    composition
        Its id.
    log10_mS_cm, decades
        Decimal logarithm at `temperature_K`, and its standard deviation.
    temperature_K
        Temperature of the conductivity, in kelvin.
    outside
        Whether the composition is unlike those that the model knows, so that no interval holds.
    """

    composition: str
    log10_mS_cm: float
    decades: float
    temperature_K: float = ROOM_K
    outside: bool = False

    @property
    def low90(self) -> float:
        """Lower end of the interval that is meant to hold 90 %."""
        return self.log10_mS_cm - self._half_width

    @property
    def high90(self) -> float:
        """Upper end of it."""
        return self.log10_mS_cm + self._half_width

    @property
    def _half_width(self) -> float:
        return float(scipy.special.ndtri((1 + INTERVAL) / 2)) * self.decades

    def at(self, temperature_K: float) -> "Expectation":
        """Return the expectation at another temperature.

        By the law of Arrhenius, log10(sigma T) lies on a straight line over 1/T that ends at the prefactor; the line
        through the prediction and the common :data:`PREFACTOR` is taken: slow conductors gain more than fast ones.

        Parameters
        ----------
        temperature_K
            In kelvin.

        Examples
        --------
        >>> warm = Expectation(composition="a", log10_mS_cm=0.0, decades=1.0).at(600.0)
        >>> round(warm.log10_mS_cm, 2), round(warm.decades, 2)
        (2.48, 0.71)
        """
        share = self.temperature_K / temperature_K
        prefactor, spread = PREFACTOR
        scaled = prefactor + share * (self.log10_mS_cm + math.log10(self.temperature_K) - prefactor)
        return self.model_copy(
            update={
                "log10_mS_cm": scaled - math.log10(temperature_K),
                "decades": math.hypot(share * self.decades, (1 - share) * spread),
                "temperature_K": temperature_K,
            }
        )
