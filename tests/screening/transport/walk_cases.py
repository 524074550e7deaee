"""Families of synthetic walks of known diffusivity, on which intervals must be calibrated."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from screening.transport.displacement import mobile_positions
from tests.screening.transport.walk_motions import (
    VACANCY_CORRELATION,
    caged,
    half_trapped,
    held,
    strings,
    taken_back,
    to_and_fro,
    vacancy_gas,
)
from tests.screening.transport.walks import lattice_walk, rate_to_D_cm2_s, trajectory

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
    walk
        What makes the walk from the options.
    tracer, charge
        True diffusivities over that of uncorrelated hops; charge is the number of ions that move together if left out.
    """

    title: str
    options: dict[str, Any]
    change: Callable[[np.random.Generator, Floats], Floats] | None = None
    walk: Callable[..., Floats] = lattice_walk
    tracer: float = 1.0
    charge: float | None = None

    @property
    def hops_per_ps(self) -> float:
        """Hops of one ion."""
        return float(self.options.get("hops_per_ps", 0.05))

    @property
    def tracer_cm2_s(self) -> float:
        """True tracer diffusivity."""
        return self.tracer * rate_to_D_cm2_s(self.hops_per_ps)

    @property
    def charge_cm2_s(self) -> float:
        """True charge diffusivity."""
        charge = self.options.get("group", 1) if self.charge is None else self.charge
        return float(charge * rate_to_D_cm2_s(self.hops_per_ps))

    def positions(self, seed: int) -> Floats:
        """Return the (ions, 3, frames) positions of one walk."""
        rng = np.random.default_rng(seed)
        walk = self.walk(rng, **self.options)
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
    return lambda rng, walk: walk + to_and_fro(rng, len(walk), walk.shape[2], correlation_ps, size_A)


def in_a_cage(stay_ps: float, radius_A: float = 2.0) -> Callable[[np.random.Generator, Floats], Floats]:
    """Ions also hop among the six sites of a cage, and the hops of the walk are those from cage to cage."""
    return lambda rng, walk: walk + caged(rng, len(walk), walk.shape[2], stay_ps, radius_A)


def swinging(relaxation_ps: float, spread_A: float) -> Callable[[np.random.Generator, Floats], Floats]:
    """Ions also vibrate so slowly that neighbouring frames remember it."""
    return lambda rng, walk: walk + held(rng, len(walk), walk.shape[2], relaxation_ps, spread_A)


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
    "few hops back": WalkCase(
        "100 ions, back and forth, correlation time 15 ps, 2 hops each in 40 ps",
        SHAKEN | {"ions": 100, "frames": 400},
        back_and_forth(15.0),
    ),
    "strings": WalkCase(
        "three ions at a time within a picosecond, others each time, 200 ps",
        {"ions": 30, "frames": 2000, "hops_per_ps": 0.05},
        walk=strings,
        charge=3.0,
    ),
    "vacancies": WalkCase(
        "58 ions on 64 sites, 6 vacancies, 200 ps",
        {"frames": 2000, "hops_per_ps": 0.05},
        walk=vacancy_gas,
        tracer=VACANCY_CORRELATION,
        charge=1.0,
    ),
    "trapped": WalkCase("half of 30 ions trapped", {"hops_per_ps": 0.05}, walk=half_trapped),
    "cage": WalkCase("cages of 4 Å, 1 ps on a site, and hops out of them", LONG, in_a_cage(1.0)),
    "cage 5": WalkCase("the same, 5 ps on a site", LONG, in_a_cage(5.0)),
    "two sites": WalkCase(
        "two sites 3 Å apart, correlation time 0.5 ps, few hops on",
        LONG | {"hops_per_ps": 0.02},
        back_and_forth(0.5),
    ),
    "one dimension": WalkCase("along one axis, 200 ps", LONG | {"axes_weight": (1.0, 0.0, 0.0)}),
    "swinging": WalkCase("vibrations that relax in 0.3 ps, 200 ps", {"frames": 2000}, swinging(0.3, 0.4)),
    "slow": WalkCase(
        "100 ions, 1.6 hops each in 800 ps, vibrating by 0.5 Å",
        {"ions": 100, "frames": 8000, "hops_per_ps": 0.002, "vibration_A": 0.5},
    ),
}

FEW: dict[str, Any] = {"ions": 30, "frames": 400, "vibration_A": 0.4}
BACK: dict[str, Any] = {"ions": 30, "frames": 400, "share": 0.5, "after_ps": 4.0}

FEW_HOPS = {
    f"{name}, {hops} hops": WalkCase(f"{title}: {hops}", options | {"hops_per_ps": hops / 40}, change, walk)
    for name, title, options, change, walk in (
        ("3D", "in three dimensions", FEW, None, lattice_walk),
        ("chain", "along one axis", FEW | {"axes_weight": (1.0, 0.0, 0.0)}, None, lattice_walk),
        ("cage", "out of cages of 4 Å, 1 ps on a site", FEW, in_a_cage(1.0), lattice_walk),
        ("half back", "half of all hops taken back after 4 ps", BACK, None, taken_back),
        ("two sites", "and back and forth, correlation time 15 ps", FEW, back_and_forth(15.0), lattice_walk),
    )
    for hops in (1, 2, 3, 5, 10)
}
"""Few hops of an ion in 40 ps."""

FEWEST_HOPS = {
    f"in all, {hops} hops": WalkCase(f"in all, three dimensions: {hops}", FEW | {"hops_per_ps": hops / 30 / 40})
    for hops in (1, 2, 3, 5, 10)
}
"""Few hops of all ions."""
