"""How the ions of one candidate move, as a part of its section."""

from screening.mechanism.result import Mechanism
from screening.mechanism.wording import mechanism_lines
from screening.report.drawing.mechanism_charts import mechanism_charts
from screening.report.drawing.transport_charts import figures
from screening.report.html.markup import Markup, facts, folded, join, tag


def mechanism_section(found: Mechanism) -> Markup:
    """Return a folded part with sites, jumps, network and charts of one run."""
    notes = tag("ul", (tag("li", warning) for warning in found.warnings), class_="notes") if found.warnings else None
    return folded(
        f"How the ions move: {found.species} at {found.temperature_K:g} K, {found.length_ps:.4g} ps",
        join(facts((label.strip(), text) for label, text in mechanism_lines(found)), notes),
        figures(mechanism_charts(found)),
    )
