"""A chart as SVG: axes with units, lines, bands, markers, bars. Plain enough to print and to read without scripts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from screening.report.drawing.scale import Scale
from screening.report.html.markup import Attribute, Content, Markup, tag
from screening.report.html.palette import BLUE, GREY, SERIES, SHAPES

LEFT, RIGHT, TOP, BOTTOM = 64, 14, 12, 46
BROAD = 500
"""Drawings wider than this are scrolled on a phone."""


@dataclass
class Chart:
    """A drawing area with two axes; drawing methods return the chart so that they can be chained.

    Attributes
    ----------
    title
        Read aloud by screen readers; the visible caption stands in the page's text.
    x_label, y_label
        Axis labels with units.
    x_values, y_values
        Every number that must fit in.
    x_whole
        Ticks at whole numbers only (ranks).
    """

    title: str
    x_label: str
    y_label: str
    x_values: Iterable[float]
    y_values: Iterable[float]
    x_log: bool = False
    y_log: bool = False
    x_zero: bool = False
    y_zero: bool = False
    x_whole: bool = False
    width: int = 460
    height: int = 290
    _parts: list[Markup] = field(default_factory=list)
    _rows: list[tuple[str, float, float, float | None, float | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.x = Scale.fit(self.x_values, LEFT, self.width - RIGHT, log=self.x_log, zero=self.x_zero)
        self.y = Scale.fit(self.y_values, self.height - BOTTOM, TOP, log=self.y_log, zero=self.y_zero)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        colour: str = BLUE,
        *,
        dash: str | None = None,
        width: float = 1.8,
        name: str | None = None,
    ) -> "Chart":
        """Draw a line through points; with a name, its points can be read under the pointer and downloaded."""
        path = self._path(points)
        if name is not None:
            self._rows += [(name, x, y, None, None) for x, y in points]
        self._parts.append(
            tag("polyline", points=path, fill="none", stroke=colour, stroke_width=width, stroke_dasharray=dash)
        )
        return self

    def sticks(self, points: Iterable[tuple[float, float]], colour: str = BLUE, *, name: str) -> "Chart":
        """Draw vertical lines from the axis up to points, as of a powder pattern."""
        for x, y in points:
            self._parts.append(segment(self.x(x), self.y.start, self.x(x), self.y(y), stroke=colour, stroke_width=1.4))
            self._rows.append((name, x, y, None, None))
        return self

    def band(
        self,
        x: Sequence[float],
        low: Sequence[float],
        high: Sequence[float],
        colour: str = BLUE,
        *,
        name: str | None = None,
    ) -> "Chart":
        """Fill the area between two lines; with a name, the ends are among the data that can be downloaded."""
        if name is not None:
            self._rows += [
                (name, a, (b * c) ** 0.5 if self.y_log else (b + c) / 2, b, c)
                for a, b, c in zip(x, low, high, strict=True)
            ]
        around = self._path([*zip(x, high, strict=True), *reversed(list(zip(x, low, strict=True)))])
        self._parts.append(tag("polygon", points=around, fill=colour, fill_opacity=0.22))
        return self

    def _path(self, points: Iterable[tuple[float, float]]) -> str:
        return " ".join(f"{short(self.x(a))},{short(self.y(b))}" for a, b in points)

    def mark(
        self,
        x: float,
        y: float,
        colour: str = BLUE,
        shape: str = "circle",
        *,
        label: str = "",
        size: float = 4.0,
        y_interval: tuple[float, float] | None = None,
        bound: bool = False,
    ) -> "Chart":
        """Draw a marker with an optional vertical 95 % bar; the label appears under the pointer.

        Parameters
        ----------
        x, y
            Where it stands.
        colour, shape, size, label
            Of the marker.
        y_interval
            Ends of the bar.
        bound
            An upper bound: a bar at y with an arrow downwards instead of the marker.
        """
        a, b = self.x(x), self.y(y)
        self._rows.append((label, x, y, *(y_interval or (None, None))))
        bars = []
        if bound:
            tip = min(b + 22.0, self.y.start)
            arrow = [segment(a - 5, b, a + 5, b), segment(a, b, a, tip), marker(a, tip, "down", 3.5, colour)]
            self._parts.append(tag("g", tag("title", label) if label else None, arrow, stroke=colour, class_="bound"))
            return self
        if y_interval is not None:
            bars.append(segment(a, self.y(y_interval[0]), a, self.y(y_interval[1])))
        self._parts.append(
            tag("g", tag("title", label) if label else None, bars, marker(a, b, shape, size, colour), stroke=colour)
        )
        return self

    def bars(self, edges: Sequence[float], counts: Sequence[float], colour: str = BLUE) -> "Chart":
        """Draw a histogram."""
        for left, right, value in zip(edges[:-1], edges[1:], counts, strict=True):
            if value > 0:
                self._rows.append(("", (left + right) / 2, value, None, None))
                start, top = self.x(left), self.y(value)
                width, height = max(self.x(right) - start - 0.5, 0.5), max(self.y.start - top, 0)
                self._parts.append(rectangle(start, top, width, height, fill=colour, fill_opacity=0.65))
        return self

    def level(self, value: float, label: str, colour: str = GREY, *, vertical: bool = False) -> "Chart":
        """Draw a dashed line at a threshold."""
        if vertical:
            at = self.x(value)
            ends, where, anchor = (at, self.y.start, at, self.y.end), (at + 4, self.y.end + 10), "start"
        else:
            at = self.y(value)
            ends, where, anchor = (self.x.start, at, self.x.end, at), (self.x.end - 4, at - 4), "end"
        self._parts.append(segment(*ends, stroke=colour, stroke_dasharray="5 4"))
        self._parts.append(words(label, *where, anchor, class_="note"))
        return self

    def svg(self) -> Markup:
        """Return the finished drawing."""
        return drawing(self.title, self.width, self.height, self._frame(), self._parts, data=self._data())

    def _data(self) -> dict[str, object]:
        """Return what the page's script needs for values under the pointer and for the download as CSV."""
        columns = ["series", self.x_label, self.y_label, "low", "high"]
        rows = [
            [row[0], *(None if value is None else float(f"{value:.5g}") for value in row[1:])] for row in self._rows
        ]
        if all(row[3] is None for row in rows):
            columns, rows = columns[:3], [row[:3] for row in rows]
        axes = [[s.low, s.high, round(s.start, 1), round(s.end, 1), int(s.log)] for s in (self.x, self.y)]
        return {"columns": columns, "rows": rows, "axes": axes}

    def figure(self, *caption: Content) -> Markup:
        """Return the finished drawing above its caption."""
        return tag("figure", self.svg(), tag("figcaption", *caption))

    def _frame(self) -> list[Markup]:
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        middle = (bottom + top) / 2
        parts = grid(self.x, bottom, top, whole=self.x_whole)
        rows = [(self.y(value), label) for value, label in self.y.ticks()]
        parts.append(grid_lines((left, height, right, height) for height, _ in rows))
        parts += [words(label, left - 6, height + 4, "end") for height, label in rows]
        return [
            *parts,
            tag("rect", x=left, y=top, width=right - left, height=bottom - top, class_="frame"),
            words(self.x_label, (left + right) / 2, bottom + 36, class_="label"),
            words(self.y_label, 16, middle, class_="label", transform=f"rotate(-90 16 {middle})"),
        ]


