"""An estimated number: its mean and credible interval, or the bound that is all there is."""

from pydantic import Field

from screening.value import Value


class Estimate(Value):
    """A mean with its 95 % credible interval.

    Attributes
    ----------
    mean, low95, high95
        Value and both ends of its 95 % interval, in the unit of the quantity.
    bound
        Why only `high95` is known (`no hop`, `too short`, `framework broken`, `caged`, `not resolved`,
        `long-range diffusion not established`); None for a value. A bound is printed as
        "< high95"; its mean, which is what was counted, is no value to rank, average or extrapolate.
    """

    mean: float
    low95: float
    high95: float
    bound: str | None = Field(None, exclude_if=lambda bound: bound is None)

    @property
    def value(self) -> float | None:
        """The mean of a value; None of a bound."""
        return self.mean if self.bound is None else None

    def scaled(self, factor: float) -> "Estimate":
        """Return the estimate of `factor` times the number.

        Parameters
        ----------
        factor
            A positive number, such as a change of unit.
        """
        return self.model_copy(
            update={"mean": self.mean * factor, "low95": self.low95 * factor, "high95": self.high95 * factor}
        )
