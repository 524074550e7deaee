"""The mapping of numbers to points of a drawing, linear or logarithmic, with round ticks."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ewald.numbers import significant


@dataclass(frozen=True)
class Scale:
    """Maps [low, high] to [start, end] in points of the drawing.

    Attributes
    ----------
    log
        Decades instead of a linear scale; low and high are positive then.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @classmethod
    def fit(
        cls, values: Iterable[float], start: float, end: float, *, log: bool = False, zero: bool = False
    ) -> "Scale":
        """Choose limits a little wider than the values; values a log scale cannot show are left out."""
        usable = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
        if not usable:
            usable = [1.0, 10.0] if log else [0.0, 1.0]
        low, high = min(usable), max(usable)
        if log:
            low, high = 10 ** math.floor(math.log10(low) + 1e-9), 10 ** math.ceil(math.log10(high) - 1e-9)
            return cls(low, high * (10 if low == high else 1), start, end, log=True)
        if zero:
            low, high = min(low, 0.0), max(high, 0.0) or float(low >= 0)  # only zeros: up to 1
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
        return cls(
            low if zero and low == 0 else low - margin, high if zero and high == 0 else high + margin, start, end
        )

    def __call__(self, value: float) -> float:
        """Return the point of a value, clipped to a little outside the drawing."""
        if self.log:
            share = math.log10(max(value, 1e-300) / self.low) / math.log10(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        share = min(max(share, -0.02), 1.02)
        return self.start + share * (self.end - self.start)

    def ticks(self, wanted: int = 5, *, whole: bool = False) -> list[tuple[float, str]]:
        """Return round numbers inside the limits with their labels; only whole ones if asked for."""
        if self.log:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            every = max(1, math.ceil((last - first) / (2 * wanted)))
            return [(10.0**power, _decade(power)) for power in range(first, last + 1, every)]
        raw = (self.high - self.low) / wanted
        power = 10 ** math.floor(math.log10(raw))
        step = next(multiple * power for multiple in (1, 2, 2.5, 5, 10) if multiple * power >= raw * 0.999)
        step = max(1.0, float(round(step))) if whole else step
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [(number * step, significant(round(number * step, 12), 5)) for number in range(first, last + 1)]


def _decade(power: int) -> str:
    if -2 <= power <= 3:
        return f"{10.0**power:g}"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
