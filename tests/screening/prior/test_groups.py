from screening.prior.groups import held_out_groups
from screening.prior.measured import Measurement


def measured(*pairs):
    return [Measurement(formula=f, mobile="Li", log10_sigma_S_cm=-4, source=s) for f, s in pairs]


def test_publications_that_share_a_composition_are_one_group():
    found = held_out_groups(measured(("Li3N", "a"), ("Li3PO4", "a"), ("Li6N2", "b"), ("LiI", "b"), ("LiF", "c")))
    assert len(set(found[:4])) == 1
    assert found[4] != found[0]


def test_measurements_without_a_source_stand_alone():
    assert len(set(held_out_groups(measured(("Li3N", ""), ("LiF", ""), ("LiI", ""))))) == 3
