"""NIMO's choice among the rows of a candidates.csv, in a process of its own: NIMO prints, and changes the import path.

``python -m workflows.loop.nimo_selection PHYSBO candidates.csv proposals.csv``; the number of proposals is in the
environment as `IONSIEVE_PROPOSALS`. Before three values are known, NIMO's random choice (RE) is taken.
"""

import csv
import os
import sys
from pathlib import Path

from ewald.errors import DependencyError, install_extra

_FEWEST = 3
"""Values that are needed: BLOX fits its model by cross-validation in three parts."""


def select(method: str, candidates: Path, proposals: Path, number: int) -> None:
    """Write proposals.csv by one of NIMO's methods.

    Parameters
    ----------
    method
        `PHYSBO`, `BLOX` or another of NIMO's.
    candidates, proposals
        The files.
    number
        How many to propose; no more than there are rows without a value.

    Raises
    ------
    DependencyError
        When NIMO is not installed.
    """
    try:
        import nimo
    except ImportError:
        raise DependencyError("this strategy needs NIMO", value=method, fix=install_extra("nimo")) from None
    with candidates.open(encoding="utf-8") as stream:
        values = [row[-1] for row in csv.reader(stream)][1:]
    known = sum(bool(value) for value in values)
    nimo.selection(
        method=method if known >= _FEWEST else "RE",
        input_file=str(candidates),
        output_file=str(proposals),
        num_objectives=1,
        num_proposals=min(number, len(values) - known),
    )


def main(arguments: list[str]) -> int:
    """Choose; an error is one line."""
    method, candidates, proposals = arguments
    try:
        select(method, Path(candidates), Path(proposals), int(os.environ["IONSIEVE_PROPOSALS"]))
    except DependencyError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
