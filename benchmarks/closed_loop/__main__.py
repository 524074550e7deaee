"""How soon strategies find the best compositions: the table of docs/topics/closed-loop.md.

``python -m benchmarks.closed_loop --seeds 200`` replays made-up campaigns with known truth, each seed another truth,
and the test split of OBELiX as a campaign whose conductivities are already measured, each seed another order. A prior,
where there is one, has learned from the training split alone.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from benchmarks.closed_loop.landscapes import made_up, measured
from benchmarks.closed_loop.replay import Landscape, Outcome, replay
from workflows.loop.prior import open_prior

METHODS = ("all", "random", "thompson", "ptr")
COLUMNS = (
    "landscape",
    "strategy",
    "evaluations, median",
    "9 of 10",
    "core hours, median",
    "9 of 10",
    "core hours to 95 %",
)


def row(name: str, method: str, outcomes: list[Outcome]) -> str:
    """Return a row of the table, all in percent of computing everything."""
    evaluations, hours = (np.array([getattr(o, key) for o in outcomes]) for key in ("evaluations", "hours"))
    recall = np.array([o.hours_recall for o in outcomes])
    numbers = (*np.quantile(evaluations, (0.5, 0.9)), *np.quantile(hours, (0.5, 0.9)), np.median(recall))
    return f"| {name} | {method} | " + " | ".join(f"{100 * number:.0f} %" for number in numbers) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    seeds = range(parser.parse_args().seeds)
    prior = open_prior()
    landscapes: dict[str, Callable[[int], Landscape]] = {
        "made up": made_up,
        "made up, prior off by 1 decade": lambda seed: made_up(seed, prior_error=1.0),
        "OBELiX test split": lambda seed: measured(None, seed),
        "OBELiX test split, prior of the training split": lambda seed: measured(prior, seed),
    }
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    begun = time.process_time()
    for name, make in landscapes.items():
        for method in METHODS:
            print(row(name, method, [replay(make(seed), method, seed) for seed in seeds]), flush=True)
    print(f"\n{time.process_time() - begun:.0f} s of CPU")


if __name__ == "__main__":
    main()
