"""Small configuration spaces and the slow, obvious search over them."""

import itertools

import numpy as np
from hypothesis import strategies as st

from ewald.search.ranking import rank
from ewald.space.form import QuadraticForm
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from ewald.space.symmetry import SymmetryGroup

SALT = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]


def rock_salt(cells=(2, 1, 1), charges=(2.0, 1.0, 0.0), cations=(2, 4, 2), anions=(5, 3)):
    """Rock salt with three kinds of cation sites' contents and two of anions; neutral by a background anion charge."""
    shifts = np.array(list(itertools.product(*(range(c) for c in cells))))
    scale = np.array(cells)
    cation = (np.array(SALT)[None] + shifts[:, None]).reshape(-1, 3) / scale
    anion = (np.array(SALT)[None] + 0.5 + shifts[:, None]).reshape(-1, 3) / scale
    sites = len(cation)
    total = float(np.dot(charges, cations))
    heavy = -(total + anions[1] * 1.0) / anions[0]
    return ConfigurationSpace(
        4.2 * np.diag(scale).astype(float),
        np.concatenate([cation, anion]),
        (
            Sublattice("M", tuple(range(sites)), ("Mg2+", "Na+", "vacancy"), charges, cations),
            Sublattice("X", tuple(range(sites, 2 * sites)), ("O", "F"), (heavy, 1.0), anions),
        ),
    )


def all_occupations(form: QuadraticForm):
    """Every allowed occupation of the variable sites."""
    per_sublattice = []
    for sublattice in form.sublattices:
        labels = [s for s, count in enumerate(sublattice.counts) for _ in range(count)]
        per_sublattice.append(sorted(set(itertools.permutations(labels))))
    for parts in itertools.product(*per_sublattice):
        occupation = np.array([x for part in parts for x in part], dtype=np.int8)
        if form.allowed(occupation):
            yield occupation


def brute_force(form: QuadraticForm, group: SymmetryGroup, keep: int):
    """All energies and the lowest distinct configurations."""
    occupations = list(all_occupations(form))
    return np.array([form.energy(o) for o in occupations]), rank(form, group, occupations, keep)


def same_lowest(left, right) -> bool:
    """Whether two ranked lists are the same to the last bit."""
    return [(e, m, o.tobytes()) for e, m, o in left] == [(e, m, o.tobytes()) for e, m, o in right]


def configurations_of(counts) -> int:
    """Multinomial coefficient."""
    total, ways = 0, 1
    for count in counts:
        for k in range(1, count + 1):
            total += 1
            ways = ways * total // k
    return ways


@st.composite
def small_forms(draw, most=1500, symmetric=True):
    """Random quadratic forms with up to three sublattices, with or without symmetry and forbidden pairs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = []
    for _ in range(draw(st.integers(1, 3))):
        species = tuple(draw(st.lists(st.integers(0, 3), min_size=2, max_size=3)))
        if (
            sum(c > 0 for c in species) > 1
            and configurations_of(species) * np.prod([configurations_of(c) for c in counts], dtype=int) <= most
        ):
            counts.append(species)
    if not counts:
        counts.append((2, 1))
    sizes = [sum(c) for c in counts]
    n = sum(sizes)
    starts = np.cumsum([0, *sizes])
    permutations = np.arange(n, dtype=np.int32)[None]
    if symmetric and draw(st.booleans()):
        permutations = np.unique(
            np.array([
                np.concatenate([s + (np.arange(k) * f + r) % k for s, k in zip(starts, sizes, strict=False)])
                for r in range(int(np.lcm.reduce(sizes))) for f in (1, -1)
            ], dtype=np.int32),
            axis=0,
        )  # fmt: skip
    scale = 10.0 ** draw(st.integers(-2, 2))
    A = rng.normal(size=(n, n)) * scale
    A = sum(A[np.ix_(p, p)] for p in permutations) / len(permutations)
    v = rng.normal(size=n) * scale
    v = sum(v[p] for p in permutations) / len(permutations)
    charges = [tuple(float(draw(st.integers(-2, 3))) for _ in c) for c in counts]
    sublattices = tuple(
        Sublattice(
            f"s{k}", tuple(range(starts[k], starts[k + 1])), ("A", "B", "C")[: len(c)], q, c
        )
        for k, (c, q) in enumerate(zip(counts, charges, strict=True))
    )  # fmt: skip
    labels = np.repeat(np.arange(len(counts)), sizes)
    form = QuadraticForm(np.arange(n), labels, sublattices, float(rng.normal() * 100), v, A + A.T, problem_hash="x")
    return form, SymmetryGroup(len(permutations), permutations)
