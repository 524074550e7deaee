"""Counts and screens every crystal file of a folder without options, and writes a table.

``python -m benchmarks.obelix_open FOLDER --out RESULTS`` goes through all CIFs and POSCARs of a folder; what is in
RESULTS already is not done again. Times are CPU time of the process. A screen ends after ``--time-limit`` seconds with
the best found; its lowest arrangement is checked as it is written. Each file has a process of its own, which is stopped
after ``--cpu-limit`` seconds of CPU time. The files of OBELiX are from F. Therrien et al., Digital Discovery (2026),
doi:10.1039/d5dd00441a (CC BY 4.0).
"""

import argparse
import csv
import json
import multiprocessing
import resource
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.obelix_open.check_written import check_written
from ewald import ConfigurationSpace, UserError, screen
from ewald.cli.text import kept
from ewald.search.warmup import compile_exact

COLUMNS = (
    "file", "outcome", "formula_in_file", "formula", "ions", "cells", "neutral", "composition_change",
    "largest_occupancy_change", "vanished", "foreign_elements", "configurations", "counted", "method", "certified",
    "gap_meV_per_ion", "energy_eV", "sound", "open_s", "count_s", "screen_s",
)  # fmt: skip


def foreign_elements(space: ConfigurationSpace) -> int:
    """Count species on sublattices where the file has none of them."""
    if space.approximant is None:
        return 0
    return sum(one.in_file <= 0 < one.taken for one in space.approximant.counts if one.species != "vacancy")


def open_file(file: Path, time_limit_s: float | None) -> dict[str, Any]:
    """Open, count and screen one file; the row of the table."""
    row: dict[str, Any] = {"file": file.name}
    begun_s = time.process_time()
    try:
        space = ConfigurationSpace.from_file(file)
        opened_s = time.process_time()
        configurations = space.configurations
        counted = space.configurations_exact
        counted_s = time.process_time()
        near = space.approximant
        if near is not None:
            row |= {
                "formula_in_file": " ".join(f"{e}{n:g}" for e, n in near.elements_in_file.items()),
                "formula": near.formula,
                "ions": near.ions,
                "cells": _cells(near.supercell),
                "composition_change": round(near.composition_change, 5),
                "largest_occupancy_change": round(near.largest_occupancy_change, 5),
                "vanished": sum(one.vanished for one in near.counts),
            }
        row |= {
            "neutral": space.neutral,
            "foreign_elements": foreign_elements(space),
            "configurations": f"{configurations:.4g}" if configurations < 10**300 else "1e300 or more",
            "counted": counted,
            "open_s": round(opened_s - begun_s, 3),
            "count_s": round(counted_s - opened_s, 3),
        }
        if time_limit_s is not None:
            row |= _screened(space, file, time_limit_s)
    except UserError as error:
        return row | {"outcome": str(error).replace(str(file), file.name)}
    return row | {"outcome": "ok"}


def limited(file: Path, time_limit_s: float | None, cpu_limit_s: int) -> dict[str, Any]:
    """Do the same in a process that may use so much CPU time; compiled code and imports are those of this process."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send_row, args=(sender, file, time_limit_s, cpu_limit_s))
    process.start()
    sender.close()
    try:
        row: dict[str, Any] = receiver.recv()
    except EOFError:
        row = {"file": file.name}
    process.join()
    return (
        row if "outcome" in row else row | {"outcome": f"stopped, exit code {process.exitcode}, limit {cpu_limit_s} s"}
    )


def _send_row(sender: Connection, file: Path, time_limit_s: float | None, cpu_limit_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_limit_s, cpu_limit_s + 1))
    sender.send(open_file(file, time_limit_s))


def _screened(space: ConfigurationSpace, file: Path, time_limit_s: float) -> dict[str, Any]:
    """Search as ``ewald screen FILE`` does, and check the lowest arrangement as it is written."""
    begun_s = time.process_time()
    keep = kept(None, space, use_symmetry=True)
    with TemporaryDirectory() as folder:
        result = screen(space, keep=keep, time_limit_s=time_limit_s, workers=1, out=folder)
        ended_s = time.process_time()
        if not result.lowest:
            return {"method": result.method, "sound": "no arrangement in the time", "screen_s": ended_s - begun_s}
        cells = np.eye(3) if space.approximant is None else space.approximant.supercell
        check = check_written(Path(folder) / "lowest-01.cif", file, cells)
    return {
        "method": result.method,
        "certified": result.certified,
        "gap_meV_per_ion": None if result.gap_meV_per_ion is None else round(result.gap_meV_per_ion, 3),
        "energy_eV": round(result.lowest[0].energy_eV, 6),
        "sound": check.sound or f"charge {check.charge_e:g} e, {check.foreign_ions} foreign, {check.shortest_A:.2f} A",
        "screen_s": round(ended_s - begun_s, 3),
    }


def _cells(matrix: tuple[tuple[int, int, int], ...]) -> int:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


def summary(rows: list[dict[str, Any]]) -> list[str]:
    """Say in a few lines what became of all files."""
    done = [row for row in rows if row["outcome"] == "ok"]
    changes = [float(row.get("composition_change") or 0) for row in done]
    times = sorted(row["open_s"] + row["count_s"] + (row.get("screen_s") or 0) for row in done)
    certified = sum(bool(row.get("certified")) for row in done)
    foreign = sum(row["foreign_elements"] > 0 for row in done)
    lines = [
        f"{len(done)} of {len(rows)} files opened, {sum(bool(row['neutral']) for row in done)} exactly neutral",
        f"an element on sites where the file has none: {foreign}",
        f"composition within 3 %: {sum(c <= 0.03 for c in changes)}, within 1 %: {sum(c <= 0.01 for c in changes)}",
        f"counted exactly: {sum(bool(row['counted']) for row in done)}; lowest arrangement certified: {certified}",
    ]
    if any("sound" in row for row in done):
        lines.append(
            f"written, read again by other programs and found sound: {sum(row['sound'] is True for row in done)}"
        )
    if times:
        lines.append(f"CPU time: median {median(times):.2f} s, 9 of 10 below {times[int(0.9 * len(times))]:.2f} s")
    return lines + [f"not opened: {row['outcome']}" for row in rows if row["outcome"] != "ok"]


def main() -> None:
    """Go through the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for rows.jsonl and table.csv")
    parser.add_argument("--time-limit", type=float, default=10.0, help="seconds for each screen; 0 counts only")
    parser.add_argument("--cpu-limit", type=int, default=60, help="seconds of CPU time for each file")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    store = options.out / "rows.jsonl"
    rows = [json.loads(line) for line in store.read_text().splitlines()] if store.is_file() else []
    if options.time_limit:
        compile_exact()
    known = {row["file"] for row in rows}
    files = sorted(f for f in options.folder.iterdir() if f.suffix in {".cif", ".vasp"} or f.name.startswith("POSCAR"))
    open_file(files[0], 1.0 if options.time_limit else None)  # so that no row contains the imports
    for file in files:
        if file.name in known:
            continue
        rows.append(limited(file, options.time_limit or None, options.cpu_limit))
        with store.open("a") as stream:
            stream.write(json.dumps(rows[-1]) + "\n")
        print(f"{len(rows)}/{len(files)} {file.name} {rows[-1]['outcome'][:80]}", file=sys.stderr, flush=True)
    with (options.out / "table.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    print("\n".join(summary(rows)))


if __name__ == "__main__":
    main()
