"""How ions move: whether they leave their cages or only circle in them, which no mean squared displacement tells.

An ion that hops among the sites of one cage has an MSD that grows for as long as the run may last. But it stays within
the cage, which a walker of as many hops does not. So the ions are counted that ended more than :data:`REACH_A` from
where they started, and compared with the number that there would be if every hop that lasted had led on in a random
direction: the null hypothesis of a walk, by randomisation (E. S. Edgington, P. Onghena, Randomization Tests, 2007).
Positions are averaged over a twelfth of the run at both ends, and over a 24th to find the hops that last; what is taken
back sooner relaxes in the MSD. Of the 192 Li ions of Li6PS5Cl with ordered anions 4 leave in 70 ps at 500 K where 107
would, with half of the anions exchanged 94 where 118 would (trajectories of B. J. Morgan, Chem. Mater. 33, 2004).
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from screening.estimated import Estimate
from screening.trajectory.trajectory import Positions
from screening.transport.diffusivity import A2_PER_PS_TO_CM2_PER_S, Diffusivity, Posterior, fit_diffusivity
from screening.transport.displacement import Displacements
from screening.transport.framework import count_hops, hops

Floats = NDArray[np.float64]

REACH_A = 5.0
"""An ion that went this far left: more than one hop, and than the width of a cage around one anion."""

_NEXT_CAGE_A = 8.75
"""Distance to the next cage where no ion shows it: long enough to make up for shorter ways out that were not seen."""

_ENDS = 12
"""Positions are averaged over this part of the run at either end."""

_LASTING = 24
"""A hop lasts if it is seen in positions that are averaged over this part of the run."""

_ORDERS = 64
"""Random orders of an ion's hops."""

_CAGED_SHARE = 0.15
"""Ions are caged when surely fewer than this share of those left that a walk would have brought out."""

LEAST_LEFT = 3
"""So many times that ions left show (with 95 % certainty) that leaving is no freak."""

_VIBRATION_PS = 0.5
"""Below this lag lattice vibrations dominate the MSD."""

_RESOLVED = 2.0
"""A diffusivity below so many standard deviations, in a run in which no ion was seen to leave, is no value."""

_LEAST_EVENTS_FOR_CHARGE = 4.0
"""Below four effective events the charge diffusivity is less than two standard deviations from zero."""

_WALK = 3.0
"""Only one above so many can pass: motion that leads nowhere exceeds them in one run of a thousand."""


@dataclass(frozen=True)
class Leaving:
    """How many ions left their cages.

    Attributes
    ----------
    left, expected
        Ions that moved by more than the reach, and how many would have if every hop led on at random.
    square_A2
        Mean squared distance to where those that left are; the usual one without any.
    hops
        Hops of all ions.
    reaches
        How many times the reach goes into the ways of the ions that left, each rounded down: an ion that is three times
        as far left at least three times. None for one each.
    """

    left: int
    expected: float
    square_A2: float
    hops: int
    reaches: int | None = None

    @property
    def proven(self) -> bool:
        """Whether ions left often enough to speak of diffusion at all."""
        return (self.left if self.reaches is None else self.reaches) >= LEAST_LEFT

    @property
    def caged(self) -> bool:
        """Whether the ions hop, but surely do not leave as walkers would."""
        return _most(self.left, 0.95) < _CAGED_SHARE * self.expected

    def most_A2(self, probability: float = 0.975) -> float:
        """Return what all ions together moved away in squared A, at most, if those that left are counted events."""
        return _most(self.left, probability) * self.square_A2


