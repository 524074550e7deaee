"""Phase diagrams of the campaign's chemical systems: stable phases, tie lines, and where the candidates lie."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from ewald.errors import UserError
from ewald.numbers import counted, significant
from screening.decision import Stage, Verdict
from screening.record.funnel import is_outranked
from screening.record.history import CandidateHistory
from screening.record.record import CampaignRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.report.drawing.chart import Chart, legend, marker
from screening.report.html.markup import Markup, join, tag
from screening.report.html.palette import BLACK, GREY, VERDICT_COLOUR, VERDICT_SHAPE

if TYPE_CHECKING:
    from pymatgen.analysis.phase_diagram import PhaseDiagram

MOST = 12
"""Systems drawn, those with the most candidates first."""
LARGEST = 4
"""Components that can be drawn on paper."""
WIDTH, HEIGHT, MARGIN = 460, 420, 44
CORNERS = {
    3: ((0.0, 0.0), (1.0, 0.0), (0.5, 0.9)),
    4: ((0.0, 0.12), (0.72, 0.0), (1.0, 0.34), (0.5, 1.0)),
}
"""Where pure elements lie: a triangle, and a tetrahedron seen from the side."""
SUBSCRIPTS = str.maketrans("0123456789.", "₀₁₂₃₄₅₆₇₈₉.")


def phase_diagram_section(record: CampaignRecord, candidates: list[CandidateHistory]) -> Markup:
    """Return one drawing for each chemical system of the candidates.

    Parameters
    ----------
    record
        The campaign; its relaxed references are the competing phases.
    candidates
        Histories, best first.
    """
    if not record.references:
        return tag("p", "No relaxed reference phases to draw: they came from a list of entries, or none ran yet.")
    systems: dict[tuple[str, ...], list[CandidateHistory]] = {}
    for history in candidates:
        if history.relaxed is not None and history.hull is not None:
            systems.setdefault(_system(history), []).append(history)
    by_size = sorted(systems.items(), key=lambda item: -len(item[1]))
    drawable = [(system, inside) for system, inside in by_size if 2 <= len(system) <= LARGEST]
    known = [reference for reference in record.references if reference.converged]
    figures = [figure for system, inside in drawable[:MOST] if (figure := _figure(known, inside, system)) is not None]
    left = len(systems) - len(figures)
    note = f"{left} chemical systems are not drawn: more than {LARGEST} components, or after the first {MOST}."
    verdicts = [(f"candidate, hull: {v}", VERDICT_COLOUR[v], VERDICT_SHAPE[v]) for v in Verdict]
    return join(
        tag("p", "Lines join phases that coexist. The name and hull energy of a candidate show under the pointer."),
        legend([("stable phase", BLACK, "circle"), *verdicts]),
        tag("div", join(*figures), class_="figures"),
        tag("p", note, class_="note") if left else None,
    )


def _system(history: CandidateHistory) -> tuple[str, ...]:
    structure = history.relaxed.structure if history.relaxed is not None else history.candidate.structure
    return tuple(sorted({element.symbol for element in structure.elements}))


def _figure(
    references: Sequence[RelaxedStructure], candidates: list[CandidateHistory], system: tuple[str, ...]
) -> Markup | None:
    from screening.hull.entries import entries_of
    from screening.hull.hull import phase_diagram

    try:
        diagram = phase_diagram(entries_of(references).within(system), frozenset(system))
    except UserError:
        return None
    drawing = _binary(diagram, system, candidates) if len(system) == 2 else _polytope(diagram, system, candidates)
    phases = counted(len(diagram.stable_entries), "stable phase")
    caption = f"{'-'.join(system)}: {phases}, {counted(len(candidates), 'candidate')}"
    return tag("figure", drawing, tag("figcaption", caption))


def _binary(diagram: "PhaseDiagram", system: tuple[str, ...], candidates: list[CandidateHistory]) -> Markup:
    stable = sorted(
        (entry.composition.get_atomic_fraction(system[1]), 1000 * diagram.get_form_energy_per_atom(entry), entry)
        for entry in diagram.stable_entries
    )  # fmt: skip
    points = [(x, energy) for x, energy, _ in stable]
    own = [
        (_fraction(d, system[1]), 1000 * (d.hull.formation_energy_eV_per_atom or 0.0), d) for d in candidates if d.hull
    ]
    chart = Chart(
        f"Convex hull of {'-'.join(system)}", f"share of {system[1]}", "formation energy (meV/atom)",
        [0.0, 1.0], [energy for _, energy in points] + [energy for _, energy, _ in own], width=WIDTH, height=300,
    )  # fmt: skip
    chart.line(points, GREY)
    for x, energy, entry in stable:
        chart.mark(x, energy, BLACK, "circle", label=pretty(entry.composition.reduced_formula))
    for x, energy, history in reversed(own):
        verdict = _verdict(history)
        chart.mark(x, energy, VERDICT_COLOUR[verdict], VERDICT_SHAPE[verdict], label=_label(history))
    return chart.svg()


def _polytope(diagram: "PhaseDiagram", system: tuple[str, ...], candidates: list[CandidateHistory]) -> Markup:
    lines = {
        tuple(sorted(pair)) for facet in diagram.facets for pair in combinations((int(index) for index in facet), 2)
    }
    entries = diagram.qhull_entries
    at = [_place({s: entry.composition.get_atomic_fraction(s) for s in system}, system) for entry in entries]
    parts = [
        tag("line", x1=f"{at[a][0]:.1f}", y1=f"{at[a][1]:.1f}", x2=f"{at[b][0]:.1f}", y2=f"{at[b][1]:.1f}",
            stroke=GREY, stroke_opacity=0.55)
        for a, b in sorted(lines)
    ]  # fmt: skip
    labels: list[tuple[float, float]] = []
    for index, entry in enumerate(entries):
        if entry not in diagram.stable_entries:
            continue
        x, y = at[index]
        parts.append(marker(x, y, "circle", 3.5, BLACK))
        parts.append(_text(pretty(entry.composition.reduced_formula), x, y, labels))
    for history in reversed(candidates):  # the best on top
        x, y = _place({s: _fraction(history, s) for s in system}, system)
        verdict = _verdict(history)
        shape = marker(x, y, VERDICT_SHAPE[verdict], 4.5, VERDICT_COLOUR[verdict])
        parts.append(tag("g", tag("title", _label(history)), shape))
    return tag(
        "svg", tag("title", f"Phase diagram of {'-'.join(system)}"), parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img", class_="chart",
    )  # fmt: skip


def _verdict(history: CandidateHistory) -> Verdict:
    """Return the hull's verdict; one that only stopped because a lower arrangement goes on met the threshold."""
    return Verdict.PASS if is_outranked(history, Stage.HULL) else history.verdict(Stage.HULL) or Verdict.UNDECIDED


