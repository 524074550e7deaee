"""From the arguments of a command to the space, or the spaces, that it is about."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.errors import UserError

if TYPE_CHECKING:
    from ewald.space.space import ConfigurationSpace


def read_spaces(options: argparse.Namespace) -> "tuple[ConfigurationSpace, ...] | ConfigurationSpace":
    """Read the input, and write the space file if one is wanted; a tuple of spaces where numbers of ions are free."""
    found = _read(options)
    if options.write_space:
        from ewald.files.atomic import write_atomic
        from ewald.io.write_space import space_text

        write_atomic(Path(options.write_space), space_text(one_space(found, "--write-space", options.write_space)))
    return found


def one_space(
    found: "tuple[ConfigurationSpace, ...] | ConfigurationSpace", option: str, value: str | None = None
) -> "ConfigurationSpace":
    """Return the only space, or refuse an option that needs a single one."""
    if isinstance(found, tuple):
        raise UserError("numbers of ions are free: there are several spaces", field=option, value=value)
    return found


def _read(options: argparse.Namespace) -> "tuple[ConfigurationSpace, ...] | ConfigurationSpace":
    from ewald.io.read import from_file, is_space_file, neutral_spaces
    from ewald.io.structure import existing_file

    given = _input_options(options)
    free = bool(options.free)
    if not free and is_space_file(existing_file(options.input)):
        from ewald.io.space_file import has_free_numbers

        free = has_free_numbers(Path(options.input))
    if not free:
        return from_file(options.input, **given)
    if options.balance:
        raise UserError("--free and --balance exclude one another", field="--balance", value=options.balance)
    return neutral_spaces(options.input, options.free, **given)


def _input_options(options: argparse.Namespace) -> dict[str, Any]:
    from ewald.io.oxidation import parse_charges

    given: dict[str, Any] = {
        "supercell": options.supercell,
        "charges": parse_charges(options.charges) if options.charges else None,
        "couple": tuple(options.couple) or None,
        "balance": options.balance,
        "min_distance_A": options.min_distance,
        "occupancy_tolerance": options.occupancy_tolerance,
        "symprec_A": options.symprec,
        "block": options.block,
        "occupancy": tuple(options.occupancy) or None,
        "ignore_formula": options.ignore_formula or None,
        "mobile": options.mobile,
        "most_ions": options.ions,
        "strict": options.strict or None,
        "pairs": options.pairs,
    }
    for name in ("min_distance_A", "occupancy_tolerance", "symprec_A"):
        value = given[name]
        if value is not None and not 0 <= value < float("inf"):
            raise UserError("must be a number, zero or more", field=name, value=value)
    if options.ions is not None and options.ions < 1:
        raise UserError("must be one or more", field="--ions", value=options.ions)
    return {name: value for name, value in given.items() if value is not None}