def leaving(positions_A: Positions, frame_fs: float, *, seed: int = 0) -> Leaving:
    """Count the ions that left their cages.

    Parameters
    ----------
    positions_A
        (n, 3, F) unwrapped and drift-free, see :func:`screening.transport.displacement.mobile_positions`.
    frame_fs
        Time between frames in fs.
    seed
        Of the random orders.
    """
    width = max(1, positions_A.shape[2] // _ENDS)
    first, last = (positions_A[:, :, end].mean(axis=2, dtype=np.float64) for end in (slice(width), slice(-width, None)))
    net = last - first
    squares = (net**2).sum(axis=1)
    gone = squares > REACH_A**2
    lasting = hops(positions_A, frame_fs, max(1, positions_A.shape[2] // _LASTING))
    rng = np.random.default_rng(seed)
    ends = np.zeros((_ORDERS, len(positions_A), 3))
    for order in ends:
        signs = rng.choice([-1.0, 1.0], len(lasting.ions))
        np.add.at(order, lasting.ions, signs[:, None] * lasting.steps_A)
    expected = float(((ends**2).sum(axis=2) > REACH_A**2).mean(axis=0).sum())
    usual = _NEXT_CAGE_A**2
    square = max(usual, float(squares[gone].mean())) if gone.any() else usual
    reaches = int(np.floor(np.sqrt(squares) / REACH_A).sum())
    return Leaving(int(gone.sum()), expected, square, count_hops(positions_A, frame_fs), reaches)


def _most(count: int, probability: float) -> float:
    """Return the upper limit of a Poisson mean (F. Garwood, Biometrika 28, 437 (1936))."""
    return float(scipy.special.gammaincinv(count + 1, probability))


@dataclass(frozen=True)
class Motion:
    """What a run says about the motion of its ions.

    Attributes
    ----------
    found
        Diffusivity from the mean squared displacement.
    went
        How many ions left.
    ions, length_ps
        Mobile ions, and length of the run.
    intact
        Whether the framework kept its shape; the diffusivity in a broken one only bounds that in the solid.
    """

    found: Diffusivity
    went: Leaving
    ions: int
    length_ps: float
    intact: bool = True

    @property
    def bound(self) -> str | None:
        """Why the diffusivity is only known to lie below something; None where it has a value."""
        if self.went.hops == 0:
            return "no hop"
        if self.found.start_ps < _VIBRATION_PS:
            return "too short"
        if not self.intact:
            return "framework broken"
        if self.went.caged:
            return "caged"
        if self.went.proven:
            return None
        return "not resolved" if self.found.resolved < _RESOLVED else "long-range diffusion not established"

    @property
    def tracer(self) -> Estimate:
        """Tracer diffusivity in cm2/s; the mean of a bound is what was counted, and no estimate."""
        estimate, bound = self.found.tracer.estimate(), self.bound
        if bound is None:
            return estimate
        seen, high = 0.0, estimate.high95
        if bound == "caged":
            per_A2 = A2_PER_PS_TO_CM2_PER_S / (6 * self.ions * self.length_ps)
            seen, high = self.went.left * self.went.square_A2 * per_A2, min(high, self.went.most_A2() * per_A2)
        elif bound != "no hop":
            seen = max(self.found.tracer.value, 0.0)
        return Estimate(mean=min(seen, high), low95=0.0, high95=high, bound=bound)

    @property
    def charge(self) -> Posterior | None:
        """Charge diffusivity; None where it is not resolved from noise, or where the tracer's is only bounded."""
        return (
            self.found.charge if self.bound is None and self.found.charge.events >= _LEAST_EVENTS_FOR_CHARGE else None
        )

    @property
    def resolved(self) -> bool:
        """Whether the diffusivity stands out from all motion that leads nowhere."""
        return self.found.resolved >= _WALK

    @property
    def diffusive(self) -> bool:
        """Whether ions were seen to leave and the diffusivity is resolved: only then can the run show conduction."""
        return self.bound is None and self.resolved


def motion_of(positions_A: Positions, frame_fs: float, moved: Displacements) -> Motion:
    """Analyse the motion of the ions of a run.

    Parameters
    ----------
    positions_A
        (n, 3, F) unwrapped and drift-free, see :func:`screening.transport.displacement.mobile_positions`.
    frame_fs
        Time between frames in fs.
    moved
        Their displacement statistics.
    """
    went = leaving(positions_A, frame_fs)
    length_ps = (moved.frames - 1) * frame_fs / 1000
    found = fit_diffusivity(moved, hops=went.hops, seen_to_lead_on=went.proven)
    return Motion(found, went, moved.ions, length_ps)
