"""The files of other conductors open without options."""

from pathlib import Path

import pytest

from ewald import ConfigurationSpace

FILES = sorted((Path(__file__).parents[2] / "benchmarks/other_conductors").glob("*.cif"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_opens_neutral_and_close_to_the_file(file):
    space = ConfigurationSpace.from_file(file)
    assert space.neutral
    assert space.approximant.composition_change < 0.03
    assert not any(one.in_file == 0 < one.taken for one in space.approximant.counts if one.species != "vacancy")
