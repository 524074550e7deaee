"""Motions other than independent hops: vacancies, traps, cages, sites that ions hop back and forth between."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.screening.transport.walks import FRAME_FS, JUMP_A, lattice_walk

Floats = NDArray[np.float64]

VACANCY_EDGE = 4
VACANCIES = 6
VACANCY_IONS = VACANCY_EDGE**3 - VACANCIES

VACANCY_CORRELATION = 0.706
"""Correlation factor of the ions of :func:`vacancy_gas`, from 8 million hops of it (standard error 0.0022).

An infinite cell with hardly any vacancies has 0.6531 (K. Compaan, Y. Haven, Trans. Faraday Soc. 52, 786 (1956)).
"""


def vacancy_gas(rng: np.random.Generator, *, frames: int, hops_per_ps: float, vibration_A: float = 0.3) -> Floats:
    """Return the walk of 58 ions on the 64 sites of a simple cubic lattice: an ion hops only into a vacancy beside it.

    Parameters
    ----------
    rng, frames
        Generator, and length of the run.
    hops_per_ps
        Hops of one ion. The sum of all displacements is a martingale, as in every symmetric exclusion process, so that
        the charge diffusivity is that of uncorrelated hops; the tracer's is smaller by the correlation factor.
    vibration_A
        Standard deviation along each axis.
    """
    edge = VACANCY_EDGE
    attempts = rng.poisson(hops_per_ps * VACANCY_IONS * (frames - 1) * FRAME_FS / 1000 * (edge**3 - 1) / VACANCY_IONS)
    when = np.sort(rng.integers(1, frames, attempts))
    order = rng.permutation(edge**3)
    ion_at = np.full(edge**3, -1)
    ion_at[order[VACANCIES:]] = np.arange(VACANCY_IONS)
    empty = [(int(s) // edge**2, int(s) // edge % edge, int(s) % edge) for s in order[:VACANCIES]]
    ion_at = ion_at.reshape(edge, edge, edge)
    steps = np.zeros((VACANCY_IONS, 3, frames))
    picks = rng.integers(0, VACANCIES, attempts)
    axes, signs = rng.integers(0, 3, attempts), rng.choice([-1, 1], attempts)
    for frame, pick, axis, sign in zip(when.tolist(), picks.tolist(), axes.tolist(), signs.tolist(), strict=True):
        here = empty[pick]
        there = list(here)
        there[axis] = (there[axis] + sign) % edge
        ion = ion_at[tuple(there)]
        if ion >= 0:
            ion_at[here], ion_at[tuple(there)] = ion, -1
            empty[pick] = (there[0], there[1], there[2])
            steps[ion, axis, frame] -= sign * JUMP_A
    return np.asarray(steps.cumsum(axis=2) + rng.normal(0, vibration_A, steps.shape))


def half_trapped(rng: np.random.Generator, *, hops_per_ps: float, **options: float) -> Floats:
    """Return a walk of which every second ion only vibrates; the others hop twice as often as the mean."""
    walk = lattice_walk(rng, hops_per_ps=2 * hops_per_ps, vibration_A=0.0, **options)  # type: ignore[arg-type]
    walk[::2] = 0.0
    return np.asarray(walk + rng.normal(0, 0.3, walk.shape))


def held(rng: np.random.Generator, ions: int, frames: int, relaxation_ps: float, spread_A: float) -> Floats:
    """Return (ions, 3, frames) positions in a harmonic well: an Ornstein-Uhlenbeck process."""
    kept = np.exp(-FRAME_FS / 1000 / relaxation_ps)
    positions = np.empty((ions, 3, frames))
    positions[:, :, 0] = rng.normal(0, spread_A, (ions, 3))
    noise = rng.normal(0, spread_A * (1 - kept**2) ** 0.5, (ions, 3, frames))
    for frame in range(1, frames):
        positions[:, :, frame] = kept * positions[:, :, frame - 1] + noise[:, :, frame]
    return positions


def caged(rng: np.random.Generator, ions: int, frames: int, stay_ps: float, radius_A: float) -> Floats:
    """Return hops among the six sites of an octahedral cage, with this mean time before a new one is drawn."""
    corners = np.concatenate([np.eye(3), -np.eye(3)]) * radius_A
    site = rng.integers(0, 6, (ions, frames))
    moves = rng.random((ions, frames)) < FRAME_FS / 1000 / stay_ps
    moves[:, 0] = True
    last = np.maximum.accumulate(np.where(moves, np.arange(frames), 0), axis=1)
    return np.ascontiguousarray(corners[np.take_along_axis(site, last, axis=1)].transpose(0, 2, 1))


def to_and_fro(rng: np.random.Generator, ions: int, frames: int, correlation_ps: float, size_A: float) -> Floats:
    """Return hops back and forth along x between two sites, whose displacements forget with this correlation time."""
    flips = rng.random((ions, frames)) < FRAME_FS / 1000 / (2 * correlation_ps)
    positions = np.zeros((ions, 3, frames))
    # Were all on the same site at first, they would drift together to the mean of both.
    positions[:, 0] = size_A * ((rng.integers(0, 2, (ions, 1)) + flips.cumsum(axis=1)) % 2)
    return positions


def taken_back(
    rng: np.random.Generator, *, ions: int, frames: int, hops_per_ps: float, share: float, after_ps: float
) -> Floats:
    """Return a walk of which a share of all hops is taken back after an exponential time; `hops_per_ps` last."""
    length, before = frames * FRAME_FS / 1000, 5 * after_ps
    walk = np.zeros((ions, 3, frames))
    count = rng.poisson(hops_per_ps / (1 - share) * (length + before) * ions)
    ion, axis, step = rng.integers(0, ions, count), rng.integers(0, 3, count), rng.choice([-JUMP_A, JUMP_A], count)
    there_ps = rng.uniform(-before, length, count)
    back_ps = np.where(rng.random(count) < share, there_ps + rng.exponential(after_ps, count), np.inf)
    for time_ps, sign in ((there_ps, 1.0), (back_ps, -1.0)):
        inside = (time_ps > 0) & (time_ps < length)
        frame = np.clip((time_ps[inside] * 1000 / FRAME_FS).astype(int), 1, frames - 1)
        np.add.at(walk, (ion[inside], axis[inside], frame), sign * step[inside])
    return np.asarray(walk.cumsum(axis=2) + rng.normal(0, 0.4, walk.shape))


def strings(rng: np.random.Generator, *, ions: int, frames: int, hops_per_ps: float, length: int = 3) -> Floats:
    """Return hops of several ions at once, one behind the other: others each time, within the picosecond."""
    count = rng.poisson(hops_per_ps * ions / length * (frames - 1) * FRAME_FS / 1000)
    steps = np.zeros((ions, 3, frames))
    for frame in rng.integers(1, frames, count):
        axis, sign = rng.integers(0, 3), rng.choice([-JUMP_A, JUMP_A])
        for ion in rng.choice(ions, length, replace=False):
            steps[ion, axis, min(frame + rng.integers(0, 10), frames - 1)] += sign
    return np.asarray(steps.cumsum(axis=2) + rng.normal(0, 0.3, steps.shape))


def still(kind: Callable[..., Floats], **options: float) -> Callable[[np.random.Generator], Floats]:
    """Return a maker of runs without diffusion: 30 ions, 100 ps, a motion that stays where it is, and vibrations."""

    def make(rng: np.random.Generator) -> Floats:
        walk = kind(rng, 30, 1000, **options)
        return np.asarray(walk + rng.normal(0, 0.3, walk.shape))

    return make


STILL: dict[str, Callable[[np.random.Generator], Floats]] = {
    "vibrations": still(held, relaxation_ps=0.3, spread_A=0.4),
    "wide well, 2 ps": still(held, relaxation_ps=2.0, spread_A=1.0),
    "wide well, 10 ps": still(held, relaxation_ps=10.0, spread_A=1.2),
    "cage, 1 ps": still(caged, stay_ps=1.0, radius_A=2.0),
    "cage, 10 ps": still(caged, stay_ps=10.0, radius_A=2.0),
    "cage, 40 ps": still(caged, stay_ps=40.0, radius_A=2.0),
    "two sites, 1 ps": still(to_and_fro, correlation_ps=1.0, size_A=3.0),
    "two sites, 5 ps": still(to_and_fro, correlation_ps=5.0, size_A=3.0),
    "two sites, 25 ps": still(to_and_fro, correlation_ps=25.0, size_A=3.0),
    "two sites, 100 ps": still(to_and_fro, correlation_ps=100.0, size_A=3.0),
}
"""Runs in which nothing diffuses: none may pass."""
