"""Compares, on cells whose arrangements were all relaxed, ways to choose the arrangements that are relaxed.

- bare: the `keep` lowest in the energy of formal charges, or as many as the learning surrogate took;
- repulsion: the same with `pairs: born_mayer`;
- learned: relax the `keep` lowest of the bare energy, fit, relax the `keep` lowest of the fitted energy that are left,
  fit again, and so on until the lowest of the fitted energy has been relaxed.

Where the bare energy ties, the chance of a random choice among the tied ones is given.
"""

import argparse
import gzip
import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.pair_surrogate.cells import CELLS, Cell
from benchmarks.pair_surrogate.fit import Features, fitted_weights
from benchmarks.pair_surrogate.relax import RELAXED

_TIE_EV = 1e-5
_SAME_EV = 2e-3


@dataclass(frozen=True)
class Outcome:
    """Figures of one cell; recalls are chances that the lowest of all relaxed energies is among those relaxed."""

    cell: str
    kind: str
    arrangements: int
    spearman_bare: float
    spearman_repulsion: float
    recall_bare: float
    recall_repulsion: float
    learned_relaxed: int
    learned_found: bool
    learned_above_lowest_meV: float
    recall_bare_same_number: float
    spearman_learned: float


def study(cell: Cell, relaxed: dict[str, float], keep: int = 5) -> Outcome:
    """Play the choices through, with energies from the table in place of relaxations."""
    occupations = np.array([[int(digit) for digit in digits] for digits in relaxed], dtype=np.int8)
    truth = np.array(list(relaxed.values()))
    features = Features.of(cell.space(), occupations)
    bare = features.values[:, 0]
    form = cell.space(pairs="born_mayer").form
    repulsion = np.array([form.energy(one) for one in occupations])
    done, predicted = learn(features.values, truth, bare, keep)
    return Outcome(
        cell.name,
        cell.kind,
        len(truth),
        spearman(bare, truth),
        spearman(repulsion, truth),
        recall(bare, truth, keep),
        recall(repulsion, truth, keep),
        len(done),
        bool(truth[done].min() < truth.min() + _SAME_EV),
        1000 * float(truth[done].min() - truth.min()),
        recall(bare, truth, len(done)),
        spearman(predicted, truth),
    )


def learn(
    features: NDArray[np.float64], truth: NDArray[np.float64], first: NDArray[np.float64], keep: int
) -> tuple[list[int], NDArray[np.float64]]:
    """Numbers of the arrangements that were relaxed, and the last fitted energies."""
    done = [int(k) for k in np.argsort(first, kind="stable")[:keep]]
    while True:
        weights, _ = fitted_weights(features[done], truth[done])
        predicted = features @ weights
        order = np.argsort(predicted, kind="stable")
        # Ties of the fitted optimum are as good as it.
        tied = order[predicted[order] <= predicted[order[0]] + _TIE_EV]
        # The first fit, to the lowest of another energy, has seen too little to be believed.
        if (set(tied.tolist()) & set(done) and len(done) > keep) or len(done) == len(truth):
            return done, predicted
        done += [int(k) for k in order if int(k) not in done][:keep]


def recall(energies: NDArray[np.float64], truth: NDArray[np.float64], number: int) -> float:
    """Chance that one of the truly lowest arrangements is among the ``number`` lowest, ties drawn at random."""
    best = np.flatnonzero(truth < truth.min() + _SAME_EV)
    order = np.sort(energies)
    if number >= len(order):
        return 1.0
    limit = order[number - 1]
    if (energies[best] < limit - _TIE_EV).any():
        return 1.0
    tied = np.abs(energies - limit) <= _TIE_EV
    free = number - int((energies < limit - _TIE_EV).sum())
    among, wanted = int(tied.sum()), int(tied[best].sum())
    missed = np.prod([(among - wanted - k) / (among - k) for k in range(free)]) if wanted else 1.0
    return float(1 - max(missed, 0.0))


def spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Rank correlation; zero where one of them is constant."""
    from scipy.stats import spearmanr

    return 0.0 if np.ptp(one.round(5)) == 0 else float(spearmanr(one.round(5), other).statistic)


def main() -> None:
    """Print one line for each cell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = json.loads(gzip.decompress(RELAXED.read_bytes()))
    for cell in (cell for cell in CELLS if cell.name in table):
        outcome = study(cell, table[cell.name], options.keep)
        if options.json:
            print(json.dumps(asdict(outcome)))
        else:
            print(
                "  ".join(f"{v:.2f}" if isinstance(v, float) else str(v) for v in asdict(outcome).values()), flush=True
            )


if __name__ == "__main__":
    main()
