"""Phase diagrams of the campaign's chemical systems: stable phases, tie lines, and where the candidates lie."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from pymatgen.core import Composition

from ewald.errors import UserError
from ewald.numbers import counted, significant
from screening.decision import Stage, Verdict
from screening.hull.written import written_formula
from screening.record.funnel import is_outranked
from screening.record.history import CandidateHistory
from screening.record.record import CampaignRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.report.drawing.chart import Chart, drawing, legend, marker, segment, words
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
        The candidates to draw, best first.
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
    return tuple(sorted({element.symbol for element in history.structure.elements}))


def _figure(
    references: Sequence[RelaxedStructure], candidates: list[CandidateHistory], system: tuple[str, ...]
) -> Markup | None:
    from screening.hull.entries import entries_of
    from screening.hull.hull import phase_diagram

    try:
        diagram = phase_diagram(entries_of(references).within(system), frozenset(system))
    except UserError:
        return None
    image = _binary(diagram, system, candidates) if len(system) == 2 else _polytope(diagram, system, candidates)
    phases = counted(len(diagram.stable_entries), "stable phase")
    caption = f"{'-'.join(system)}: {phases}, {counted(len(candidates), 'candidate')}"
    return tag("figure", image, tag("figcaption", caption))


def _binary(diagram: "PhaseDiagram", system: tuple[str, ...], candidates: list[CandidateHistory]) -> Markup:
    stable = sorted(
        (_share(e.composition, system[1]), 1000 * diagram.get_form_energy_per_atom(e), e)
        for e in diagram.stable_entries
    )
    own = [
        (_share(h.structure.composition, system[1]), 1000 * (h.hull.formation_energy_eV_per_atom or 0.0), h)
        for h in candidates
        if h.hull
    ]
    energies = [energy for _, energy, _ in (*stable, *own)]
    chart = Chart(
        f"Convex hull of {'-'.join(system)}", f"share of {system[1]}", "formation energy (meV/atom)",
        [0.0, 1.0], energies, width=WIDTH, height=300,
    )  # fmt: skip
    chart.line([(x, energy) for x, energy, _ in stable], GREY)
    for x, energy, entry in stable:
        chart.mark(x, energy, BLACK, "circle", label=pretty(written_formula(entry.composition)))
    for x, energy, history in reversed(own):  # the best on top
        chart.mark(x, energy, *_style(history), label=_label(history))
    return chart.svg()


def _polytope(diagram: "PhaseDiagram", system: tuple[str, ...], candidates: list[CandidateHistory]) -> Markup:
    entries = diagram.qhull_entries
    at = [_place(entry.composition, system) for entry in entries]
    ties = {tuple(sorted(map(int, pair))) for facet in diagram.facets for pair in combinations(facet, 2)}
    parts = [segment(*at[a], *at[b], stroke=GREY, stroke_opacity=0.55) for a, b in sorted(ties)]
    labels: list[tuple[float, float]] = []
    for place, entry in zip(at, entries, strict=True):
        if entry in diagram.stable_entries:
            parts.append(marker(*place, "circle", 3.5, BLACK))
            parts.append(_text(pretty(written_formula(entry.composition)), *place, labels))
    for history in reversed(candidates):  # the best on top
        colour, shape = _style(history)
        drawn = marker(*_place(history.structure.composition, system), shape, 4.5, colour)
        parts.append(tag("g", tag("title", _label(history)), drawn))
    return drawing(f"Phase diagram of {'-'.join(system)}", WIDTH, HEIGHT, parts)


def _style(history: CandidateHistory) -> tuple[str, str]:
    """Return colour and shape of the hull's verdict; one outranked only by a lower arrangement met the threshold."""
    met = is_outranked(history, Stage.HULL)
    verdict = Verdict.PASS if met else history.verdict(Stage.HULL) or Verdict.UNDECIDED
    return VERDICT_COLOUR[verdict], VERDICT_SHAPE[verdict]


def _share(composition: Composition, symbol: str) -> float:
    return float(composition.element_composition.get_atomic_fraction(symbol))


def _place(composition: Composition, system: tuple[str, ...]) -> tuple[float, float]:
    corners = [(_share(composition, s), corner) for s, corner in zip(system, CORNERS[len(system)], strict=True)]
    x, y = (sum(share * corner[axis] for share, corner in corners) for axis in (0, 1))
    return MARGIN + x * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN)


def _text(label: str, x: float, y: float, taken: list[tuple[float, float]]) -> Markup:
    """Put a label near its point, at the first of some places where it covers no other."""
    for dx, dy in ((7, -5), (7, 13), (-7, -5), (-7, 13), (7, -17), (-7, -17), (7, 25), (-7, 25)):
        left, height = x + dx - (6.5 * len(label) if dx < 0 else 0), y + dy
        if all(abs(left - a) > 42 or abs(height - b) > 11 for a, b in taken):
            break
    taken.append((left, height))
    return words(label, x + dx, height, "start" if dx > 0 else "end", class_="phase")


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
