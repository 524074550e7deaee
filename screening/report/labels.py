"""Small pieces of a page that recur: verdict badges, links between sections."""

from screening.decision import Verdict
from screening.export import file_name
from screening.report.markup import Markup, tag
from screening.report.palette import VERDICT_SIGN


def badge(verdict: Verdict | None) -> Markup:
    """Return a verdict as a coloured word with its sign."""
    if verdict is None:
        return tag("span", "–", class_="badge none")
    return tag("span", f"{VERDICT_SIGN[verdict]} {verdict}", class_=f"badge {verdict}")


def anchor(candidate: str) -> str:
    """Return the page anchor of a candidate's section."""
    return f"candidate-{file_name(candidate)}"


def candidate_link(candidate: str) -> Markup:
    """Return a link to a candidate's section."""
    return tag("a", candidate, href=f"#{anchor(candidate)}")


def subscripted(formula: str) -> Markup:
    """Return a chemical formula with lowered numbers (`Na3PS4`)."""
    import re

    parts = re.split(r"(\d+(?:\.\d+)?)", formula)
    return Markup("".join(tag("sub", part) if index % 2 else tag("span", part) for index, part in enumerate(parts)))
