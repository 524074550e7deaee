"""How numbers are written for people: counts, durations, energies and intervals, one way each."""

import math
from collections.abc import Sequence
from typing import Protocol

MISSING = "–"
"""What stands where there is no number."""
LARGE = 10**9
"""From here on a count is written as a power of ten."""


class WithInterval(Protocol):
    """A mean with the ends of its 95 % interval."""

    @property
    def mean(self) -> float: ...  # noqa: D102

    @property
    def low95(self) -> float | None: ...  # noqa: D102

    @property
    def high95(self) -> float | None: ...  # noqa: D102


def significant(value: float | None, digits: int = 3) -> str:
    """Write a number with so many significant digits, without an exponent where a person expects none.

    Examples
    --------
    >>> significant(0.012345), significant(1234567.0), significant(1.2e-7), significant(None)
    ('0.0123', '1.23e+06', '1.2e-07', '–')
    >>> significant(97.0), significant(4321.0), significant(0.0)
    ('97', '4320', '0')
    """
    if value is None:
        return MISSING
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e5:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.12g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{exponent}"


def beside(value: float | None, limit: float, digits: int = 2) -> str:
    """Write a number next to its limit: with more digits where rounding would bring it to the limit or beyond.

    Examples
    --------
    >>> beside(0.897, 0.9), beside(0.24, 0.15), beside(0.9, 0.9), beside(None, 0.9)
    ('0.897', '0.24', '0.9', '–')
    """
    text = significant(value, digits)
    if value is None or value == limit:
        return text
    texts = (significant(value, more) for more in range(digits, 9))
    return next((t for t in texts if float(t) != limit and (float(t) > limit) is (value > limit)), text)


def milli_eV(energy_meV: float | None) -> str:
    """Write an energy in meV (per atom): to the tenth below 10, whole above; nothing finer is meant.

    Examples
    --------
    >>> milli_eV(-2.4e-4), milli_eV(3.14), milli_eV(123.4), milli_eV(None)
    ('0', '3.1', '123', '–')
    """
    return significant(None if energy_meV is None else round(energy_meV, 1 if abs(energy_meV) < 10 else 0), 6)


def count(number: str | int | None, unknown: str = MISSING) -> str:
    """Write a whole number of any size: thousands apart, from a thousand million on as a power of ten.

    Parameters
    ----------
    number
        An integer, or its digits.
    unknown
        Written where there is no number.

    Examples
    --------
    >>> count("211266225"), count("41544717423488051136"), count(None)
    ('211,266,225', '4.15e19', '–')
    """
    if number is None:
        return unknown
    from decimal import Decimal

    # A float overflows at 1e308, which the arrangements of a few hundred sites exceed.
    exact = Decimal(number)
    return f"{exact:,}" if abs(exact) < LARGE else f"{exact:.2e}".replace("e+", "e")


def exact_count(number: int | None) -> str:
    """Write every digit of a count, a large one also as a power of ten.

    Examples
    --------
    >>> exact_count(2024), exact_count(12345678901), exact_count(None)
    ('2,024', '12,345,678,901 (1.23e10)', 'not counted')
    """
    if number is None:
        return "not counted"
    return f"{number:,}" if abs(number) < LARGE else f"{number:,} ({count(number)})"


def count_or_limit(number: int | None, *, exact: bool) -> str:
    """Write a count, or the upper limit that is all there is.

    Examples
    --------
    >>> count_or_limit(2024, exact=True), count_or_limit(2024, exact=False)
    ('2,024', 'at most 2,024')
    """
    return exact_count(number) if exact else f"at most {exact_count(number)}"


