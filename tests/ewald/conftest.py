"""Fixtures that several tests of the Ewald engine share, and the makers of their cells made importable."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cells import na3sbs4


@pytest.fixture
def doped_na3sbs4():
    """Give the maker of doped Na3SbS4 cells."""
    return na3sbs4
