"""Prove the lowest arrangement of disordered crystals, beside free integer-programming solvers and annealing.

    python benchmarks/bench_proofs --named FOLDER [--only mtn 13q] [--seconds 120] [--workers 2] [--seeds 20]
    python benchmarks/bench_proofs --campaign configs/na_sulfides.yaml --methods exact --seconds 60 --workers 1
    python benchmarks/bench_proofs SPACE.yaml ... [--qaplib tai64c.dat] [--methods exact sampling annealing scip highs]

FOLDER holds the crystal files of the spaces in named.yaml. Every method gets the same CPU seconds; the exact search
shares them among its threads and keeps one arrangement. One line of JSON for each run goes to --results at once, and
what is there already is not run again. What is not installed (pyscipopt, highspy) is left out. The table of all that
the file holds is printed at the end. Compositions of a campaign that differ only in ions of equal charge are one case,
and the last line counts the compositions that are proven.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.bench_proofs.cases import Case, named, of_campaign, qaplib, space_file
from benchmarks.bench_proofs.methods import METHODS, row
from ewald.search.warmup import compile_exact

KEY = ("case", "method", "limit_s", "seed", "workers")


def read(file: Path) -> list[dict[str, Any]]:
    """Rows of a file of results; none where there is no file."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """One line for each case, method and limit: the runs of all seeds together."""
    head = f"{'case':>8} {'method':>10} {'CPU s':>7} {'runs':>5}"
    yield f"{head} {'lowest':>16} {'median':>16} {'highest':>16} {'gap':>11} proven"
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for one in rows:
        groups.setdefault((one["case"], one["method"], one["limit_s"]), []).append(one)
    for (case, method, _), runs in groups.items():
        best = [one["best"] if one["best"] is not None else float("inf") for one in runs]
        gaps = [one["gap"] for one in runs if one["gap"] is not None]
        used = median(one["cpu_s"] for one in runs)
        gap = f"{max(gaps):.5g}" if gaps else "-"
        proven = f"{sum(one['proven'] for one in runs)} of {len(runs)}"
        figures = " ".join(f"{pick(best):16.5f}" for pick in (min, median, max))
        yield f"{case:>8} {method:>10} {used:7.1f} {len(runs):5d} {figures} {gap:>11} {proven}"


def above(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Where a search of this package ended above annealing of the same limit and seed."""
    annealed = {(one["case"], one["limit_s"], one["seed"]): one["best"] for one in rows if one["method"] == "annealing"}
    for one in rows:
        other = annealed.get((one["case"], one["limit_s"], one["seed"]))
        if one["method"] in {"exact", "sampling"} and other is not None:
            best = one["best"] if one["best"] is not None else float("inf")
            if best > other + 1e-6:
                seed, limit = one["seed"], one["limit_s"]
                yield f"{one['case']}: {one['method']} {best - other:.4g} above annealing with seed {seed}, {limit:g} s"


def proven_compositions(rows: list[dict[str, Any]]) -> Iterator[str]:
    """How many compositions of campaigns the exact search proved at each limit."""
    limits = {one["limit_s"] for one in rows if one["method"] == "exact"}
    for limit in sorted(limits):
        runs = [one for one in rows if one["method"] == "exact" and one["limit_s"] == limit]
        number = sum(one.get("compositions", 1) for one in runs)
        proven = sum(one.get("compositions", 1) for one in runs if one["proven"])
        yield f"{proven} of {number} compositions in {len(runs)} problems proven within {limit:g} CPU s"


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spaces", nargs="*", type=Path)
    parser.add_argument("--named", type=Path, metavar="FOLDER", help="folder with the files of named.yaml")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="of the named ones")
    parser.add_argument("--campaign", type=Path, metavar="FILE", help="a campaign, whose compositions are the cases")
    parser.add_argument("--qaplib", type=Path, action="append", default=[])
    parser.add_argument("--seconds", type=float, default=120.0, help="CPU seconds, of all threads together")
    parser.add_argument("--workers", type=int, default=2, help="threads of the exact search")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--methods", "--solvers", nargs="*", default=["exact", "annealing"], choices=[*METHODS])
    parser.add_argument("--results", type=Path, default=Path("proofs.jsonl"))
    options = parser.parse_args()
    rows = read(options.results)
    done = {tuple(one[k] for k in KEY) for one in rows}
    compile_exact()

    def cases() -> Iterator[Case]:
        yield from map(space_file, options.spaces)
        yield from map(qaplib, options.qaplib)
        yield from named(options.named, options.only) if options.named else ()
        yield from of_campaign(options.campaign) if options.campaign else ()

    for case in cases():
        for seed in range(options.seeds):
            for method in options.methods:
                workers = options.workers if method == "exact" else 1
                if (case.name, method, options.seconds, seed, workers) in done:
                    continue
                try:
                    one = row(case, method, options.seconds, seed, workers)
                except ImportError as missing:
                    print(f"{method}: {missing}", file=sys.stderr)
                    continue
                rows.append(one)
                with options.results.open("a") as file:
                    file.write(json.dumps(one) + "\n")
    print("\n".join([*table(rows), *above(rows), *proven_compositions(rows)]))


if __name__ == "__main__":
    main()
