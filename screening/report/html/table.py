"""Tables that a reader sorts by clicking a heading and filters by typing; they are whole without scripts too."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ewald.numbers import counted, significant
from screening.report.html.markup import Content, Markup, join, tag

LONG = 30
"""Characters from which on a cell counts as a sentence."""
_TAGS = re.compile("<[^>]*>")


@dataclass(frozen=True)
class Cell:
    """A table cell: what is shown, and the number or text it is sorted by (None sorts last)."""

    shown: Content
    order: float | int | str | None = None


def number(value: float | None, write: Callable[[float | None], Content] = significant) -> Cell:
    """Return a cell that shows a number and sorts by it."""
    return Cell(write(value), value)


def sortable_table(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell | Content]], *, filters: Sequence[int] = ()
) -> Markup:
    """Build a sortable, filterable table.

    Parameters
    ----------
    name
        Its id in the page.
    headings
        Column headings with units.
    rows
        Cells; plain content sorts by its text.
    filters
        Columns that get a menu of their values.
    """
    listed = [[cell if isinstance(cell, Cell) else Cell(cell, str(cell or "")) for cell in row] for row in rows]
    menus = [
        tag(
            "label",
            f"{headings[column]} ",
            tag(
                "select",
                tag("option", "all", value=""),
                (tag("option", value, value=value) for value in sorted({str(row[column].order) for row in listed})),
                data_column=column,
            ),
        )
        for column in filters
    ]
    controls = tag(
        "div",
        tag("label", "Filter ", tag("input", type="search", placeholder="any text", aria_label=f"Filter {name}")),
        menus,
        tag("output", counted(len(listed), "row")),
        class_="controls",
        data_table=name,
    )
    head = tag("tr", (tag("th", tag("button", heading, type="button"), scope="col") for heading in headings))
    body = (tag("tr", (_cell(cell) for cell in row)) for row in listed)
    return join(
        controls,
        tag("div", tag("table", tag("thead", head), tag("tbody", body), id=name, class_="sortable"), class_="scroll"),
    )


def _cell(cell: Cell) -> Markup:
    numeric = isinstance(cell.order, int | float)
    order: str | None = "" if cell.order is None else f"{cell.order!r}" if numeric else str(cell.order)
    if order == cell.shown:
        order = None  # the script reads the text itself then
    return tag("td", cell.shown, data_order=order, class_="num" if numeric or cell.order is None else _long(cell.shown))


def _long(shown: Content) -> str | None:
    """Return the class of a cell that holds a sentence, and keeps some width on a phone."""
    return "long" if isinstance(shown, str) and len(_TAGS.sub("", shown)) > LONG else None


def plain_table(headings: Sequence[str], rows: Iterable[Sequence[Content]]) -> Markup:
    """Build an ordinary table; whole numbers stand right-aligned."""
    head = tag("tr", (tag("th", heading, scope="col") for heading in headings))
    body = (
        tag("tr", (tag("td", cell, class_="num" if isinstance(cell, int) else _long(cell)) for cell in row))
        for row in rows
    )
    return tag("div", tag("table", tag("thead", head), tag("tbody", body)), class_="scroll")
