"""Small pieces of a page that recur: verdict badges, links between sections."""

import re

from ewald.numbers import MISSING, interval, significant
from screening.decision import Verdict
from screening.estimated import Estimate
from screening.record.handover.structure_set import file_name
from screening.report.html.markup import Content, Markup, join, tag, text
from screening.report.html.palette import VERDICT_SIGN


def badge(verdict: Verdict | None) -> Markup:
    """Return a verdict as a coloured word with its sign."""
    if verdict is None:
        return tag("span", "–", class_="badge none")
    return tag("span", f"{VERDICT_SIGN[verdict]} {verdict}", class_=f"badge {verdict}")


def estimate_lines(
    mean: float | None,
    low: float | None = None,
    high: float | None = None,
    digits: int = 2,
    *,
    bound: str | None = None,
) -> Content:
    """Return a value with its 95 % interval on a line of its own, so that columns stay narrow.

    Parameters
    ----------
    mean, low, high
        Value and interval; None where there is none.
    digits
        Significant digits.
    bound
        Why only the upper end is known.
    """
    if bound is not None:
        return join(f"< {significant(high, digits)}", tag("small", bound, class_="interval words"))
    if mean is None or (low is None and high is None):
        return significant(mean, digits)
    return join(significant(mean, digits), tag("small", f"{interval(low, high, digits)}", class_="interval"))


def estimate_cell(value: Estimate | None) -> Content:
    """Return :func:`estimate_lines` of an estimate."""
    return MISSING if value is None else estimate_lines(value.mean, value.low95, value.high95, bound=value.bound)


def anchor(candidate: str) -> str:
    """Return the page anchor of a candidate's section."""
    return f"candidate-{file_name(candidate)}"


def candidate_link(candidate: str) -> Markup:
    """Return a link to a candidate's section."""
    return tag("a", candidate, href=f"#{anchor(candidate)}")


def subscripted(formula: str) -> Markup:
    """Return a chemical formula with lowered numbers (`Na3PS4`)."""
    parts = re.split(r"(\d+(?:\.\d+)?)", formula)
    return Markup("".join(tag("sub", part) if index % 2 else text(part) for index, part in enumerate(parts)))


def reaction_markup(equation: str) -> Markup:
    """Return a reaction with lowered numbers in its formulas and an arrow (`Na3SbS4 + Na -> Na3SbS3 + 0.5 Na2S2`)."""
    parts = re.split(r"(?<=[A-Za-z)])(\d+(?:\.\d+)?)", equation.replace("->", "→"))
    return Markup("".join(tag("sub", part) if index % 2 else text(part) for index, part in enumerate(parts)))
