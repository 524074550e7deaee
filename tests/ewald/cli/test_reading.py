"""From arguments to spaces."""

import pytest

from ewald.cli.parser import build_parser
from ewald.cli.reading import one_space, read_spaces
from ewald.errors import UserError
from ewald.space.space import ConfigurationSpace


def read(*arguments):
    return read_spaces(build_parser().parse_args(["count", *arguments]))


def test_one_space_or_one_for_each_neutral_choice(cell):
    assert read(cell).configurations == 36
    spaces = read(cell, "--free", "M", "--free", "X")
    assert isinstance(spaces, tuple)
    assert all(isinstance(space, ConfigurationSpace) and space.neutral for space in spaces)
    assert len(spaces) == 5
    assert sum(space.configurations == 36 for space in spaces) == 1


def test_a_space_file_is_read_back_as_the_same_problem(cell, tmp_path):
    written = tmp_path / "again.yaml"
    first = read(cell, "--write-space", str(written))
    assert read(str(written)).problem_hash == first.problem_hash


def test_options_that_need_one_space_are_refused_for_several(cell, tmp_path):
    spaces = read(cell, "--free", "M", "--free", "X")
    with pytest.raises(UserError, match="--certificate: numbers of ions are free"):
        one_space(spaces, "--certificate")
    with pytest.raises(UserError, match="there are several spaces"):
        read(cell, "--free", "M", "--free", "X", "--write-space", str(tmp_path / "space.yaml"))
    assert not (tmp_path / "space.yaml").exists()
    with pytest.raises(UserError, match="--free and --balance"):
        read(cell, "--free", "M", "--balance", "X")
