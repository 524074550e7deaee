"""How often an interval contains the truth: one walk measured, and many of them counted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from screening.transport.displacement import displacements
from screening.transport.motion import Motion, motion_of
from tests.screening.transport.walk_cases import WalkCase
from tests.screening.transport.walk_motions import STILL
from tests.screening.transport.walks import FRAME_FS


@dataclass(frozen=True)
class Measured:
    """One walk: estimate and interval over the truth, and whether the charge diffusivity is resolved from noise."""

    mean: float
    low: float
    high: float
    charge_low: float
    charge_high: float
    resolved: bool
    passes: bool
    bound: str | None

    @property
    def covers(self) -> bool:
        """Whether the interval of the tracer diffusivity contains the truth."""
        return self.low <= 1 <= self.high

    @property
    def covers_charge(self) -> bool:
        """The same for charge, resolved or not."""
        return self.charge_low <= 1 <= self.charge_high


def motion(positions_A) -> Motion:
    """Analyse a walk as a run is analysed."""
    return motion_of(positions_A, FRAME_FS, displacements(positions_A, FRAME_FS))


def measure(case: WalkCase, seed: int) -> Measured:
    """Measure one walk of a family."""
    found = motion(case.positions(seed))
    tracer, charge = found.tracer, found.found.charge.estimate()
    ends = (value / case.tracer_cm2_s for value in (tracer.mean, tracer.low95, tracer.high95))
    charges = (value / case.charge_cm2_s for value in (charge.low95, charge.high95))
    return Measured(*ends, *charges, found.charge is not None, found.diffusive, tracer.bound)


def passes_though_still(kind: str, seed: int) -> bool:
    """Whether a run in which nothing diffuses could pass, however low the threshold."""
    return motion(STILL[kind](np.random.default_rng(seed))).diffusive


def summary(walks: Sequence[Measured]) -> dict[str, float]:
    """Return what the table of the documentation shows of one family."""
    values = [walk.mean for walk in walks if walk.bound is None]
    return {
        "walks": len(walks),
        "covered": float(np.mean([walk.covers for walk in walks])),
        "charge": float(np.mean([walk.covers_charge for walk in walks])),
        "resolved": float(np.mean([walk.resolved for walk in walks])),
        "mean": float(np.mean(values)) if values else float("nan"),
        "scatter": float(np.std(values)) if values else float("nan"),
        "width": float(np.mean([walk.high - walk.low for walk in walks])),
        "bounds": float(np.mean([walk.bound is not None for walk in walks])),
        "passes": float(np.mean([walk.passes for walk in walks])),
    }


def to_document(walk: Measured) -> dict[str, float | bool | str | None]:
    """Return a JSON-compatible dict."""
    return asdict(walk)
