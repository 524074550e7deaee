from types import SimpleNamespace

import pytest

from screening.plan.forecast import estimate_seconds


def seconds(configurations, ions=200, **limit):
    return estimate_seconds(SimpleNamespace(configurations=configurations, ions=ions), **limit)


def test_larger_spaces_and_cells_take_longer_and_small_ones_only_their_set_up():
    assert seconds(1) == seconds(10**6) < seconds(10**7) < seconds(10**40)
    assert seconds(1, ions=100) < seconds(1, ions=200)


@pytest.mark.parametrize("configurations", [0, 10**400])
def test_no_space_is_too_small_or_too_large_for_a_number(configurations):
    assert 0 < seconds(configurations) < 1e6


def test_no_search_is_foretold_beyond_its_limit():
    assert seconds(10**40, time_limit_s=30) == 30
    assert seconds(1, time_limit_s=30) == seconds(1)