def counted(number: int, noun: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "candidate"), counted(1200, "candidate")
    ('1 candidate', '1,200 candidates')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def first_few(names: Sequence[str], most: int) -> str:
    """Write names with commas, at most so many, and how many more there are.

    Examples
    --------
    >>> first_few(["Li1", "Li2", "Li3"], 2), first_few(["Li1"], 2)
    ('Li1, Li2 and 1 more', 'Li1')
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def estimate(value: WithInterval | None, digits: int = 2) -> str:
    """Write a mean with its 95 % interval, or the bound that is all there is.

    Examples
    --------
    >>> from screening.estimated import Estimate
    >>> estimate(Estimate(mean=1.234, low95=0.9, high95=1.6))
    '1.2 (0.9 to 1.6)'
    >>> estimate(Estimate(mean=0.0, low95=0.0, high95=718.0, bound="no hop"))
    '< 720 (no hop)'
    """
    if value is None:
        return MISSING
    bound = getattr(value, "bound", None)
    if bound is not None:
        return f"< {significant(value.high95, digits)} ({bound})"
    return f"{significant(value.mean, digits)} ({interval(value.low95, value.high95, digits)})"


def named_estimate(name: str, value: WithInterval | None, unit: str, digits: int = 2) -> str:
    """Write a quantity with its name and unit, as a value with its 95 % interval or as a bound.

    Examples
    --------
    >>> from screening.estimated import Estimate
    >>> named_estimate("D", Estimate(mean=1.234, low95=0.9, high95=1.6), "cm2/s")
    'D = 1.2 (0.9 to 1.6) cm2/s'
    >>> named_estimate("D", Estimate(mean=0.0, low95=0.0, high95=718.0, bound="no hop"), "cm2/s")
    'D < 720 cm2/s (no hop)'
    """
    bound = getattr(value, "bound", None)
    if value is not None and bound is not None:
        return f"{name} < {significant(value.high95, digits)} {unit} ({bound})"
    return f"{name} = {estimate(value, digits)} {unit}"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Write an interval; a missing end is undecided."""
    return f"{significant(low, digits)} to {significant(high, digits)}"


def probability(value: float | None) -> str:
    """Write a probability with two digits; what is nearly sure or impossible, as a limit.

    Examples
    --------
    >>> probability(0.9997), probability(0.647), probability(0.0012), probability(None)
    ('> 0.99', '0.65', '< 0.01', '–')
    """
    if value is None:
        return MISSING
    if value > 0.99:
        return "> 0.99"
    return "< 0.01" if value < 0.01 else f"{value:.2f}"


def volts(voltage_V: float | None) -> str:
    """Write a voltage to the hundredth; calculated ones mean no more.

    Examples
    --------
    >>> volts(1.3649), volts(-1e-6), volts(None)
    ('1.36', '0', '–')
    """
    return significant(None if voltage_V is None else round(voltage_V, 2), 6)


def percent(share: float) -> str:
    """Write a share with two digits.

    Examples
    --------
    >>> percent(0.1), percent(0.0312), percent(1)
    ('10 %', '3.1 %', '100 %')
    """
    return f"{significant(100 * share, 2)} %"


def percent_change(change: float) -> str:
    """Write a change with its sign, to the tenth of a per cent; nothing is never negative.

    Examples
    --------
    >>> percent_change(0.0312), percent_change(-0.0003)
    ('+3.1%', '+0.0%')
    """
    return f"{round(100 * change, 1) + 0.0:+.1f}%"


def duration(seconds: float | None) -> str:
    """Write a time span in whole seconds, above a minute in two units.

    Examples
    --------
    >>> duration(0.02), duration(3.2), duration(75), duration(7300), duration(400000), duration(None)
    ('< 1 s', '3 s', '1 min 15 s', '2 h 1 min', '4 d 15 h', '–')
    """
    if seconds is None:
        return MISSING
    if 0 < seconds < 0.5:
        return "< 1 s"
    whole = round(seconds)
    for unit_s, unit, part_s, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= unit_s:
            return f"{whole // unit_s} {unit} {whole % unit_s // part_s} {part}"
    return f"{whole} s"


def core_hours(core_seconds: float) -> str:
    """Write core seconds as core hours.

    Examples
    --------
    >>> core_hours(90), core_hours(7200), core_hours(3.6e9)
    ('0.025 core hours', '2 core hours', '1,000,000 core hours')
    """
    hours = core_seconds / 3600
    return f"{hours:,.0f} core hours" if hours >= 100 else f"{hours:.2g} core hours"


def number_in(text: str) -> float:
    """Read a number from a cell of a table, also with a decimal comma; NaN where it is none.

    Examples
    --------
    >>> [number_in(text) for text in ("2.1e-8", " 2,1E-08", "300", "n/a")]
    [2.1e-08, 2.1e-08, 300.0, nan]

    A comma before three digits may separate thousands, so that it is not read:

    >>> number_in("1,200")
    nan
    """
    whole, comma, decimals = text.strip().partition(",")
    thousands = len(decimals) == 3 and decimals.isdigit()
    try:
        return float(f"{whole}.{decimals}" if comma and not thousands and "." not in whole else text)
    except ValueError:
        return math.nan
