"""How numbers are written for people."""

from screening.estimated import Estimate

MISSING = "–"
"""What stands where there is no number."""


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
    if 1e-3 <= abs(value) < 1e5:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.12g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{exponent}"


def milli_eV(energy_meV: float | None) -> str:
    """Write an energy in meV (per atom): to the tenth below 10, whole above; nothing finer is meant.

    Examples
    --------
    >>> milli_eV(-2.4e-4), milli_eV(3.14), milli_eV(123.4), milli_eV(None)
    ('0', '3.1', '123', '–')
    """
    return significant(None if energy_meV is None else round(energy_meV, 1 if abs(energy_meV) < 10 else 0), 6)


def count(text: str | int | None) -> str:
    """Write a whole number: thousands apart, huge ones as a power of ten.

    Examples
    --------
    >>> count("211266225"), count("12345678901234567890"), count(None)
    ('211,266,225', '1.2e19', '–')
    """
    if text is None:
        return MISSING
    digits = str(text).strip()
    if len(digits) <= 12:
        return f"{int(digits):,}"
    return f"{digits[0]}.{digits[1]}e{len(digits) - 1}"


def counted(number: int, noun: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "candidate"), counted(1200, "candidate")
    ('1 candidate', '1,200 candidates')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def estimate(value: Estimate | None, digits: int = 2) -> str:
    """Write a mean with its 95 % interval.

    Examples
    --------
    >>> estimate(Estimate(mean=1.234, low95=0.9, high95=1.6))
    '1.2 (0.9 to 1.6)'
    """
    if value is None:
        return MISSING
    return f"{significant(value.mean, digits)} ({interval(value.low95, value.high95, digits)})"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Write an interval; a missing end is open."""
    return f"{significant(low, digits)} to {significant(high, digits)}"


def volts(voltage_V: float | None) -> str:
    """Write a voltage to the hundredth; calculated ones mean no more.

    Examples
    --------
    >>> volts(1.3649), volts(-1e-6), volts(None)
    ('1.36', '0', '–')
    """
    return significant(None if voltage_V is None else round(voltage_V, 2), 6)


def percent(share: float) -> str:
    """Write a change with its sign, to the tenth of a per cent; nothing is never negative.

    Examples
    --------
    >>> percent(0.0312), percent(-0.0003)
    ('+3.1%', '+0.0%')
    """
    return f"{round(100 * share, 1) + 0.0:+.1f}%"


def duration(seconds: float | None) -> str:
    """Write a time span in the unit a person would choose.

    Examples
    --------
    >>> duration(3.2), duration(600), duration(7200), duration(400000)
    ('3.2 s', '10 min', '2 h', '4.63 days')
    """
    if seconds is None:
        return MISSING
    for limit, unit, name in ((120.0, 1.0, "s"), (7200.0, 60.0, "min"), (172800.0, 3600.0, "h")):
        if seconds < limit:
            return f"{significant(seconds / unit)} {name}"
    return f"{significant(seconds / 86400.0)} days"
