"""Families of synthetic walks of known diffusivity, on which intervals must be calibrated."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from screening.transport.displacement import mobile_positions
from tests.screening.transport.walks import FRAME_FS, lattice_walk, rate_to_D_cm2_s, trajectory

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WalkCase:
    """One family of walks.

    Attributes
    ----------
    title
        For the table.
    options
        Of :func:`tests.screening.transport.walks.lattice_walk`.
    change
        What is done to a walk with the generator that made it.
    """

    title: str
    options: dict[str, Any]
    change: Callable[[np.random.Generator, Floats], Floats] | None = None

    @property
    def tracer_cm2_s(self) -> float:
        """True tracer diffusivity."""
        return rate_to_D_cm2_s(self.options.get("hops_per_ps", 0.05))

    @property
    def charge_cm2_s(self) -> float:
        """True charge diffusivity: larger by the number of ions that move together."""
        return self.tracer_cm2_s * self.options.get("group", 1)

    def positions(self, seed: int) -> Floats:
        """Return the (ions, 3, frames) positions of one walk."""
        rng = np.random.default_rng(seed)
        walk = lattice_walk(rng, **self.options)
        return walk if self.change is None else self.change(rng, walk)


def drifting(rng: np.random.Generator, walk: Floats) -> Floats:
    """Everything moves by 0.05 A a frame, and the framework takes it out."""
    run = trajectory(rng, walk, drift_A_per_frame=0.05)
    return mobile_positions(run, run.indices("Na"))


def with_a_jump_missing(rng: np.random.Generator, walk: Floats) -> Floats:
    """One frame in which an ion jumped was lost, and with it the time it took."""
    jumped = np.flatnonzero((np.abs(np.diff(walk, axis=2)) > 1.5).any(axis=(0, 1)))
    return np.delete(walk, rng.choice(jumped), axis=2) if len(jumped) else walk


def back_and_forth(correlation_ps: float, size_A: float = 3.0) -> Callable[[np.random.Generator, Floats], Floats]:
    """Ions also hop back and forth between two sites, which leads nowhere, with this correlation time."""

    def change(rng: np.random.Generator, walk: Floats) -> Floats:
        flips = rng.random((walk.shape[0], walk.shape[2])) < FRAME_FS / 1000 / (2 * correlation_ps)
        walk = walk.copy()
        walk[:, 0] += size_A * (flips.cumsum(axis=1) % 2)
        return walk

    return change


SHAKEN: dict[str, Any] = {"vibration_A": 0.4}
LONG: dict[str, Any] = {"frames": 2000, "vibration_A": 0.3}

CASES = {
    "isotropic": WalkCase("30 ions, 100 ps, isotropic", {}),
    "vibrating": WalkCase("the same, vibrating by 0.4 Å", SHAKEN),
    "anisotropic": WalkCase("anisotropic 4 : 1 : 1", {"axes_weight": (4.0, 1.0, 1.0), "vibration_A": 0.2}),
    "pairs": WalkCase("hops in pairs (Haven ratio 1/2)", SHAKEN | {"group": 2}),
    "fives": WalkCase("hops in fives (Haven ratio 1/5), 200 ps", LONG | {"group": 5}),
    "drift": WalkCase("the whole cell drifts", SHAKEN, drifting),
    "missing": WalkCase("a jump missing", SHAKEN, with_a_jump_missing),
    "rare": WalkCase("rare hops", SHAKEN | {"hops_per_ps": 0.004}),
    "very rare": WalkCase("very rare hops, 200 ps", LONG | {"hops_per_ps": 0.001}),
    "short": WalkCase("16 ions, 20 ps", SHAKEN | {"ions": 16, "frames": 200, "hops_per_ps": 0.02}),
    "short pairs": WalkCase("10 ions in pairs, 40 ps", SHAKEN | {"ions": 10, "frames": 400, "group": 2}),
    "correlated 1": WalkCase("back and forth by 3 Å, correlation time 1 ps, 200 ps", LONG, back_and_forth(1.0)),
    "correlated 5": WalkCase("back and forth, correlation time 5 ps, 200 ps", LONG, back_and_forth(5.0)),
    "correlated 12": WalkCase("back and forth, correlation time 12 ps, 200 ps", LONG, back_and_forth(12.0)),
    "correlated 25": WalkCase("back and forth, correlation time 25 ps, 200 ps", LONG, back_and_forth(25.0)),
}
