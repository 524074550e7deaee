from screening.report.choice_section import choice_section
from screening.report.page import report_page
from tests.screening.record.test_prior_check import RECORD, outlook, predicted, sentence_of


def test_the_report_shows_predictions_and_what_was_left_with_its_chances():
    record, truth = predicted(over="the budget of 3 core hours is spent", not_begun=(outlook("left-over"),))
    section = choice_section(record)
    assert section in report_page(record)
    assert sentence_of(record) in section
    assert all(name in section for name in truth)
    assert "left-over" in section
    assert "the budget of 3 core hours is spent" in section


def test_a_campaign_that_goes_on_shows_what_is_open_and_no_end():
    record = predicted(unfinished=(outlook("half-way"),))[0]
    assert "started, open" in choice_section(record)
    assert "No new work is started" not in choice_section(record)


def test_there_is_no_section_where_nothing_was_predicted_or_chosen():
    assert "Prediction and choice" not in report_page(RECORD)
