"""Compare the sampling search with simulated annealing in thirty lines, both at the same CPU time.

    python benchmarks/compare_annealing.py --seconds 10 --seeds 20 7w5.cif,couple=Li kkn.cif ...

Every argument is a structure file, a space file or a QAPLIB instance (``.dat``, ``.dat.gz``) of the kind tai64c, with
options of `ewald.from_file` behind commas: ``file.cif,couple=Li,min_distance_A=0.7,charges=Li=1;La=3;Zr=4;Ta=5;O=-2``.
Prints, for both, the lowest, median and highest energy over the seeds and how often the search ended above annealing.
"""

import argparse
import gzip
import time
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from ewald import from_file
from ewald.io.oxidation import parse_charges
from ewald.search.sampling.hunt import compiled_problem, random_occupation
from ewald.search.sampling.search import search
from ewald.space.form import QuadraticForm
from ewald.space.sublattice import Sublattice
from ewald.space.symmetry import SymmetryGroup

TIE_EV = 1e-6


@njit(nogil=True)
def anneal(A, v, dq, first, last, clash, ion, penalty, hot, cold, steps, seed):  # noqa: ANN001, ANN201, PLR0917
    """Simulated annealing with swaps within sublattices, geometric cooling; lowest energy without clashes."""
    np.random.seed(seed)  # noqa: NPY002
    n, phi, energy, best, pairs = len(v), v + A @ dq, 0.5 * dq @ (v + v + A @ dq), np.inf, 0.5 * ion @ clash @ ion
    for step in range(steps):
        kT = hot * (cold / hot) ** (step / steps)
        i = np.random.randint(n)  # noqa: NPY002
        j = np.random.randint(first[i], last[i])  # noqa: NPY002
        d, e = dq[j] - dq[i], ion[j] - ion[i]
        if d == 0.0 and e == 0.0:
            continue
        change = d * (phi[i] - phi[j]) + 0.5 * d * d * (A[i, i] + A[j, j] - 2 * A[i, j])
        more = 0.0
        if penalty > 0.0 and e != 0.0:
            for k in range(n):
                if k not in {i, j}:
                    more += e * ion[k] * (clash[i, k] - clash[j, k])
        cost = change + penalty * more
        if cost <= 0.0 or np.random.random() < np.exp(-cost / kT):  # noqa: NPY002
            for k in range(n):
                phi[k] += d * (A[i, k] - A[j, k])
            dq[i], dq[j], ion[i], ion[j] = dq[j], dq[i], ion[j], ion[i]
            energy, pairs = energy + change, pairs + more
            if pairs == 0.0 and energy < best:
                best = energy
    return best


def annealed_eV(form: QuadraticForm, seconds: float, seed: int) -> float:
    """Lowest energy of one annealing that takes about so many CPU seconds."""
    problem, generator = compiled_problem(form), np.random.default_rng(seed)
    clash = np.zeros((form.n, form.n))
    clash[form.forbidden[:, 0], form.forbidden[:, 1]] = clash[form.forbidden[:, 1], form.forbidden[:, 0]] = 1.0
    occupation = random_occupation(form, generator)
    dq, ion = form.charge_changes(occupation), form.ions(occupation).astype(float)
    phi, hot = form.v + form.A @ dq, 0.0
    for i, j in generator.integers(form.n, size=(1000, 2)):
        d = dq[j] - dq[i]
        hot = max(hot, 0.25 * abs(d * (phi[i] - phi[j])) if problem.first[i] == problem.first[j] else 0.0)
    penalty = problem.penalty_eV if len(form.forbidden) else 0.0

    def run(steps: int) -> tuple[float, float]:
        started = time.thread_time()
        best = anneal(
            form.A,
            form.v,
            dq.copy(),
            problem.first,
            problem.last,
            clash,
            ion.copy(),
            penalty,
            hot,
            hot / 300,
            steps,
            seed,
        )
        return form.E0_eV + best, time.thread_time() - started

    run(10)
    _, taken_s = run(100_000)
    return run(int(100_000 * seconds / taken_s))[0]


def read(text: str) -> tuple[str, QuadraticForm, SymmetryGroup]:
    """Read one argument: name, form, group."""
    file, *options = text.split(",")
    if ".dat" in Path(file).name:
        return _qaplib(Path(file))
    given: dict[str, Any] = dict(option.split("=", 1) for option in options)
    if "couple" in given:
        given["couple"] = tuple(given["couple"].split(";"))
    if "charges" in given:
        given["charges"] = parse_charges(given["charges"].replace(";", ","))
    given = {k: float(x) if k in {"min_distance_A", "occupancy_tolerance"} else x for k, x in given.items()}
    space = from_file(file, **given)
    return Path(file).stem, space.form, space.group


def _qaplib(file: Path) -> tuple[str, QuadraticForm, SymmetryGroup]:
    """Read an instance whose first matrix has ones between the first facilities only: a choice of so many sites."""
    content = file.read_bytes()
    words = (gzip.decompress(content) if file.suffix == ".gz" else content).split()
    n = int(words[0])
    matrices = np.array(words[1 : 1 + 2 * n * n], dtype=float).reshape(2, n, n)
    flow, distance = sorted(matrices, key=np.max)
    chosen = int(flow.sum(axis=1).max())
    sites = Sublattice("sites", tuple(range(n)), ("X+", "vacancy"), (1.0, 0.0), (chosen, n - chosen))
    form = QuadraticForm(np.arange(n), np.zeros(n, dtype=np.int64), (sites,), 0.0, np.zeros(n), 2.0 * distance)
    return file.name.split(".")[0], form, SymmetryGroup.trivial(n)


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spaces", nargs="+")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    print("space,sampling lowest,median,highest,annealing lowest,median,highest,seeds above annealing")
    for text in options.spaces:
        name, form, group = read(text)
        search(form, group, 1, time_limit_s=0.2)
        ours, theirs = [], []
        for seed in range(options.seeds):
            found = search(
                form, group, 1, seed=seed, time_limit_s=options.seconds, use_all_time=True, clock=time.thread_time
            )
            ours.append(found.lowest[0][0] if found.lowest else np.inf)
            theirs.append(annealed_eV(form, options.seconds, seed))
        above = sum(a > b + TIE_EV for a, b in zip(ours, theirs, strict=True))
        figures = [f"{pick(side):.4f}" for side in (ours, theirs) for pick in (min, np.median, max)]
        print(",".join([name, *figures, str(above)]), flush=True)


if __name__ == "__main__":
    main()