def drawing(
    title: str,
    width: int,
    height: int,
    *parts: Content | Iterable[Content],
    data: Mapping[str, object] | None = None,
) -> Markup:
    """Return an SVG of this size in points.

    Parameters
    ----------
    title
        Read aloud by screen readers, and the name of downloaded files.
    width, height
        Size in points.
    parts
        What is drawn.
    data
        `columns` and `rows` of the numbers behind it, for the download as CSV; `axes` as of :class:`Chart`.
    """
    size: dict[str, Attribute] = {"viewBox": f"0 0 {width} {height}", "width": width, "height": height}
    numbers = None if data is None else json.dumps(data, separators=(",", ":"), allow_nan=False)
    # Shrunk to the width of a phone, its numbers could not be read: there it is scrolled.
    kind = "chart broad" if width > BROAD else "chart"
    return tag(
        "svg", tag("title", title), *parts, **size, role="img", class_=kind, aria_label=title, data_figure=numbers
    )


def grid(scale: Scale, bottom: float, top: float, *, whole: bool = False) -> list[Markup]:
    """Return vertical grid lines with the numbers of a horizontal axis under them."""
    ticks = [(scale(value), label) for value, label in scale.ticks(whole=whole)]
    lines = grid_lines((at, bottom, at, top) for at, _ in ticks)
    return [lines, *(words(label, at, bottom + 15) for at, label in ticks)]


