import itertools

import numpy as np
import pytest

from ewald.search.exact.patterns import distinct_patterns, enumerable
from tests.ewald.search.exact.spaces import salt


@pytest.mark.parametrize("wanted", [1, 2, 5, 8])
def test_one_pattern_of_every_orbit(wanted):
    group = salt(2).group
    images = np.ascontiguousarray(group.permutations[:, :16])
    if images.max() >= 16:  # dopant sites come second
        images = np.ascontiguousarray(group.permutations[:, 48:] - 48)
    masks, sizes = distinct_patterns(images, wanted)
    seen = set()
    for choice in itertools.combinations(range(16), wanted):
        seen.add(min(tuple(sorted(row[list(choice)])) for row in np.unique(images, axis=0)))
    assert len(masks) == len(seen)
    assert sizes.sum() == len(list(itertools.combinations(range(16), wanted)))
    assert all(int(mask).bit_count() == wanted for mask in masks)


def test_large_choices_are_not_listed():
    assert enumerable(24, 12, 192)
    assert not enumerable(24, 12, 1)
    assert not enumerable(70, 2, 1000)
