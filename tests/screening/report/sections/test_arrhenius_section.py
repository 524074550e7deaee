"""The best candidates in one drawing, beside the literature."""

from screening.campaign.literature import LiteraturePoint
from screening.record.ranking import best_first
from screening.report.sections.arrhenius_section import MOST, arrhenius_section, best_runs, literature_of
from tests.campaign_record import make_record

RECORD = make_record()


def test_the_best_with_runs_are_drawn_and_no_more_than_can_be_told_apart():
    listed = best_first(RECORD)
    page = str(arrhenius_section(RECORD, listed))
    with_runs = [history.id for history in listed if best_runs(history)]
    assert all(name in page for name in with_runs[:MOST])
    assert not any(f"#candidate-{name}" in page for name in with_runs[MOST:])


def test_points_belong_to_a_mother_and_to_a_composition_where_one_is_named():
    history = next(h for h in best_first(RECORD) if h.candidate.mother == "Na3SbS4")
    own = history.structure.composition.reduced_formula

    def point(**changes):
        values = {"mother": "Na3SbS4", "temperature_K": 300, "sigma_mS_cm": 1, "source": "x"} | changes
        return LiteraturePoint.model_validate(values)

    points = [point(), point(formula=own), point(formula="Na3SbS4"), point(mother="Na3PS4")]
    assert literature_of(history, points) == tuple(points[:2])
