"""Prove rows of the table and write one line of JSON for each; rows that the file already has are passed over."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.ipcsp.prove import prove
from benchmarks.ipcsp.rows import ROWS
from ewald.search.warmup import compile_exact


def main() -> None:
    """Run the rows asked for, those that are quick to prove first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="names such as SrTiO3_5; all by default")
    parser.add_argument("--results", type=Path, default=Path("ipcsp.jsonl"), help="file that results are added to")
    parser.add_argument("--workers", type=int, default=1, help="threads")
    parser.add_argument("--limit", type=float, help="stop a row after so many seconds")
    options = parser.parse_args()
    done = (
        {json.loads(line)["row"] for line in options.results.read_text().splitlines()}
        if options.results.exists()
        else set()
    )
    compile_exact()
    for row in ROWS:
        if row.name in done or (options.rows and row.name not in options.rows):
            continue
        proof = prove(row, options.workers, options.limit)
        line = {"row": row.name, "their_energy_eV": row.their_energy_eV, "their_s": row.their_seconds, **asdict(proof)}
        if not proof.origin_occupied:
            line["with_origin"] = asdict(prove(row, options.workers, options.limit, origin=True))
        with options.results.open("a") as file:
            file.write(json.dumps(line) + "\n")
        seconds = f"{proof.setup_cpu_s:7.2f} + {proof.proof_cpu_s:8.3f} CPU s"
        print(f"{row.name:16s} {proof.energy_eV:14.5f} eV {seconds}  certified: {proof.certified}", flush=True)


if __name__ == "__main__":
    main()
