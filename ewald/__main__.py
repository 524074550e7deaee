"""Entry point of ``ewald`` and ``python -m ewald``."""

import os
import sys
from collections.abc import Sequence

# As a shell reports a program that ended because nobody read its output any more.
_NOBODY_READS = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; user errors are one line on stderr and exit code 2."""
    from ewald.cli.main import run

    try:
        try:
            return run(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader, `head` for instance, has what it wanted; Python's own flush at the end must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS


if __name__ == "__main__":
    sys.exit(main())
