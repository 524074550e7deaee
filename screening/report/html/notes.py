"""Warnings in the order of what they decide: the one or two that matter most in sight, the others folded."""

import re
from collections.abc import Iterable

from screening.report.html.markup import Markup, folded, join, tag

IN_SIGHT = 2

#: What a warning says, the gravest first. A warning that fits none comes after these; a pointer to others comes last.
_GRAVITY = (
    r"bonds broke|framework diffuses|host cations moved|doubtful by the comparison",
    r"upper bound|no hop|caged|can rule a candidate out but not in",
    r"lower bound|no reference",
    r"independent events|does not stand out|distinguished from local motion|taken back|reversed|few events|memory of",
    r"equilibrium|drifts",
)
_POINTER = r"see its warnings"


def by_gravity(warnings: Iterable[str]) -> list[str]:
    """Return warnings without repetition, the one that decides most first.

    Examples
    --------
    >>> by_gravity(["the cell is only 7.4 A thick", "ions are caged", "ions are caged"])
    ['ions are caged', 'the cell is only 7.4 A thick']
    """
    return sorted(dict.fromkeys(warnings), key=_gravity)


def decisive(warnings: Iterable[str]) -> list[str]:
    """Return the warnings that put a verdict in doubt, the one that decides most first.

    Examples
    --------
    >>> decisive(["anions rotated", "ions are caged"])
    ['ions are caged']
    """
    return [warning for warning in by_gravity(warnings) if _gravity(warning) < len(_GRAVITY)]


def _gravity(warning: str) -> int:
    if re.search(_POINTER, warning):
        return len(_GRAVITY) + 1
    return next((place for place, pattern in enumerate(_GRAVITY) if re.search(pattern, warning)), len(_GRAVITY))


def notes_list(warnings: Iterable[str]) -> Markup | None:
    """Return the list of warnings, the decisive ones in sight; None without any."""
    ordered = by_gravity(warnings)
    if not ordered:
        return None
    first, rest = ordered[:IN_SIGHT], ordered[IN_SIGHT:]
    return join(_bullets(first), folded(f"{len(rest)} more", _bullets(rest), class_="more") if rest else None)


def _bullets(notes: list[str]) -> Markup:
    return tag("ul", (tag("li", note) for note in notes), class_="notes")
