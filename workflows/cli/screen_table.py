"""The outcome of the Ewald stage of a campaign: progress, table, JSON and CSV."""

import csv
import json
import sys
import time
from io import StringIO
from pathlib import Path

from ewald.numbers import count, duration
from screening.arrangements.sweep import Sweep
from screening.plan.composition_record import CompositionRecord
from screening.plan.plan import Plan
from workflows.cli.console import wide_console

_SUMMARY_FIELDS = (
    "composition", "rank", "energy_eV", "multiplicity", "certified", "gap_eV", "method", "evaluated", "seconds", "file",
)  # fmt: skip


class SweepProgress:
    """Says on standard error which composition is done, and how many remain; any rank may report.

    Parameters
    ----------
    plan
        The plan that is screened.
    folder
        Folder of the results: what is in it counts as done, whichever rank did it.
    quiet
        Say nothing.
    """

    def __init__(self, plan: Plan, folder: Path, *, quiet: bool) -> None:
        self.total = len(plan.compositions)
        self.names = [composition.id for composition in plan.compositions]
        self.folder = folder
        self.quiet = quiet
        self.started = time.monotonic()
        self.done_before = self._done()

    def _done(self) -> int:
        return sum((self.folder / name / "composition.json").exists() for name in self.names)

    def finished(self, record: CompositionRecord) -> None:
        """Report one finished composition."""
        if self.quiet:
            return
        done = self._done()
        fresh = done - self.done_before
        elapsed_s = time.monotonic() - self.started
        open_ones = self.total - done
        left = f", {duration(elapsed_s / fresh * open_ones)} left" if fresh > 0 and open_ones else ""
        proof = "certified" if record.certified else "not certified"
        sys.stderr.write(f"[{done}/{self.total}] {record.id}: {proof}, {min(record.energies_eV):.4f} eV{left}\n")


def rows(outcome: Sweep) -> list[dict[str, object]]:
    """Return one row per arrangement that was kept."""
    return [
        {
            "composition": record.id,
            "rank": candidate.rank,
            "energy_eV": candidate.ewald_energy_eV,
            "multiplicity": int(candidate.multiplicity),
            "certified": record.certified,
            "gap_eV": record.gap_eV,
            "method": record.method,
            "evaluated": record.evaluated,
            "seconds": record.seconds,
            "file": f"{record.id}/{candidate.id}.cif",
        }
        for record, candidates in outcome.screened.values()
        for candidate in candidates
    ]


def write_summary(outcome: Sweep, folder: Path) -> None:
    """Write `lowest.csv`: every kept arrangement of every composition."""
    from ewald.files.atomic import write_atomic

    text = StringIO()
    writer = csv.DictWriter(text, _SUMMARY_FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(outcome))
    write_atomic(folder / "lowest.csv", text.getvalue())


def as_json(outcome: Sweep, folder: Path) -> str:
    """Return the outcome as JSON."""
    document = {
        "folder": str(folder),
        "compositions": [
            {
                "id": record.id,
                "formula": record.formula,
                "configurations": int(record.configurations),
                "method": record.method,
                "certified": record.certified,
                "gap_eV": record.gap_eV,
                "seconds": record.seconds,
                "lowest": [
                    {
                        "energy_eV": candidate.ewald_energy_eV,
                        "multiplicity": int(candidate.multiplicity),
                        "file": f"{record.id}/{candidate.id}.cif",
                    }
                    for candidate in candidates
                ],
            }
            for record, candidates in outcome.screened.values()
        ],
        "failed": outcome.failed,
    }
    return json.dumps(document, indent=1)


def show(outcome: Sweep, folder: Path) -> None:
    """Print the lowest arrangement of each composition for people."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    console = wide_console()
    table = Table(title="Lowest arrangements", box=SIMPLE_HEAD)
    for name in ("composition", "method", "proof"):
        table.add_column(name, overflow="fold")
    for name in ("kept", "lowest (eV)", "next above (meV)", "multiplicity", "time"):
        table.add_column(name, justify="right")
    for record, candidates in outcome.screened.values():
        energies = record.energies_eV
        proof = "certified" if record.certified else f"gap {record.gap_eV:.3f} eV" if record.gap_eV else "none"
        table.add_row(
            record.id,
            record.method,
            proof,
            str(len(candidates)),
            f"{energies[0]:.4f}",
            f"{(energies[1] - energies[0]) * 1000:.1f}" if len(energies) > 1 else "",
            count(candidates[0].multiplicity),
            duration(record.seconds),
        )
    console.print(table)
    for name, reason in outcome.failed.items():
        console.print(f"failed: {name}: {reason}", highlight=False)
    certified = sum(bool(record.certified) for record, _ in outcome.screened.values())
    console.print(f"{len(outcome.screened)} compositions, {certified} certified; written to {folder}", highlight=False)
