"""The moment at which a search stops."""

import pytest

from ewald.parallel.clock import Deadline
from tests.ewald.ticks import Ticks


def test_deadline():
    clock = Ticks()
    never = Deadline.after(None, clock)
    assert not never.passed()
    assert never.left_s is None
    assert never.part(0.5) is never
    assert clock.read == 0
    soon = Deadline.after(10.0, clock)
    assert soon.at_s == 11.0
    assert not soon.passed()
    assert soon.part(0.5).at_s == pytest.approx(3.0 + 0.5 * (11.0 - 4.0))
    assert soon.later(5.0).at_s == 16.0
