import re

from screening.decision import Verdict
from screening.hull.result import ElectrodeReaction
from screening.record.history import histories
from screening.report import report_page
from screening.report.html.labels import reaction_markup
from screening.report.sections.electrode_section import electrode_section, passivation, reactivity_chart
from screening.report.sections.phase_diagram_section import phase_diagram_section
from tests.campaign_record import make_record


def test_the_table_shows_products_at_both_limits_and_every_electrode(record):
    section = electrode_section(record)
    near = [history for history in histories(record).values() if history.near_hull]
    assert near
    for hull in (history.hull for history in near):
        assert hull.reduction.replace(">", "&gt;") in section
        assert hull.oxidation.replace(">", "&gt;") in section
        assert reaction_markup(hull.reduction) in section
        assert reaction_markup(hull.oxidation) in section
    assert "Not shown here: 1 candidate" in section
    (hull,) = (hull for hull in record.hulls if hull.candidate_id not in {history.id for history in near})
    assert "not passivating: Na<sub>2</sub>S + Na<sub>3</sub>Sb" in passivation(hull)
    assert "unknown: no reference phase of Cr, O" in section


def test_only_the_numbers_within_formulas_are_lowered():
    shown = reaction_markup("Na3SbS4 + 2 Na -> 0.5 Na2S2 + Na0.5W")
    assert shown == "Na<sub>3</sub>SbS<sub>4</sub> + 2 Na → 0.5 Na<sub>2</sub>S<sub>2</sub> + Na<sub>0.5</sub>W"


def test_the_curve_passes_through_every_kink():
    reaction = ElectrodeReaction(
        partner="Na", energy_meV_per_atom=-100.0, curve=((0.0, 0.0), (0.4, -100.0), (1.0, -20.0))
    )
    drawing = reactivity_chart((reaction,))
    points = re.search(r'<polyline points="([^"]+)"', drawing)[1].split()
    assert len(points) == 3
    heights = [float(point.split(",")[1]) for point in points]
    assert heights[1] == max(heights)
    assert reactivity_chart(()) is None


def test_the_whole_page_holds_them(record):
    page = report_page(record)
    assert "Phase diagrams" in page
    assert "Mixtures with the electrodes" in page
    assert Verdict.PASS in page


def test_without_references_the_page_says_so():
    made = make_record()
    assert "No relaxed reference phases" in phase_diagram_section(made, list(histories(made).values()))