def _place(fractions: dict[str, float], system: tuple[str, ...]) -> tuple[float, float]:
    corners = CORNERS[len(system)]
    x = sum(fractions[s] * corner[0] for s, corner in zip(system, corners, strict=True))
    y = sum(fractions[s] * corner[1] for s, corner in zip(system, corners, strict=True))
    return MARGIN + x * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN)


def _text(label: str, x: float, y: float, taken: list[tuple[float, float]]) -> Markup:
    """Put a label near its point, at the first of some places where it covers no other."""
    for dx, dy in ((7, -5), (7, 13), (-7, -5), (-7, 13), (7, -17), (-7, -17), (7, 25), (-7, 25)):
        left = x + dx if dx > 0 else x + dx - 6.5 * len(label)
        spot = (left, y + dy)
        if all(abs(spot[0] - a) > 42 or abs(spot[1] - b) > 11 for a, b in taken):
            break
    taken.append(spot)
    anchor = "start" if dx > 0 else "end"
    return tag("text", label, x=f"{x + dx:.1f}", y=f"{y + dy:.1f}", text_anchor=anchor, class_="phase")


def _fraction(history: CandidateHistory, symbol: str) -> float:
    structure = history.relaxed.structure if history.relaxed is not None else history.candidate.structure
    return float(structure.composition.element_composition.get_atomic_fraction(symbol))


def _label(history: CandidateHistory) -> str:
    energy = history.hull.hull_energy_meV_per_atom if history.hull else None
    return f"{history.id}: hull energy {significant(energy)} meV/atom"


def pretty(formula: str) -> str:
    """Return a formula with lowered digits, for drawings.

    Examples
    --------
    >>> pretty("Na3SbS4")
    'Na₃SbS₄'
    """
    return formula.translate(SUBSCRIPTS)
