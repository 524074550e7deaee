"""Fixtures that several tests of the Ewald engine share."""

import pytest

from tests.ewald.cells import na3sbs4


@pytest.fixture
def doped_na3sbs4():
    """Give the maker of doped Na3SbS4 cells."""
    return na3sbs4
