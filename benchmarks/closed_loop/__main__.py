"""How soon strategies find the best compositions: the table of docs/topics/closed-loop.md.

``python -m benchmarks.closed_loop --seeds 200 --state replays.jsonl`` replays made-up campaigns with known truth, each
seed another truth, the test split of OBELiX as a campaign whose conductivities are already measured, each seed another
order, and the shipped finished campaign. A prior, where there is one, has learned from the training split alone. Every
replay is a line of the state file, so that a stopped run goes on where it was; ``--seeds 0`` only prints the table.

Nothing was chosen by these replays: strategies are compared on other seeds and on pools of the *training* split, with
predictions from cross-validation (``--tuning``).
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from itertools import takewhile
from pathlib import Path

import numpy as np

from benchmarks.closed_loop.landscapes import finished, made_up, measured, measured_in_training
from benchmarks.closed_loop.replay import NIMO_METHODS, Landscape, Outcome, replay
from screening.prior import ConductivityPrior
from workflows.loop.prior import open_prior

BATCH = 4
"""Default of `strategy.batch`."""
RUNS = (
    ("ptr", BATCH), ("all", BATCH), ("random", BATCH), ("thompson", BATCH), ("physbo", BATCH), ("blox", BATCH),
    ("ptr", 8), ("ptr", 1),
)  # fmt: skip
COLUMNS = (
    "landscape",
    "strategy",
    "batch",
    "replays",
    "evaluations, median",
    "9 of 10",
    "core hours, median",
    "9 of 10",
    "core hours to 95 %",
)
_TUNING_SEED = 1_000_000

Make = Callable[[int], Landscape]


@cache
def prior() -> ConductivityPrior:
    """Return the model that learned from the training split."""
    return open_prior()


LANDSCAPES: Mapping[str, Make] = {
    "made up": made_up,
    "made up, prior off by 1 decade": lambda seed: made_up(seed, prior_error=1.0),
    "OBELiX test split": lambda seed: measured(None, seed),
    "OBELiX test split, prior of the training split": lambda seed: measured(prior(), seed),
    "finished campaign": lambda seed: finished(None, seed),
    "finished campaign, prior": lambda seed: finished(prior(), seed),
}
TUNING: Mapping[str, Make] = {
    "tuning: made up": lambda seed: made_up(_TUNING_SEED + seed),
    "tuning: made up, prior off by 1 decade": lambda seed: made_up(_TUNING_SEED + seed, prior_error=1.0),
    "tuning: OBELiX training split, cross-validated prior": lambda seed: measured_in_training(prior(), seed),
}


def row(name: str, method: str, batch: int, outcomes: list[Outcome]) -> str:
    """Return a row of the table, all in percent of computing everything."""
    evaluations, hours = (np.array([getattr(o, key) for o in outcomes]) for key in ("evaluations", "hours"))
    recall = np.array([o.hours_recall for o in outcomes])
    numbers = (*np.quantile(evaluations, (0.5, 0.9)), *np.quantile(hours, (0.5, 0.9)), np.median(recall))
    shown = " | ".join(f"{100 * number:.0f} %" for number in numbers)
    return f"| {name} | {method} | {batch} | {len(outcomes)} | {shown} |"


def replayed(make: Make, key: str, seeds: Iterable[int], state: Path) -> Iterator[Outcome]:
    """Yield the outcome of each seed: read from the state file, or replayed and added to it.

    Parameters
    ----------
    make
        Makes the landscape of a seed.
    key
        Landscape, strategy and batch, as in the state file.
    seeds
        Those that are asked for.
    state
        The file, one line a replay.
    """
    _, method, batch = key.split("/")
    known = dict(_lines(state, key))
    for seed in seeds:
        if seed not in known:
            known[seed] = replay(make(seed), method, seed, batch=int(batch))
            with state.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"key": key, "seed": seed} | asdict(known[seed])) + "\n")
    yield from known.values()


def _lines(state: Path, key: str) -> Iterator[tuple[int, Outcome]]:
    if not state.exists():
        return
    for text in state.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if line.pop("key") == key:
            yield line.pop("seed"), Outcome(**line)


def _until(end_s: float, seeds: Iterable[int]) -> Iterator[int]:
    """Yield seeds while the processor time of this process is below an end."""
    return takewhile(lambda _: time.process_time() < end_s, seeds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--state", type=Path, default=Path("replays.jsonl"))
    parser.add_argument("--landscapes", default="", help="only those whose names contain this, for runs side by side")
    parser.add_argument("--methods", default="", help="only these, separated by commas; physbo and blox need NIMO")
    parser.add_argument("--cpu-s", type=float, default=math.inf, help="begin no replay after this processor time")
    parser.add_argument(
        "--tuning", action="store_true", help="replay what strategies are chosen by, not what is reported"
    )
    arguments = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    begun = time.process_time()
    chosen = {n: make for n, make in (TUNING if arguments.tuning else LANDSCAPES).items() if arguments.landscapes in n}
    wanted = arguments.methods.split(",") if arguments.methods else [method for method, _ in RUNS]
    for method, batch in (run for run in RUNS if run[0] in wanted):
        for name, make in chosen.items():
            if method in NIMO_METHODS and "prior" in name:
                continue  # NIMO's table holds no predictions: the same replay as without
            key = f"{name}/{method}/{batch}"
            seeds = _until(begun + arguments.cpu_s, range(arguments.seeds))
            found = list(replayed(make, key, seeds, arguments.state))
            if found:
                print(row(name, method, batch, found), flush=True)
    print(f"\n{time.process_time() - begun:.0f} s of CPU")


if __name__ == "__main__":
    main()
