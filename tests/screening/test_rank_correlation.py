"""The rank correlation is that of scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import spearmanr

from screening.rank_correlation import rank_correlation

PAIRS = some.lists(some.tuples(some.integers(-3, 3), some.integers(-3, 3)), min_size=3, max_size=30)


@given(PAIRS.filter(lambda pairs: all(len(set(column)) > 1 for column in zip(*pairs, strict=True))))
def test_rank_correlation_equals_that_of_scipy(pairs: list[tuple[float, float]]) -> None:
    first, second = zip(*pairs, strict=True)
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic, abs=1e-12)
