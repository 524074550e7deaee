"""The ``ewald`` command line: count a configuration space, screen it for the lowest arrangements."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from ewald.cli import prove as cli_prove
from ewald.cli.parser import build_parser
from ewald.cli.text import count_document, show, show_space
from ewald.errors import StructureError, UserError
from ewald.numbers import count_or_limit, exact_count


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns
    -------
    int
        The exit code: 0, 2 for a mistake in the input, 3 if a search found no arrangement, 130 if interrupted.
    """
    options = build_parser().parse_args(arguments)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "count": _count, "screen": _screen, "prove": _prove, "verify": _verify
    }  # fmt: skip
    try:
        return commands[options.command](options)
    except StructureError as error:
        print(f"ewald: {error.in_file(options.input)}", file=sys.stderr)  # noqa: T201
        return 2
    except UserError as error:
        print(f"ewald: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print("ewald: interrupted", file=sys.stderr)  # noqa: T201
        return 130


def _prove(options: argparse.Namespace) -> int:
    show(cli_prove.prove(options))
    return 0


def _verify(options: argparse.Namespace) -> int:
    show(cli_prove.verify(options))
    return 0


def _screen(options: argparse.Namespace) -> int:
    from ewald.cli.screen import screen_command

    return screen_command(options)


def _count(options: argparse.Namespace) -> int:
    from ewald.cli.reading import read_spaces

    space = read_spaces(options)
    if isinstance(space, tuple):
        from ewald.cli import neutral as cli_neutral

        show(cli_neutral.count(space, as_json=options.json))
        return 0
    document = count_document(space)
    if options.json:
        show(json.dumps(document, indent=2))
        return 0
    show_space(space)
    distinct = space.distinct_configurations()
    show(f"configurations            {count_or_limit(space.configurations, exact=space.configurations_exact)}")
    show(f"distinct configurations   {exact_count(distinct)}")
    show(f"symmetry operations       {space.symmetry_order}")
    show(f"neutral                   {'yes' if space.neutral else f'no, total charge {space.charge:+g} e'}")
    if not space.configurations_exact:
        show("the exact number is out of reach: too many sites exclude one another")
    if space.configurations == 0:
        show("NOTHING TO SCREEN: no arrangement satisfies the minimum distances; lower --min-distance")
    return 0
