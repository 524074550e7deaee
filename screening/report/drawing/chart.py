"""A chart as SVG: axes with units, lines, bands, markers, bars. Plain enough to print and to read without scripts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from screening.report.drawing.scale import Scale
from screening.report.html.markup import Attribute, Markup, tag
from screening.report.html.palette import BLUE, GREY

LEFT, RIGHT, TOP, BOTTOM = 64, 14, 12, 46


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

    def __post_init__(self) -> None:
        self.x = Scale.fit(self.x_values, LEFT, self.width - RIGHT, log=self.x_log, zero=self.x_zero)
        self.y = Scale.fit(self.y_values, self.height - BOTTOM, TOP, log=self.y_log, zero=self.y_zero)

    def line(
        self, points: Sequence[tuple[float, float]], colour: str = BLUE, *, dash: str | None = None, width: float = 1.8
    ) -> "Chart":
        """Draw a line through points."""
        path = " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in points)
        self._parts.append(
            tag("polyline", points=path, fill="none", stroke=colour, stroke_width=width, stroke_dasharray=dash)
        )
        return self

    def band(self, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str = BLUE) -> "Chart":
        """Fill the area between two lines."""
        there = [f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in zip(x, high, strict=True)]
        back = [f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in zip(x, low, strict=True)][::-1]
        self._parts.append(tag("polygon", points=" ".join(there + back), fill=colour, fill_opacity=0.22))
        return self

    def mark(
        self,
        x: float,
        y: float,
        colour: str = BLUE,
        shape: str = "circle",
        *,
        label: str = "",
        size: float = 4.0,
        x_interval: tuple[float, float] | None = None,
        y_interval: tuple[float, float] | None = None,
    ) -> "Chart":
        """Draw a marker with optional 95 % bars; the label appears under the pointer."""
        a, b = self.x(x), self.y(y)
        bars = []
        if x_interval is not None:
            bars.append(_segment((self.x(x_interval[0]), b), (self.x(x_interval[1]), b)))
        if y_interval is not None:
            bars.append(_segment((a, self.y(y_interval[0])), (a, self.y(y_interval[1]))))
        self._parts.append(
            tag("g", tag("title", label) if label else None, bars, marker(a, b, shape, size, colour), stroke=colour)
        )
        return self

    def bars(self, edges: Sequence[float], counts: Sequence[float], colour: str = BLUE) -> "Chart":
        """Draw a histogram."""
        floor = self.y.start
        for left, right, value in zip(edges[:-1], edges[1:], counts, strict=True):
            if value <= 0:
                continue
            top = self.y(value)
            self._parts.append(
                tag(
                    "rect",
                    x=f"{self.x(left):.1f}",
                    y=f"{top:.1f}",
                    width=f"{max(self.x(right) - self.x(left) - 0.5, 0.5):.1f}",
                    height=f"{max(floor - top, 0):.1f}",
                    fill=colour,
                    fill_opacity=0.65,
                )
            )
        return self

    def level(self, value: float, label: str, colour: str = GREY, *, vertical: bool = False) -> "Chart":
        """Draw a dashed line at a threshold."""
        at = self.x(value) if vertical else self.y(value)
        ends: dict[str, Attribute] = (
            {"x1": f"{at:.1f}", "x2": f"{at:.1f}", "y1": self.y.start, "y2": self.y.end}
            if vertical
            else {"x1": self.x.start, "x2": self.x.end, "y1": f"{at:.1f}", "y2": f"{at:.1f}"}
        )
        self._parts.append(tag("line", **ends, stroke=colour, stroke_dasharray="5 4"))
        where: dict[str, Attribute] = (
            {"x": f"{at + 4:.1f}", "y": self.y.end + 10}
            if vertical
            else {"x": self.x.end - 4, "y": f"{at - 4:.1f}", "text_anchor": "end"}
        )
        self._parts.append(tag("text", label, **where, class_="note"))
        return self

    def svg(self) -> Markup:
        """Return the finished drawing."""
        return tag(
            "svg",
            tag("title", self.title),
            self._frame(),
            self._parts,
            viewBox=f"0 0 {self.width} {self.height}",
            width=self.width,
            height=self.height,
            role="img",
            class_="chart",
        )

    def _frame(self) -> list[Markup]:
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        parts = []
        for value, label in self.x.ticks(whole=self.x_whole):
            at = f"{self.x(value):.1f}"
            parts.append(tag("line", x1=at, x2=at, y1=bottom, y2=top, class_="grid"))
            parts.append(tag("text", label, x=at, y=bottom + 15, text_anchor="middle"))
        for value, label in self.y.ticks():
            height = self.y(value)
            parts.append(tag("line", x1=left, x2=right, y1=f"{height:.1f}", y2=f"{height:.1f}", class_="grid"))
            parts.append(tag("text", label, x=left - 6, y=f"{height + 4:.1f}", text_anchor="end"))
        parts.append(tag("rect", x=left, y=top, width=right - left, height=bottom - top, class_="frame"))
        parts.append(
            tag("text", self.x_label, x=(left + right) / 2, y=bottom + 36, text_anchor="middle", class_="label")
        )
        middle = (bottom + top) / 2
        parts.append(
            tag(
                "text",
                self.y_label,
                x=16,
                y=middle,
                text_anchor="middle",
                class_="label",
                transform=f"rotate(-90 16 {middle})",
            )
        )
        return parts


def _segment(start: tuple[float, float], end: tuple[float, float]) -> Markup:
    """Return a straight line between two points of the drawing."""
    return tag("line", x1=f"{start[0]:.1f}", x2=f"{end[0]:.1f}", y1=f"{start[1]:.1f}", y2=f"{end[1]:.1f}")


def marker(x: float, y: float, shape: str, size: float, colour: str) -> Markup:
    """Return one marker of a shape; shapes tell series apart where colours cannot."""
    if shape in ("circle", "ring"):
        return tag(
            "circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=size, fill=colour if shape == "circle" else "none", stroke=colour
        )
    if shape in ("cross", "plus"):
        d = size * (0.85 if shape == "cross" else 1.1)
        path = (
            f"M{x - d:.1f} {y - d:.1f}L{x + d:.1f} {y + d:.1f}M{x - d:.1f} {y + d:.1f}L{x + d:.1f} {y - d:.1f}"
            if shape == "cross"
            else f"M{x - d:.1f} {y:.1f}L{x + d:.1f} {y:.1f}M{x:.1f} {y - d:.1f}L{x:.1f} {y + d:.1f}"
        )
        return tag("path", d=path, fill="none", stroke=colour, stroke_width=2)
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
        "triangle": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
        "down": ((0, 1.2), (1.1, -0.9), (-1.1, -0.9)),
    }[shape]
    points = " ".join(f"{x + size * a:.1f},{y + size * b:.1f}" for a, b in corners)
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
