import csv

import pytest

from ewald.errors import UserError
from workflows.loop.nimo_files import NimoRow, candidates_csv, read_proposals, results_csv, with_entered


def test_candidates_have_numbers_alone_and_an_empty_objective_where_nothing_is_known():
    text = candidates_csv([NimoRow("a", (0.5, 1.0), 0.25), NimoRow("b", (0.1, 0.0))])
    rows = list(csv.reader(text.splitlines()))
    assert rows == [["x1", "x2", "log10_sigma_mS_cm"], ["0.5", "1", "0.25"], ["0.1", "0", ""]]


def test_proposals_are_read_in_their_order(tmp_path):
    path = tmp_path / "proposals.csv"
    path.write_text("actions,x1\n3,0.5\n0,0.25\n", encoding="utf-8")
    assert read_proposals(path, 4) == [3, 0]


@pytest.mark.parametrize("text", ["actions\n4\n", "actions\n-1\n", "actions\nx\n", "actions\n1.5\n"])
def test_the_number_of_no_candidate_is_refused_with_its_line(tmp_path, text):
    path = tmp_path / "proposals.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="line 2, actions"):
        read_proposals(path, 4)


def test_missing_proposals_are_said_in_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_proposals(tmp_path / "proposals.csv", 4)


@pytest.mark.parametrize(("text", "said"), [("number\n1\n", "lacks a column"), ("actions\n", "proposes nothing")])
def test_a_file_without_proposals_is_refused(tmp_path, text, said):
    path = tmp_path / "proposals.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_proposals(path, 4)


ROWS = [NimoRow("a", (0.123456789123, 1.0), 0.25), NimoRow("b", (1e-7, 0.0)), NimoRow("c", (0.3, 2.0))]


def test_values_that_others_entered_are_kept_and_those_of_the_campaign_stand(tmp_path):
    path = tmp_path / "candidates.csv"
    assert with_entered(ROWS, path) == ROWS
    lines = candidates_csv(ROWS).splitlines()
    path.write_text("\n".join([lines[0], lines[1] + "9", lines[2] + "-1.5", lines[3]]), encoding="utf-8")
    assert [row.objective for row in with_entered(ROWS, path)] == [0.25, -1.5, None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("0.3,2,", "0.4,2,"), "descriptors of c"),
        (lambda text: text.replace("0.3,2,", "0.3,"), "descriptors of c"),
        (lambda text: text + "1,1,\n", "4 rows"),
        (lambda text: text.replace("0.3,2,", "0.3,2,fast"), "is not a value"),
        (lambda text: text.replace("0.3,2,", "0.3,2,inf"), "is not a value"),
    ],
)
def test_a_table_of_other_compositions_or_without_numbers_is_refused(tmp_path, change, said):
    path = tmp_path / "candidates.csv"
    path.write_text(change(candidates_csv(ROWS)), encoding="utf-8")
    with pytest.raises(UserError, match=said):
        with_entered(ROWS, path)


def test_results_are_one_line_for_each_proposal():
    assert results_csv([0.25, -3.0]) == "0.25\n-3\n"
