"""The funnel drawn as a Sankey diagram: what goes on runs to the right, what leaves falls down."""

from ewald.numbers import count, counted
from screening.record.funnel import Funnel, FunnelStep
from screening.report.html.markup import Markup, tag
from screening.report.html.palette import BLUE, GREY, ORANGE, VERMILLION
from screening.report.html.table import plain_table

WIDTH, HEIGHT = 1000, 330
TOP, FLOW = 92, 150
NODE = 14


def draw_funnel(funnel: Funnel) -> Markup:
    """Return the funnel as a self-standing SVG."""
    columns = 3 + len(funnel.steps)
    gap = (WIDTH - 60) / (columns - 1)
    places = [30 + gap * number for number in range(columns)]
    scale = FLOW / max(funnel.candidates, 1)
    parts = [
        *_head(places[0], count(funnel.mothers), "mother" if funnel.mothers == 1 else "mothers"),
        *_head(places[1], count(funnel.compositions), "compositions"),
        *_head(places[2], count(funnel.candidates), "candidates", f"of {count(funnel.configurations)}", "arrangements"),
        _fan(places[0], 18, places[1], 60),
        _fan(places[1], 60, places[2], funnel.candidates * scale),
        _node(places[0], 18),
        _node(places[1], 60),
        _node(places[2], funnel.candidates * scale),
    ]
    # Undecided candidates go on too: they stand right below those that passed, and the ribbon leaves both.
    previous, previous_x = funnel.candidates, places[2]
    for step, x in zip(funnel.steps, places[3:], strict=True):
        height = step.passed * scale
        parts += _head(x, count(step.passed), step.stage.passed, counted(step.compositions, "composition"))
        start_height = min(previous, step.entered) * scale
        parts.append(_ribbon(previous_x + NODE, start_height, x, step.entered * scale, colour=BLUE, opacity=0.28))
        parts.append(_node(x, max(height, 2 if step.entered else 0)))
        parts += _losses(step, x, height, scale)
        previous, previous_x = step.entered, x
    label = (
        f"Funnel: {funnel.mothers} mothers, {funnel.compositions} compositions, {funnel.candidates} "
        f"candidates, {funnel.survivors} survivors"
    )
    return tag(
        "svg",
        tag("title", label),
        parts,
        viewBox=f"0 0 {WIDTH + 60} {HEIGHT}",
        role="img",
        aria_label=label,
        class_="sankey",
        xmlns="http://www.w3.org/2000/svg",
        font_family="system-ui, sans-serif",
        font_size=13,
    )


def _head(x: float, number: str, *lines: str) -> list[Markup]:
    middle = x + NODE / 2
    return [
        tag("text", number, x=middle, y=24, text_anchor="middle", font_size=20, font_weight=700),
        *(
            tag("text", line, x=middle, y=43 + 16 * row, text_anchor="middle", class_="soft")
            for row, line in enumerate(lines)
        ),
    ]


def _node(x: float, height: float) -> Markup:
    return tag("rect", x=f"{x:.1f}", y=TOP, width=NODE, height=f"{height:.1f}", fill=BLUE)


def _fan(x1: float, height1: float, x2: float, height2: float) -> Markup:
    return _ribbon(x1 + NODE, height1, x2, height2, colour=GREY, opacity=0.18)


def _ribbon(x1: float, height1: float, x2: float, height2: float, *, colour: str, opacity: float) -> Markup:
    middle = (x1 + x2) / 2
    path = (
        f"M{x1:.1f} {TOP} C{middle:.1f} {TOP} {middle:.1f} {TOP} {x2:.1f} {TOP} V{TOP + height2:.1f} "
        f"C{middle:.1f} {TOP + height2:.1f} {middle:.1f} {TOP + height1:.1f} {x1:.1f} {TOP + height1:.1f} Z"
    )
    return tag("path", d=path, fill=colour, fill_opacity=opacity)


def _losses(step: FunnelStep, x: float, kept: float, scale: float) -> list[Markup]:
    """Draw what fails or stays undecided as stumps below the node, each with its number in words."""
    parts, y, line = [], TOP + kept + 3, TOP + FLOW + 30
    for number, word, colour, sign in (
        (step.undecided, "undecided", ORANGE, "?"),
        (step.failed, "rejected", VERMILLION, "✗"),
        (step.outranked, "not the lowest", GREY, "="),
        (step.waiting, "waiting", GREY, "…"),
        (step.spared, "not continued", GREY, "="),
    ):
        if not number:
            continue
        if word != "not continued":
            height = max(number * scale, 2)
            parts.append(tag("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=NODE, height=f"{height:.1f}", fill=colour))
            y += height + 2
        ink = colour if colour != ORANGE else "#8a5f00"
        parts.append(tag("text", f"{sign} {number:,} {word}", x=x + NODE / 2, y=line, text_anchor="middle", fill=ink))
        line += 17
    return parts


def funnel_table(funnel: Funnel) -> Markup:
    """Return the same numbers as a table, for readers who cannot use the drawing."""
    headings = (
        "stage", "entered", "passed", "rejected", "not the lowest of their composition", "undecided", "waiting",
        "passed, not continued", "continued despite rejection (audit)", "compositions left",
    )  # fmt: skip
    rows = (
        (
            step.stage.heading, step.entered, step.passed, step.failed, step.outranked, step.undecided, step.waiting,
            step.spared, step.audited, step.compositions,
        )
        for step in funnel.steps
    )  # fmt: skip
    return plain_table(headings, rows)
