"""Simulated annealing in thirty lines of compiled code, which every search of arrangements should beat."""

import time

import numpy as np
from numba import njit

from ewald.search.sampling.hunt import compiled_problem, random_occupation
from ewald.space.form import QuadraticForm


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
