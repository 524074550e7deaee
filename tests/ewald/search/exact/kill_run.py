"""Runs ``ewald screen --method exact`` on a small doped cell with slowed units, for the test that kills it."""

import argparse
import sys
import time
from pathlib import Path
from unittest.mock import patch

from ewald import screen
from ewald.errors import UserError
from ewald.parallel.transport import world_communicator
from ewald.search.enumeration import search as enumeration
from ewald.search.exact import patterns, planner
from ewald.search.exact.work import ExactWork
from tests.ewald.killable import mark_process
from tests.ewald.search.exact.spaces import salt


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that every unit takes longer")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--dopants", type=int, default=5)
    parser.add_argument("--from-empty", action="store_true", help="search from the empty node, not from patterns")
    arguments = parser.parse_args()
    comm = world_communicator()
    rank = comm.Get_rank() if comm else 0
    plain = ExactWork.run

    def slowed(self, unit, threshold):
        time.sleep(arguments.pause)
        return plain(self, unit, threshold)

    arguments.directory.mkdir(exist_ok=True)
    mark_process(arguments.directory, rank)
    space = salt(arguments.dopants)
    with (
        patch.object(ExactWork, "run", slowed),
        # So small a space would be gone through instead.
        patch.object(enumeration, "MOST_ARRANGEMENTS", 0),
        # Many small units, so that there is something to interrupt.
        patch.object(planner, "PATTERNS_PER_UNIT", 1),
        patch.object(planner, "FRONTIER_PER_UNIT", 1),
        patch.object(planner, "BEST_FIRST_NODES", 128),
        patch.object(planner, "MAX_TUNED_LITERALS", 0),
        patch.object(planner, "DESCENTS_FROM_BEST", 1),
        patch.object(patterns, "MAX_PATTERNS", 0 if arguments.from_empty else patterns.MAX_PATTERNS),
    ):
        try:
            result = screen(
                space, keep=6, method="exact", out=arguments.directory, resume=arguments.resume, comm=comm,
                workers=arguments.workers,
            )  # fmt: skip
        except UserError as error:
            if rank == 0:
                sys.stderr.write(f"{error}\n")
            return 2
    if rank == 0:
        sys.stdout.write(f"{result.certified} {result.gap_eV}\n")
        for arrangement in result.lowest:
            sys.stdout.write(f"{arrangement.energy_eV.hex()} {arrangement.multiplicity} {arrangement.file} ")
            sys.stdout.write(f"{arrangement.occupation.tobytes().hex()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
