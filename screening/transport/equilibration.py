"""Where equilibration ends: the cut that leaves the most effectively independent samples.

Method: J. D. Chodera, J. Chem. Theory Comput. 12, 1799 (2016), with the statistical inefficiency of the observable
estimated from its autocorrelation up to the first zero crossing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from screening.species import ANIONS
from screening.trajectory.trajectory import Positions, Trajectory
from screening.transport.displacement import relative_positions

Floats = NDArray[np.float64]

FEW_SAMPLES = 6.0
"""A drift through the whole run leaves about three effectively independent samples, an equilibrated run many more."""


@dataclass(frozen=True)
class EquilibrationCut:
    """The first frame of production, and what it was found from.

    Attributes
    ----------
    frame
        First frame kept.
    time_ps
        Time cut away.
    observable
        What was looked at, or `none`.
    warning
        Said when the run never settles within its first half.
    """

    frame: int
    time_ps: float
    observable: str
    warning: str | None = None


def statistical_inefficiency(series: Floats) -> float:
    """Return g = 1 + 2 tau, the number of frames per independent sample (at least 1)."""
    centred = series - series.mean()
    variance = float(centred @ centred)
    frames = len(series)
    if frames < 3 or variance <= 1e-12 * max(1.0, float(series @ series)):
        return 1.0
    size = 1 << (2 * frames - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    correlation = np.fft.irfft(spectrum * spectrum.conj(), size)[:frames] / variance
    negative = np.flatnonzero(correlation <= 0)
    stop = int(negative[0]) if len(negative) else frames
    return max(1.0, 1.0 + 2.0 * float(correlation[1:stop].sum()))


def find_equilibration(trajectory: Trajectory, *, species: str, minimum_ps: float = 0.0) -> EquilibrationCut:
    """Find the first frame of production.

    Parameters
    ----------
    trajectory
        Whole run.
    species
        Mobile element; the framework is everything else.
    minimum_ps
        Least time cut, for example the campaign's `equilibration_ps`; never more than half the run.
    """
    half = (trajectory.frames - 1) // 2
    least = min(round(minimum_ps * 1000 / trajectory.frame_fs), half)
    name, series = _observable(trajectory, species)
    frame, warning = least, None
    if series is not None and trajectory.frames >= 20:
        starts = np.unique(np.linspace(least, max(least, 3 * trajectory.frames // 4), 40).astype(int))
        samples = [(trajectory.frames - s) / statistical_inefficiency(series[s:]) for s in starts]
        frame = int(starts[int(np.argmax(samples))])
        if frame > half or max(samples) < FEW_SAMPLES:
            frame = min(frame, half)
            warning = f"the {name} drifts through most of the run: it may not be in equilibrium"
    if (frame + 1) * trajectory.frame_fs / 1000 < minimum_ps:
        warning = f"the run is too short to cut the {minimum_ps:g} ps of equilibration that were asked for"
    return EquilibrationCut(frame, frame * trajectory.frame_fs / 1000, name, warning)


def _observable(trajectory: Trajectory, species: str) -> tuple[str, Floats | None]:
    energy = trajectory.potential_eV
    if energy is not None and np.isfinite(energy).all() and np.ptp(energy) > 0:
        return "potential energy", energy
    mobile = trajectory.indices(species)
    host = np.setdiff1d(np.arange(len(trajectory.numbers)), mobile)
    cations = np.array([i for i in host if Element.from_Z(int(trajectory.numbers[i])).symbol not in ANIONS], dtype=int)
    if len(cations) == 0 or len(host) < 2:
        return "none", None
    positions = relative_positions(trajectory, cations, host)
    # Rotating groups move their anions for ever, so only host cations tell when the framework has settled.
    return "framework displacement", np.asarray(sum(_square_from_mean(p) for p in positions) / len(cations))


def _square_from_mean(positions: Positions) -> Floats:
    """Squared distance (F,) of one ion, given as (3, F), from its mean position."""
    centred = positions - positions.mean(axis=1, keepdims=True, dtype=np.float64)
    return np.asarray((centred**2).sum(axis=0))
