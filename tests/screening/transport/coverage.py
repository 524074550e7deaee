"""How often an interval contains the truth: one walk measured, and many of them counted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from screening.transport.displacement import Displacements, displacements
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
    band_A2: tuple[tuple[float, float, float], ...] = ()
    """Low end, MSD and high end of the band at a few lags from the shortest to the longest."""

    @property
    def covers(self) -> bool:
        """Whether the interval of the tracer diffusivity contains the truth."""
        return self.low <= 1 <= self.high

    @property
    def covers_charge(self) -> bool:
        """The same for charge, resolved or not."""
        return self.charge_low <= 1 <= self.charge_high


BAND_LAGS = 7
"""Lags at which the band of the MSD is counted."""


def motion(positions_A, moved: Displacements | None = None) -> Motion:
    """Analyse a walk as a run is analysed."""
    return motion_of(positions_A, FRAME_FS, displacements(positions_A, FRAME_FS) if moved is None else moved)


def measure(case: WalkCase, seed: int) -> Measured:
    """Measure one walk of a family."""
    positions = case.positions(seed)
    moved = displacements(positions, FRAME_FS)
    found = motion(positions, moved)
    tracer, charge = found.tracer, found.found.charge.estimate()
    ends = (value / case.tracer_cm2_s for value in (tracer.mean, tracer.low95, tracer.high95))
    charges = (value / case.charge_cm2_s for value in (charge.low95, charge.high95))
    at = np.linspace(0, len(moved.lag_ps) - 1, BAND_LAGS).astype(int)
    band = tuple(map(tuple, np.array([moved.msd_band_A2[0], moved.msd_A2, moved.msd_band_A2[1]]).T[at].tolist()))
    return Measured(*ends, *charges, found.charge is not None, found.diffusive, tracer.bound, band)


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
        "band": band_coverage(walks),
    }


def band_coverage(walks: Sequence[Measured]) -> float:
    """Return how often the band of a walk holds the true MSD, over all lags: that of all walks together."""
    bands = np.array([walk.band_A2 for walk in walks if walk.band_A2])
    if not len(bands):
        return float("nan")
    truth = bands[:, :, 1].mean(axis=0)
    return float(((bands[:, :, 0] <= truth) & (truth <= bands[:, :, 2])).mean())


def to_document(walk: Measured) -> dict[str, float | bool | str | None]:
    """Return a JSON-compatible dict."""
    return asdict(walk)
