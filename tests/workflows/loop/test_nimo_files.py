import csv

import pytest

from ewald.errors import UserError
from workflows.loop.nimo_files import NimoRow, candidates_csv, read_proposals


def test_candidates_have_numbers_alone_and_an_empty_objective_where_nothing_is_known():
    text = candidates_csv([NimoRow("a", (0.5, 1.0), 0.25), NimoRow("b", (0.1, 0.0))])
    rows = list(csv.reader(text.splitlines()))
    assert rows == [["x1", "x2", "log10_sigma_mS_cm"], ["0.5", "1", "0.25"], ["0.1", "0", ""]]


def test_proposals_are_read_in_their_order(tmp_path):
    path = tmp_path / "proposals.csv"
    path.write_text("actions,x1\n3,0.5\n0,0.25\n", encoding="utf-8")
    assert read_proposals(path, 4) == [3, 0]


@pytest.mark.parametrize("text", ["actions\n4\n", "actions\n-1\n", "actions\nx\n", "number\n1\n", "actions\n1.5\n"])
def test_the_number_of_no_candidate_is_refused_with_its_line(tmp_path, text):
    path = tmp_path / "proposals.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="line 2, actions"):
        read_proposals(path, 4)


def test_missing_proposals_are_said_in_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_proposals(tmp_path / "proposals.csv", 4)
