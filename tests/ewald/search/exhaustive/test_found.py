"""Parts of a search add up in any order, and survive a journey as bytes."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.search.exhaustive.found import Found

WHOLE = st.integers(-(2**90), 2**90)


@st.composite
def parts(draw):
    histogram = np.array(draw(st.lists(st.integers(0, 2**50), max_size=6)), dtype=np.int64)
    entries = draw(st.dictionaries(st.binary(min_size=1, max_size=3), st.floats(allow_nan=False), max_size=4))
    return Found(draw(st.integers(0, 2**70)), draw(st.integers(0, 2**70)), draw(WHOLE), draw(WHOLE), histogram, entries)


def plain(found, *, width=6):
    histogram = np.pad(found.histogram, (0, width - len(found.histogram))).tolist()
    return found.visited, found.count, found.first, found.square, histogram


@given(parts(), parts(), parts())
def test_sums_do_not_depend_on_the_order(a, b, c):
    assert plain(a.plus(b)) == plain(b.plus(a))
    assert plain(a.plus(b).plus(c)) == plain(a.plus(b.plus(c)))
    assert plain(a.plus(Found())) == plain(a)
    assert a.plus(b).entries.keys() == a.entries.keys() | b.entries.keys()
    assert len(a.plus(b).histogram) == max(len(a.histogram), len(b.histogram))


@given(parts())
def test_bytes_give_back_every_bit(found):
    again = Found.decode(found.encode())
    assert plain(again) == plain(found)
    assert len(again.histogram) == len(found.histogram)
    assert {key: energy.hex() for key, energy in again.entries.items()} == {
        key: energy.hex() for key, energy in found.entries.items()
    }
    assert again.encode() == found.encode()


def test_adding_leaves_the_parts_as_they_were():
    one = Found(1, 1, 2, 4, np.array([1, 0]), {b"a": -1.0})
    one.plus(Found(1, 1, 2, 4, np.array([5]), {b"b": -2.0}))
    assert one.histogram.tolist() == [1, 0]
    assert one.entries == {b"a": -1.0}


def test_cut_bytes_are_an_error():
    data = Found(1, 1, 0, 0, np.arange(40), {}).encode()
    with pytest.raises(zlib.error):
        Found.decode(data[:-5])
