"""What the funnel said of the chosen crystals beside what was measured.

``python -m benchmarks.obelix_blind.compare exported/ledger.jsonl`` reads the decisions that ``ionsieve export
benchmarks/obelix_blind/campaign.yaml --out exported`` writes at any time; prints table and figures of README.md.
"""

import csv
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from screening.decision import Decision, Stage, Verdict

HERE = Path(__file__).parent
THRESHOLD_mS_cm = 0.1
_RESAMPLED = 10_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Compared:
    """One crystal: measured and computed conductivity near room temperature, in mS/cm."""

    identifier: str
    formula: str
    measured_mS_cm: float
    decision: Decision

    @property
    def computed_mS_cm(self) -> float:
        """The value, or the bound where there is only one."""
        found = self.decision.high95 if self.decision.bound else self.decision.value
        return float("nan") if found is None else found

    @property
    def log_error(self) -> float:
        """Computed over measured, in decades."""
        return math.log10(self.computed_mS_cm / self.measured_mS_cm)


def compared(decisions: Sequence[Decision], chosen: Sequence[dict[str, str]]) -> list[Compared]:
    """Find the last MD decision of each chosen crystal; those without one are left out."""
    last: dict[str, Decision] = {}
    for stage in (Stage.SHORT_MD, Stage.LONG_MD):
        for decision in decisions:
            if decision.stage is stage and (decision.value is not None or decision.bound):
                last[decision.subject.split("-")[0]] = decision
    return [
        Compared(row["id"], row["formula"], 1000 * float(row["sigma_S_cm"]), last[row["id"]])
        for row in chosen
        if row["id"] in last
    ]


def bootstrap(function: Callable[[Floats], float], rows: Floats, seed: int = 0) -> tuple[float, float, float]:
    """Return a statistic of rows with the 95 % interval of a bootstrap over them."""
    rng = np.random.default_rng(seed)
    drawn = [function(rows[rng.integers(len(rows), size=len(rows))]) for _ in range(_RESAMPLED)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return function(rows), float(low), float(high)


def mean_error(rows: Floats) -> float:
    """Mean absolute difference of the two columns."""
    return float(np.abs(rows[:, 0] - rows[:, 1]).mean())


def rank_correlation(rows: Floats) -> float:
    """Spearman's correlation of the two columns; nan where one of them is constant."""
    first, second = (stats.rankdata(column) for column in rows.T)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; from 0 to 1 of nothing."""
    if of == 0:
        return 0.0, 1.0
    interval = stats.binomtest(hits, of).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def share(name: str, hits: int, of: int) -> str:
    """Write a share with its interval."""
    low, high = wilson(hits, of)
    value = f"{hits / of:.2f}" if of else "undefined"
    return f"{name}: {hits} of {of}, {value} ({low:.2f} to {high:.2f})"


def figures(rows: Sequence[Compared]) -> list[str]:
    """Return the figures, a line each."""
    logs = np.log10([[row.computed_mS_cm, row.measured_mS_cm] for row in rows])
    error, correlation = bootstrap(mean_error, logs), bootstrap(rank_correlation, logs)
    above = [row for row in rows if row.measured_mS_cm >= THRESHOLD_mS_cm]
    passed = [row for row in rows if row.decision.verdict is Verdict.PASS]
    higher = [row for row in rows if row.computed_mS_cm >= THRESHOLD_mS_cm and not row.decision.bound]
    verdicts = {verdict: sum(row.decision.verdict is verdict for row in rows) for verdict in Verdict}
    return [
        f"crystals: {len(rows)}; " + ", ".join(f"{verdict} {number}" for verdict, number in verdicts.items()),
        "mean absolute error: {:.2f} decades ({:.2f} to {:.2f})".format(*error),
        "Spearman: {:.2f} ({:.2f} to {:.2f})".format(*correlation),
        f"mean of computed over measured: {float(np.mean(logs[:, 0] - logs[:, 1])):+.2f} decades",
        share("recall by verdict", sum(row in passed for row in above), len(above)),
        share("precision by verdict", sum(row in above for row in passed), len(passed)),
        share("recall by value", sum(row in higher for row in above), len(above)),
        share("precision by value", sum(row in above for row in higher), len(higher)),
    ]


def _line(row: Compared) -> str:
    known = row.decision
    interval = "" if known.bound else f" ({known.low95:.2g} to {known.high95:.2g})"
    value = f"< {row.computed_mS_cm:.2g}, {known.bound}" if known.bound else f"{row.computed_mS_cm:.2g}{interval}"
    cells = (row.identifier, row.formula, f"{row.measured_mS_cm:.2g}", value, f"{row.log_error:+.1f}")
    return f"| {' | '.join((*cells, str(known.verdict), known.stage.words))} |"


def main() -> None:
    """Print table and figures."""
    chosen = list(csv.DictReader((HERE / "chosen.csv").open(encoding="utf-8")))
    ledger = Path(sys.argv[1]).read_text(encoding="utf-8")
    rows = compared([Decision.model_validate_json(line) for line in ledger.splitlines()], chosen)
    print("| id | compound | measured (mS/cm) | computed, 300 K (95 %) | decades | verdict | after |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(_line(row))
    print()
    for line in figures(rows) if len(rows) > 1 else ():
        print(f"- {line}")


if __name__ == "__main__":
    main()
