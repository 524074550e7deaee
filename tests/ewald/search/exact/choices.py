"""The slow and obvious way through the literals of a small problem."""

import itertools

import numpy as np


def choices(problem):
    """Every choice of literals with the right counts and at most one on a site, shape (m,), int8."""
    members = [np.flatnonzero(problem.group == g) for g in range(len(problem.wanted))]
    for parts in itertools.product(
        *(itertools.combinations(m, int(w)) for m, w in zip(members, problem.wanted, strict=True))
    ):
        chosen = [literal for part in parts for literal in part]
        if len(set(problem.site[chosen].tolist())) == len(chosen):
            row = np.zeros(problem.size, dtype=np.int8)
            row[chosen] = 1
            yield row


def energy_eV(problem, choice):
    """Energy of a choice."""
    x = choice.astype(float)
    return problem.constant_eV + problem.h_eV @ x + 0.5 * x @ problem.B_eV @ x


def allowed(problem, choice):
    """Whether a choice puts no two ions where only one may be."""
    ion = problem.default_ion.copy()
    for literal in np.flatnonzero(choice):
        ion[problem.site[literal]] = problem.ion[literal]
    return not any(ion[i] and ion[j] for i, j in problem.form.forbidden)
