"""Entry point of ``ewald`` and ``python -m ewald``."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; user errors are one line on stderr and exit code 2."""
    from ewald.cli.main import run

    return run(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
