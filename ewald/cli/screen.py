"""The command ``ewald screen``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.cli import neutral as cli_neutral
from ewald.cli import prove as cli_prove
from ewald.cli.reading import one_space, read_spaces
from ewald.cli.text import kept, show, show_space, summary
from ewald.cli.write import WriteOptions, parse_mode, write_arrangements
from ewald.errors import UserError
from ewald.parallel.progress import TerminalProgress
from ewald.parallel.transport import world_communicator
from ewald.search.screen import screen

if TYPE_CHECKING:
    from ewald.search.result import ScreenResult
    from ewald.space.space import ConfigurationSpace

#: Exit code of a search that ended without an arrangement.
NOTHING_FOUND = 3


def screen_command(options: argparse.Namespace) -> int:
    """Read, search, print and write; the exit code is 0, or 3 if no arrangement was found."""
    _check(options)
    comm = world_communicator()
    first = comm is None or comm.Get_rank() == 0
    found = read_spaces(options)
    settings: dict[str, Any] = {
        "method": options.method,
        "tolerance_meV_per_ion": options.tolerance,
        "time_limit_s": options.time_limit,
        "resume": options.resume,
        "seed": options.seed,
        "comm": comm,
        "workers": options.workers,
        "use_symmetry": not options.no_symmetry,
        "file_format": options.format,
        "progress": TerminalProgress() if first else None,
    }
    if isinstance(found, tuple):
        return _screen_each(found, options, settings, first=first)
    if first and not options.json:
        show_space(found)
    keep = kept(options.keep, found, use_symmetry=not options.no_symmetry)
    result = screen(found, keep=keep, out=options.out, **settings)
    if first:
        settings["progress"].close()
        _report(result, found, options, settings)
    return 0 if result.lowest else NOTHING_FOUND


def _check(options: argparse.Namespace) -> None:
    """Refuse arguments that do not go together, before anything is read."""
    if options.out is None:
        for name, value in (("--certificate", options.certificate), ("--write", options.write)):
            if value:
                raise UserError("needs a directory to write to", field=name, fix="give --out DIR")
        if options.resume:
            raise UserError("needs the directory to resume from", field="--resume", fix="give --out DIR")
    if options.method == "exhaustive" and options.time_limit is not None:
        raise UserError(
            "an exhaustive search has no time limit: it visits every arrangement",
            field="--time-limit",
            value=f"{options.time_limit:g}",
            fix="leave it out, interrupt it and continue with --resume, or choose another method",
        )
    if options.write is not None:
        parse_mode(options.write)
        if not 0 <= options.missing < 1:
            raise UserError("must be a share between 0 and 1", field="--missing", value=options.missing)


def _screen_each(
    spaces: "Sequence[ConfigurationSpace]", options: argparse.Namespace, settings: dict[str, Any], *, first: bool
) -> int:
    """Screen the spaces of free numbers, one after the other."""
    for name, value in (("--certificate", options.certificate), ("--write", options.write)):
        if value:
            one_space(tuple(spaces), name, None if value is True else value)
    found = cli_neutral.screen_each(
        spaces, options.keep, options.out, as_json=options.json, say=show if first else lambda _: None, **settings
    )
    return 0 if found else NOTHING_FOUND


def _report(
    result: "ScreenResult", space: "ConfigurationSpace", options: argparse.Namespace, settings: dict[str, Any]
) -> None:
    """Print a result, with its certificate and the arrangements that --write asks for."""
    if options.certificate:
        cli_prove.certify(result, options)
    show(json.dumps(result.to_document(), indent=2) if options.json else summary(result, options.out))
    if options.write is not None:
        _write(result, space, options, settings)


def _write(
    result: "ScreenResult", space: "ConfigurationSpace", options: argparse.Namespace, settings: dict[str, Any]
) -> None:
    """Write what --write asks for; a Boltzmann sample may need more of the lowest than were kept."""
    alone = settings["comm"] is None or settings["comm"].Get_size() == 1
    again = settings | {"resume": False, "progress": None}
    wanted = WriteOptions(
        options.write, Path(options.out), options.format, options.seed, options.order, options.missing
    )
    lines = write_arrangements(
        result, space, wanted, (lambda keep: screen(space, keep=keep, **again)) if alone else None
    )
    for line in lines:
        show(line, stream=sys.stderr if options.json else sys.stdout)
