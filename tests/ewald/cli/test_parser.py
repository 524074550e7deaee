"""The arguments of the command line."""

import pytest

from ewald.cli.parser import build_parser


@pytest.mark.parametrize("command", ["count", "screen"])
def test_both_commands_read_a_file_with_the_same_options(command):
    options = build_parser().parse_args([command, "a.cif", "--couple", "Li", "--ions", "90", "--strict", "--json"])
    assert (options.input, options.couple, options.ions, options.strict, options.json) == (
        "a.cif",
        ["Li"],
        90,
        True,
        True,
    )


def test_a_search_has_defaults_and_a_count_has_none_of_its_options():
    options = build_parser().parse_args(["screen", "a.cif"])
    assert (options.method, options.keep, options.out, options.write) == ("auto", None, None, None)
    with pytest.raises(SystemExit):
        build_parser().parse_args(["count", "a.cif", "--method", "exact"])


def test_the_help_names_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["--help"])
    assert "3 a search that found no arrangement" in capsys.readouterr().out
