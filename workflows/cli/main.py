"""Entry point of the `ionsieve` command.

Command functions live in one file per group and import what they need when they run, so that `--help` is instant.
"""

import errno
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from ewald.errors import UserError

app = typer.Typer(
    name="ionsieve",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from ewald.version import __version__

        typer.echo(f"ionsieve {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Screen solid electrolytes: mothers, doping, Ewald screen, relaxation, hull, MD, verdicts."""


def _say_full_disk(error: Exception) -> None:
    """End with one line when the disk is full; anything else is left to the caller."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        place = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"error: {place}the disk is full (fix: free disk space, then give the same command)\n")
        sys.exit(2)


def run_app(application: Callable[..., Any]) -> None:
    """Run a command line: a user's mistake becomes one line and exit code 2, Ctrl-C exit code 130."""
    try:
        application()
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except Exception as error:
        if not type(error).__module__.startswith("pymongo"):
            _say_full_disk(error)
            raise
        sys.stderr.write(
            f"error: the connection to the database was lost ({type(error).__name__}); "
            "the same command resumes from here\n"
        )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the same command resumes from here\n")
        sys.exit(130)


def main() -> None:
    """Run `ionsieve`."""
    from workflows.cli import commands
    from workflows.cli.quick_start import quick_start

    quick_start()
    commands.register(app)
    run_app(app)


if __name__ == "__main__":
    main()
