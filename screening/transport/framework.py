"""Health of an MD run: did the mobile ions hop, and did the host stay a solid while they did.

Rotating anion groups (PS4, SbS4) move their anions by several A without melting, so integrity is judged by the host
cations' displacement and by their bonds to anions, never by the displacement of every ion that is not mobile. In a
crystal without host cations (AgI, CuI, Li2S) the anions are the framework.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Lattice

from screening.species import ANIONS, BOND_STRETCH
from screening.trajectory.trajectory import Positions, Trajectory

Floats = NDArray[np.float64]

HOP_A = 2.0
"""A hop: the position averaged over half a picosecond has moved this far, more than vibration and over half a jump."""

MELTED_MSD_A2 = 4.0
"""Host cations that moved 2 A on average are no longer on their sites."""

MAX_BOND_LOSS = 0.15
"""Largest share of host bonds lost on average in a sound run."""


@dataclass(frozen=True)
class Health:
    """Hops of the mobile ions in a run, and stability of the host.

    Attributes
    ----------
    hops_per_ion
        Hops of a mobile ion over the run.
    host_msd_A2
        Mean squared displacement of the host cations, or of the anions where there are none, between first and last
        quarter; None without a host.
    anion_msd_A2
        Of the anions beside host cations: large with a small `host_msd_A2` means that groups rotated.
    bond_loss
        Share of host cation-anion bonds of the start that are broken at the end.
    warnings
        What a reader must know.
    """

    hops_per_ion: float
    host_msd_A2: float | None
    anion_msd_A2: float | None
    bond_loss: float | None
    warnings: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether the host stayed in place and kept its bonds."""
        melted = self.host_msd_A2 is not None and self.host_msd_A2 > MELTED_MSD_A2
        return not melted and not (self.bond_loss is not None and self.bond_loss > MAX_BOND_LOSS)


def check_health(trajectory: Trajectory, mobile: NDArray[np.int64], positions_A: Positions) -> Health:
    """Judge a run.

    Parameters
    ----------
    trajectory
        Production part.
    mobile
        (n,) indices of the mobile ions.
    positions_A
        (n, 3, F) their drift-free positions, see :func:`screening.transport.displacement.mobile_positions`.
    """
    hops = count_hops(positions_A, trajectory.frame_fs) / len(mobile)
    host = np.setdiff1d(np.arange(len(trajectory.numbers)), mobile)
    is_anion = np.array([Element.from_Z(int(z)).symbol in ANIONS for z in trajectory.numbers])
    cations, anions = host[~is_anion[host]], host[is_anion[host]]
    framework, others = (cations, anions) if len(cations) else (anions, cations)
    host_msd = _late_msd(trajectory, framework, host)
    anion_msd = _late_msd(trajectory, others, host)
    loss = bond_loss(trajectory, cations, anions)
    health = Health(hops, host_msd, anion_msd, loss, ())
    name = "host cations" if len(cations) else "the anions of the framework"
    return Health(hops, host_msd, anion_msd, loss, tuple(_warnings(health, name)))


@dataclass(frozen=True)
class Hops:
    """Every hop of a run: (H,) the ion that made it, and (H, 3) its displacement in A."""

    ions: NDArray[np.int64]
    steps_A: Floats


def hops(positions_A: Positions, frame_fs: float, window: int | None = None) -> Hops:
    """Find the hops of all ions: each time an ion's mean position leaves a sphere of 2 A.

    Parameters
    ----------
    positions_A
        (n, 3, F) drift-free positions, see :func:`screening.transport.displacement.mobile_positions`.
    frame_fs
        Time between frames in fs.
    window
        Frames that are averaged; half a picosecond of them when left out. A longer one leaves out what is taken back
        within it.
    """
    window = max(1, round(500 / frame_fs)) if window is None else window
    count = positions_A.shape[2] // window
    if count < 2:
        window, count = 1, positions_A.shape[2]
    means = (
        positions_A[:, :, : count * window]
        .reshape(*positions_A.shape[:2], count, window)
        .mean(axis=3, dtype=np.float64)
    )
    anchor = means[:, :, 0].copy()
    ions, steps = [np.empty(0, dtype=np.int64)], [np.empty((0, 3))]
    for frame in range(1, count):
        step = means[:, :, frame] - anchor
        moved = np.flatnonzero((step**2).sum(axis=1) > HOP_A**2)
        if len(moved):
            anchor[moved] = means[moved, :, frame]
            ions.append(moved)
            steps.append(step[moved])
    return Hops(np.concatenate(ions), np.concatenate(steps))