def grid_lines(lines: Iterable[tuple[float, float, float, float]]) -> Markup:
    """Return straight lines (x1, y1, x2, y2) as one element: a page of hundreds of charts stays small."""
    path = "".join(f"M{short(a)} {short(b)}L{short(c)} {short(d)}" for a, b, c, d in lines)
    return tag("path", d=path, class_="grid")


def short(coordinate: float) -> str:
    """Write a coordinate to a tenth of a point, without a zero at its end."""
    return f"{coordinate:.1f}".removesuffix(".0")


def segment(x1: float, y1: float, x2: float, y2: float, **attributes: Attribute) -> Markup:
    """Return a straight line between two points of a drawing."""
    return tag("line", x1=short(x1), y1=short(y1), x2=short(x2), y2=short(y2), **attributes)


def rectangle(x: float, y: float, width: float, height: float, **attributes: Attribute) -> Markup:
    """Return a rectangle with its upper left corner at (x, y)."""
    return tag("rect", x=short(x), y=short(y), width=short(width), height=short(height), **attributes)


def words(content: Content, x: float, y: float, anchor: str = "middle", **attributes: Attribute) -> Markup:
    """Return text whose start, middle or end is at (x, y)."""
    return tag("text", content, x=short(x), y=short(y), text_anchor=anchor, **attributes)


def marker(x: float, y: float, shape: str, size: float, colour: str) -> Markup:
    """Return one marker of a shape; shapes tell series apart where colours cannot."""
    if shape in ("circle", "ring"):
        fill = colour if shape == "circle" else "none"
        return tag("circle", cx=short(x), cy=short(y), r=size, fill=fill, stroke=colour)
    if shape in ("cross", "plus"):
        ends = ((0.85, 0.85), (0.85, -0.85)) if shape == "cross" else ((1.1, 0), (0, 1.1))
        path = "".join(
            f"M{short(x - size * a)} {short(y - size * b)}L{short(x + size * a)} {short(y + size * b)}" for a, b in ends
        )
        return tag("path", d=path, fill="none", stroke=colour, stroke_width=2)
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
        "triangle": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
        "down": ((0, 1.2), (1.1, -0.9), (-1.1, -0.9)),
    }[shape]
    points = " ".join(f"{short(x + size * a)},{short(y + size * b)}" for a, b in corners)
    return tag("polygon", points=points, fill=colour, stroke=colour)


def legend(entries: Iterable[tuple[str, str, str]]) -> Markup:
    """Build a legend of (label, colour, shape)."""
    return tag(
        "ul",
        (
            tag("li", tag("svg", marker(8, 8, shape, 4.5, colour), width=16, height=16, viewBox="0 0 16 16"), label)
            for label, colour, shape in entries
        ),
        class_="legend",
    )


def series_styles(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Give each name its own (colour, shape), in the order in which they are first met."""
    return {
        name: (SERIES[index % len(SERIES)], SHAPES[index % len(SHAPES)])
        for index, name in enumerate(dict.fromkeys(names))
    }


def series_legend(styles: Mapping[str, tuple[str, str]]) -> Markup:
    """Build the legend of :func:`series_styles`."""
    return legend((name, *style) for name, style in styles.items())
