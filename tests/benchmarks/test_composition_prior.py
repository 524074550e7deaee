from benchmarks.composition_prior.__main__ import COLUMNS, TEST, line
from screening.prior import Scores, read_measurements, shipped_measurements


def test_the_test_split_shares_no_publication_with_what_is_learned_from():
    test = read_measurements(TEST)
    assert len(test) == 121
    assert not {one.source for one in test} & {one.source for one in shipped_measurements()}


def test_a_row_has_every_column():
    scores = Scores(
        measurements=3, bounds=1, mae=1.234, mae_obelix=2.0, mae_at_bound=1.5, spearman=0.5, held90=0.9
    )  # fmt: skip
    assert line("x", scores) == "| x | 3 | 1.23 | 2.00 | 1.50 | 0.50 | 90 % |"
    assert line("x", scores).count("|") == COLUMNS.count("|")