def count_hops(positions_A: Positions, frame_fs: float) -> int:
    """Count the hops of all ions, see :func:`hops`."""
    return len(hops(positions_A, frame_fs).ions)


def bond_loss(trajectory: Trajectory, cations: NDArray[np.int64], anions: NDArray[np.int64]) -> float | None:
    """Return the share of host cation-anion bonds lost from the first to the last tenth of the run.

    Bonds are counted, not tracked: a cation that exchanges one anion for another keeps its coordination.
    """
    if trajectory.cell_A is None or not len(cations) or not len(anions):
        return None
    first = trajectory.positions_A[0]
    cutoff = BOND_STRETCH * _distances(first[cations], first[anions], trajectory.cell_A).min(axis=1)
    late = max(1, trajectory.frames // 10)
    frames = np.unique(np.linspace(trajectory.frames - late, trajectory.frames - 1, min(late, 10)).astype(int))
    early = np.unique(np.linspace(0, late - 1, min(late, 10)).astype(int))
    cell = trajectory.cell_A
    kept = [_bonds(trajectory.positions_A[f], cell, cations, anions, cutoff) for f in frames]
    start = [_bonds(trajectory.positions_A[f], cell, cations, anions, cutoff) for f in early]
    before = np.mean(start, axis=0)
    lost = np.clip(before - np.mean(kept, axis=0), 0, None)
    return float(lost.sum() / max(before.sum(), 1e-12))


def _bonds(
    positions: Floats, cell: Floats, cations: NDArray[np.int64], anions: NDArray[np.int64], cutoff: Floats
) -> Floats:
    distances = _distances(positions[cations], positions[anions], cell)
    return np.asarray((distances < cutoff[:, None]).sum(axis=1), dtype=float)


def _distances(a: Floats, b: Floats, cell: Floats) -> Floats:
    lattice = Lattice(cell)
    return np.asarray(lattice.get_all_distances(lattice.get_fractional_coords(a), lattice.get_fractional_coords(b)))


def _late_msd(trajectory: Trajectory, chosen: NDArray[np.int64], host: NDArray[np.int64]) -> float | None:
    """Mean squared shift of the time-averaged positions between the first and the last quarter of the run."""
    if not len(chosen):
        return None
    quarter = max(1, trajectory.frames // 4)
    first = trajectory.positions_A[:quarter].mean(axis=0, dtype=np.float64)
    last = trajectory.positions_A[-quarter:].mean(axis=0, dtype=np.float64)
    moved = last - first
    moved = moved[chosen] - moved[host].mean(axis=0)
    return float((moved**2).sum(axis=1).mean())


def _warnings(health: Health, framework: str) -> list[str]:
    notes = []
    if health.host_msd_A2 is None:
        notes.append("no framework ions: drift cannot be removed and the host cannot be judged")
    if health.hops_per_ion < 1:
        notes.append(f"only {health.hops_per_ion:.2f} hops per mobile ion: the diffusivity rests on few events")
    if health.host_msd_A2 is not None and health.host_msd_A2 > MELTED_MSD_A2:
        notes.append(f"{framework} moved: mean squared shift {health.host_msd_A2:.1f} A2, the framework diffuses")
    elif health.anion_msd_A2 is not None and health.anion_msd_A2 > 1.0 and health.intact:
        notes.append(f"anions moved ({health.anion_msd_A2:.1f} A2) while host cations stayed: groups rotated")
    if health.bond_loss is not None and health.bond_loss > MAX_BOND_LOSS:
        notes.append(f"{health.bond_loss:.0%} of the host's cation-anion bonds broke")
    return notes
