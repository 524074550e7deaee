"""Runs an exhaustive search as a process of its own, for tests that start ranks and kill them."""

import argparse
import sys
import time
from pathlib import Path

from ewald.errors import UserError
from ewald.parallel.transport import world_communicator
from ewald.search.exhaustive.search import search
from ewald.search.exhaustive.work import ExhaustiveWork
from tests.ewald.killable import mark_process
from tests.ewald.search.exhaustive.small_spaces import rock_salt


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--keep", type=int, default=5)
    parser.add_argument("--fail", action="store_true")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that every unit takes longer")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    comm = world_communicator()
    rank = comm.Get_rank() if comm else 0
    plain = ExhaustiveWork.run

    def slowed(self, unit, threshold):
        if arguments.fail and rank == 1:
            raise RuntimeError("this rank fails")
        time.sleep(arguments.pause)
        if not (arguments.directory / f"pid-{rank}").exists():
            mark_process(arguments.directory, rank)
        return plain(self, unit, threshold)

    ExhaustiveWork.run = slowed
    arguments.directory.mkdir(exist_ok=True)
    space = rock_salt()
    try:
        outcome = search(
            space.form, space.group, keep=arguments.keep, use_symmetry=False, comm=comm, workers=arguments.workers,
            checkpoint=arguments.directory, resume=arguments.resume, unit_configurations=500, progress=False,
        )  # fmt: skip
    except UserError as error:
        if rank == 0:
            sys.stderr.write(f"{error}\n")
        return 2
    if rank == 0:
        for energy_eV, multiplicity, occupation in outcome.lowest:
            sys.stdout.write(f"lowest {energy_eV.hex()} {multiplicity} {occupation.tobytes().hex()}\n")
        sys.stdout.write(f"{outcome.histogram} {dict(outcome.statistics)} {outcome.evaluated}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
