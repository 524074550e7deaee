"""A table of coloured cells, for a number that depends on a dopant and a level."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from screening.report.drawing.chart import drawing, rectangle, words
from screening.report.html.markup import Markup, tag

LEFT, TOP, WIDTH, HEIGHT = 74, 26, 78, 34
LONGEST = 12
"""Characters that fit into a cell."""
#: Viridis (S. van der Walt, N. Smith, BIDS/colormap, CC0), dark for low values.
_COLOURS = ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725")


@dataclass(frozen=True)
class HeatCell:
    """One cell: its value, what is printed in it, and what stands under the pointer.

    Attributes
    ----------
    value
        What the colour is chosen by; None for a cell without colour.
    text
        What is printed in the cell.
    label
        What stands under the pointer.
    """

    value: float | None
    text: str
    label: str


def heat_map(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Mapping[tuple[str, str], HeatCell],
    *,
    log: bool = False,
    low_is_good: bool = False,
    limits: tuple[float, float] | None = None,
) -> Markup:
    """Draw rows against columns; a cell that is not known stays empty.

    Parameters
    ----------
    title
        Read aloud, and the name of downloaded files.
    rows, columns
        Headings.
    cells
        By (row, column).
    log
        Colours go by the logarithm.
    low_is_good
        Low values are bright.
    limits
        Values of the darkest and the brightest colour; those of the cells when left out.
    """
    known = (
        list(limits)
        if limits
        else [cell.value for cell in cells.values() if cell.value is not None and (cell.value > 0 or not log)]
    )
    parts = [
        words(column, LEFT + (place + 0.5) * WIDTH, TOP - 8, class_="label") for place, column in enumerate(columns)
    ]
    for line, row in enumerate(rows):
        top = TOP + line * HEIGHT
        parts.append(words(row, LEFT - 8, top + HEIGHT / 2 + 4, "end", class_="label"))
        for place, column in enumerate(columns):
            left, cell = LEFT + place * WIDTH, cells.get((row, column))
            if cell is None:
                parts.append(rectangle(left, top, WIDTH - 2, HEIGHT - 2, class_="empty"))
                continue
            share = _share(cell.value, known, log=log)
            bright = None if share is None else 1 - share if low_is_good else share
            fill = None if bright is None else _COLOURS[min(int(bright * len(_COLOURS)), len(_COLOURS) - 1)]
            ink = None if bright is None else "#000" if bright >= 0.5 else "#fff"
            box = rectangle(left, top, WIDTH - 2, HEIGHT - 2, fill=fill, class_=None if fill else "empty")
            inside = words(
                cell.text,
                left + WIDTH / 2 - 1,
                top + HEIGHT / 2 + 3,
                fill=ink,
                textLength=_length(cell.text),
                lengthAdjust="spacingAndGlyphs",
            )
            parts.append(tag("g", tag("title", cell.label), box, inside))
    data = {
        "columns": ["row", "column", "value", "shown"],
        "rows": [[row, column, cell.value, cell.label] for (row, column), cell in cells.items()],
    }
    return drawing(title, LEFT + WIDTH * len(columns) + 6, TOP + HEIGHT * len(rows) + 4, parts, data=data)


def _length(text: str) -> int | None:
    """Return the width that a text which is too long for its cell is pressed into."""
    return WIDTH - 10 if len(text) > LONGEST else None


def _share(value: float | None, known: Sequence[float], *, log: bool) -> float | None:
    """Return where a value lies between the lowest and the highest, 0 to 1."""
    if value is None or not known or (log and value <= 0):
        return None
    low, high, at = (math.log(x) if log else x for x in (min(known), max(known), value))
    return 0.5 if high == low else (at - low) / (high - low)
