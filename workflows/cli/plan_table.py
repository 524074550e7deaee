"""The plan as a table, as JSON and as CSV."""

import csv
import dataclasses
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from ewald.numbers import count, counted, duration
from screening.plan.composition import Composition
from screening.plan.interstitials import VoidKind
from screening.plan.plan import Plan
from workflows.cli.console import wide_console
from workflows.operations.costs import StageCost, work_lines

if TYPE_CHECKING:
    from rich.table import Table

_CSV_FIELDS = (
    "id", "mother", "supercell", "minimum_image_A", "ions", "formula", "substitution", "compensation",
    "configurations", "distinct_configurations", "estimated_seconds", "searched_with",
)  # fmt: skip


def row(composition: Composition) -> dict[str, object]:
    """Return one composition as plain values; counts are exact integers."""
    record = composition.record()
    distinct = record.distinct_configurations
    return {
        "id": record.id,
        "mother": record.mother,
        "formula": record.formula,
        "supercell": [list(vector) for vector in record.supercell],
        "minimum_image_A": round(composition.supercell.minimum_image_A, 3),
        "ions": record.ions,
        "substitution": composition.substitution,
        "compensation": record.compensation,
        "configurations": int(record.configurations),
        "distinct_configurations": None if distinct is None else int(distinct),
        "estimated_seconds": composition.estimated_seconds,
        "searched_with": composition.searched_with,
    }


def as_json(plan: Plan, costs: Sequence[StageCost] = ()) -> str:
    """Return the plan as JSON; counts are exact integers, however large."""
    totals = plan.totals
    distinct = totals.distinct_configurations
    counts = {
        "configurations": int(totals.configurations),
        "distinct_configurations": None if distinct is None else int(distinct),
        "largest_space": int(totals.largest_space),
    }
    document = {
        "campaign": plan.campaign,
        "revision": plan.revision,
        "mothers": [
            {"name": mother.name, "charges": mother.charges(), "charges_from": mother.charges_from}
            for mother in plan.mothers
        ],
        "compositions": [row(composition) for composition in plan.compositions],
        "not_compensated": [entry.to_document() for entry in plan.not_compensated],
        "notes": list(plan.notes),
        "voids": [kind.model_dump(mode="json") for kind in plan.voids],
        "work": [dataclasses.asdict(cost) for cost in costs],
        "totals": totals.model_dump() | counts,
    }
    return json.dumps(document, indent=1)


def write_csv(plan: Plan, path: Path) -> None:
    """Write the plan's compositions as CSV, whole or not at all.

    Raises
    ------
    UserError
        When the file's folder cannot be written.
    """
    from ewald.files.atomic import write_atomic
    from ewald.search.result import writable_directory

    text = StringIO()
    writer = csv.DictWriter(text, _CSV_FIELDS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for composition in plan.compositions:
        writer.writerow(row(composition) | {"supercell": _matrix_text(composition)})
    writable_directory(path.parent)
    write_atomic(path, text.getvalue())


def _matrix_text(composition: Composition) -> str:
    """Write a supercell matrix in one line: ``2 2 3`` where it is diagonal, else its rows."""
    matrix = composition.supercell.matrix
    if all(matrix[i][j] == 0 for i in range(3) for j in range(3) if i != j):
        return " ".join(str(matrix[i][i]) for i in range(3))
    return "; ".join(" ".join(str(x) for x in vector) for vector in matrix)


def show(plan: Plan, costs: Sequence[StageCost] = ()) -> None:
    """Print the plan for people: one table per mother and supercell, then which engine does what."""
    console = wide_console()
    for mother in plan.mothers:
        console.print(f"Oxidation states of {mother.describe_charges()}", highlight=False)
    tables: dict[tuple[str, str], list[Composition]] = {}
    for composition in plan.compositions:
        tables.setdefault((composition.mother, _matrix_text(composition)), []).append(composition)
    for (mother_name, matrix), members in tables.items():
        image_A = members[0].supercell.minimum_image_A
        console.print(f"\n{mother_name} in the supercell {matrix}, nearest image {image_A:.1f} A", highlight=False)
        console.print(_table(members))
    if plan.voids:
        console.print("\nVoid sites for interstitial ions, those of lowest energy first", highlight=False)
        console.print(_void_table(plan.voids))
    for entry in plan.not_compensated:
        console.print(f"not compensated: {entry.substitution} in {entry.mother}: {entry.reason}", highlight=False)
    for note in plan.notes:
        console.print(f"note: {note}", highlight=False)
    console.print(_totals_line(plan), highlight=False)
    for line in work_lines(costs):
        console.print(line, highlight=False, soft_wrap=True)


def _void_table(voids: Sequence[VoidKind]) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("mother", overflow="fold")
    for name in ("sites per cell", "nearest anion", "nearest cation", "site energy (eV)"):
        table.add_column(name, justify="right")
    for kind in voids:
        table.add_row(
            kind.mother,
            str(kind.sites),
            f"{kind.anion} {kind.anion_distance_A:.2f} A",
            f"{kind.cation} {kind.cation_distance_A:.2f} A",
            f"{kind.site_energy_eV:.2f}",
        )
    return table


def _table(compositions: list[Composition]) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("composition", "formula", "compensation"):
        table.add_column(name, overflow="fold")
    for name in ("ions", "arrangements", "distinct", "Ewald"):
        table.add_column(name, justify="right")
    for composition in compositions:
        record = composition.record()
        table.add_row(
            record.id,
            record.formula,
            record.compensation,
            str(record.ions),
            count(record.configurations),
            count(record.distinct_configurations, "not counted"),
            "shared" if composition.searched_with else duration(composition.estimated_seconds),
        )
    return table


def _totals_line(plan: Plan) -> str:
    totals = plan.totals
    searches = sum(composition.searched_with is None for composition in plan.compositions)
    shared = f" in {searches} searches" if searches < totals.compositions else ""
    ions = " to ".join(map(str, dict.fromkeys((totals.ions_min, totals.ions_max))))
    return (
        f"{counted(totals.mothers, 'mother')}, {counted(totals.compositions, 'composition')} of "
        f"{ions} ions, "
        f"{count(totals.configurations)} arrangements, "
        f"{count(totals.distinct_configurations, 'not counted')} of them distinct, "
        f"Ewald stage {duration(totals.estimated_seconds)} on one core{shared}, "
        f"{totals.not_compensated} not compensated"
    )
