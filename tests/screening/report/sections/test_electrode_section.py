import re

import pytest

from screening.decision import Stage, Verdict
from screening.hull.hull import hull_energies
from screening.hull.result import ElectrodeReaction
from screening.record.history import histories
from screening.report import report_page
from screening.report.sections.electrode_section import electrode_section, reactivity_chart
from screening.report.sections.phase_diagram_section import phase_diagram_section
from tests.campaign_record import make_record
from tests.screening.hull.phases import NA_SB_S, phase, references


@pytest.fixture(scope="module")
def record():
    """A record whose first candidates have real hulls against hand-made references."""
    made = make_record()
    chosen = list(made.candidates[:3])
    formulas = ("Na3SbS4", "Na6SbWS8", "Na3SbS3")
    relaxed = [phase(formula, -0.9, c.id) for formula, c in zip(formulas, chosen, strict=True)]
    known = references(NA_SB_S | {"W": 0.0, "WS2": -0.9})
    hulls = hull_energies(relaxed, known, mobile="Na", window=True, cathodes=("NaCrO2",))
    return made.model_copy(
        update={
            "candidates": tuple(chosen), "relaxed": tuple(relaxed), "references": tuple(known), "hulls": hulls,
            "md": (), "decisions": tuple(d for d in made.decisions if d.stage is Stage.HULL),
        }
    )  # fmt: skip


def test_the_table_shows_products_at_both_limits_and_every_electrode(record):
    section = electrode_section(record)
    for hull in record.hulls:
        assert hull.reduction.replace(">", "&gt;") in section
        assert hull.oxidation.replace(">", "&gt;") in section
    assert "not passivating: Na2S + Na3Sb" in section
    assert "unknown: no reference phase of Cr, O" in section


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
