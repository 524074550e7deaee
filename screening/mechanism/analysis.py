"""How the ions move: sites, jumps, rates and the network they make, from one run."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from pymatgen.core import Element, Structure
from scipy import ndimage

from ewald.constants import ATOMIC_MASS_KG, BOLTZMANN_J_K, BOLTZMANN_eV_K
from ewald.errors import UserError
from screening.estimated import Estimate
from screening.mechanism.correlations import radial_distributions, van_hove
from screening.mechanism.density_map import density_map
from screening.mechanism.elements import element_motions
from screening.mechanism.jumps import Jumps, find_jumps, rate_of, together
from screening.mechanism.network import find_networks
from screening.mechanism.result import JumpType, Mechanism, MechanismSite, NetworkSummary, PairRate
from screening.mechanism.sites import Floats, Ints, Sites, find_sites, sites_of_crystal
from screening.mechanism.split import VIBRATIONS, joined, nearest_approach_A, split_groups
from screening.species import split_species
from screening.trajectory.trajectory import Positions, Trajectory
from screening.transport.displacement import relative_positions

_GAP_A = 0.3
"""Jump lengths further apart than this are of different types."""

_SMOOTHING_A = 0.05
_VALLEY = 0.6

_FEW_JUMPS = 10

_LEAST_JUMPS = 2
"""A way that was taken once, in either direction, is no part of the network."""


def find_mechanism(
    trajectory: Trajectory,
    *,
    species: str,
    temperature_K: float,
    crystal: Structure | None = None,
) -> Mechanism:
    """Find sites, jumps and the network of one run.

    Parameters
    ----------
    trajectory
        Production part of a run, with its cell.
    species
        Mobile element or ion.
    temperature_K
        Of the run, in kelvin.
    crystal
        Structure whose sites of the mobile element are taken, in the cell of the run; None to find them in the density.

    Raises
    ------
    UserError
        When the species does not occur, there is no cell, or no site holds an ion.
    """
    return mechanism_and_sites(trajectory, species=species, temperature_K=temperature_K, crystal=crystal)[0]


def mechanism_and_sites(
    trajectory: Trajectory, *, species: str, temperature_K: float, crystal: Structure | None = None
) -> tuple[Mechanism, Sites]:
    """Return the mechanism, and the sites with their density, see :func:`find_mechanism`."""
    where = trajectory.sources[0] if trajectory.sources else None
    if trajectory.cell_A is None:
        raise UserError("has no cell, and sites lie in one", file=where, fix="give --structure")
    if not temperature_K > 0:
        raise UserError("must be positive kelvin", field="temperature", value=temperature_K)
    element, _ = split_species(species)
    mobile = trajectory.indices(element)
    if not len(mobile):
        fix = f"choose one of {', '.join(trajectory.symbols)}"
        raise UserError("does not occur in the trajectory", file=where, field="species", value=species, fix=fix)
    host = np.setdiff1d(np.arange(len(trajectory.numbers)), mobile)
    # Before the positions of the mobile ions are taken, which stay in memory from then on.
    elements, radial = element_motions(trajectory, host), radial_distributions(trajectory)
    scaled = _scaled_positions(trajectory, mobile, host)
    sites = find_sites(scaled, trajectory.cell_A)
    if crystal is not None:
        sites = sites_of_crystal(sites, crystal, element)
    if not len(sites):
        raise UserError("no ion stays in one place long enough for a site", file=where, fix="run longer, or colder")
    wells = _Wells(scaled, sites, find_jumps(scaled, sites, trajectory.frame_fs / 1000), species, temperature_K)
    minima = len(sites)
    if crystal is None:
        wells = wells.joined()
    found = _described(trajectory, wells)
    correlation = van_hove(scaled, trajectory.cell_A, trajectory.frame_fs / 1000)
    drawn = density_map(wells.sites, trajectory, host)
    more = {"minima": minima, "radial": radial, "van_hove": correlation, "elements": elements, "density": drawn}
    return found.model_copy(update=more), wells.sites


def _scaled_positions(trajectory: Trajectory, mobile: Ints, host: Ints) -> Positions:
    """Return (n, 3, F) unwrapped positions in units of the cell, in the memory of the Cartesian ones."""
    positions = relative_positions(trajectory, mobile, host)
    to_scaled = np.linalg.inv(np.asarray(trajectory.cell_A)).T
    for path in positions:
        path[...] = to_scaled @ path
    return positions


@dataclass(frozen=True)
class _Wells:
    """Sites and jumps of the mobile ions, with what the sites say of their vibration."""

    scaled: Positions
    sites: Sites
    jumps: Jumps
    species: str
    temperature_K: float

    @cached_property
    def spread_A2(self) -> Floats:
        """(S,) mean squared distance from the site."""
        return _vibrations(self.scaled, self.sites)

    @property
    def vibration_A2(self) -> float:
        """The same of all sites."""
        return float(np.average(self.spread_A2, weights=np.maximum(self.sites.occupancy, 1e-9)))

    @property
    def attempt_THz(self) -> float:
        """Frequency of the mean well."""
        mass = float(Element(split_species(self.species)[0]).atomic_mass)
        return attempt_frequency_THz(self.vibration_A2, mass, self.temperature_K)

    @cached_property
    def nearest_A(self) -> float:
        """Distance that two mobile ions keep."""
        return nearest_approach_A(self.scaled, self.sites.cell_A)

    def joined(self) -> "_Wells":
        """Return the same with split sites as one."""
        group = split_groups(self.sites, self.jumps, attempt_THz=self.attempt_THz, nearest_A=self.nearest_A)
        if group.max() + 1 == len(self.sites):
            return self
        sites = joined(self.sites, group)
        jumps = find_jumps(self.scaled, sites, self.jumps.frame_ps)
        return replace(self, sites=sites, jumps=jumps).joined()


def _described(trajectory: Trajectory, wells: _Wells) -> Mechanism:
    sites, jumps, spread = wells.sites, wells.jumps, wells.spread_A2
    temperature_K, attempt_THz = wells.temperature_K, wells.attempt_THz
    left = np.bincount(jumps.origin, minlength=len(sites))
    networks = find_networks(jumps, len(sites), _LEAST_JUMPS)
    warnings = []
    if len(jumps.ion) < _FEW_JUMPS:
        warnings.append(f"only {len(jumps.ion)} jumps: rates and network rest on few events, run longer or hotter")
    if trajectory.frame_fs > 200:
        warnings.append(f"frames are {trajectory.frame_fs:g} fs apart: jumps back and forth between them are not seen")
    return Mechanism(
        species=wells.species,
        temperature_K=temperature_K,
        mobile_ions=len(wells.scaled),
        length_ps=trajectory.length_ps,
        sites=tuple(
            MechanismSite(
                scaled=tuple(float(x) for x in sites.scaled[i]),
                occupancy=float(sites.occupancy[i]),
                residence_ps=float(jumps.time_ps[i] / left[i]) if left[i] else None,
                vibration_A=float(np.sqrt(spread[i])),
            )
            for i in range(len(sites))
        ),
        jumps=len(jumps.ion),
        rates=_pair_rates(jumps),
        jump_types=_types(jumps, temperature_K, attempt_THz, wells.nearest_A),
        attempt_frequency_THz=attempt_THz,
        vibration_A=float(np.sqrt(wells.vibration_A2)),
        networks=tuple(
            NetworkSummary(dimensions=n.dimensions, sites=len(n.sites), directions=n.directions) for n in networks
        ),
        dimensions=networks[0].dimensions,
        together=together(jumps, sites),
        warnings=tuple(warnings),
    )


def attempt_frequency_THz(spread_A2: float, mass_u: float, temperature_K: float) -> float:
    """Return the frequency of the harmonic well in which the ion has this mean squared distance from its site.

    By equipartition <u^2> = 3 kT / m (2 pi nu)^2; it needs no velocities.

    Examples
    --------
    >>> round(attempt_frequency_THz(0.1, 6.94, 500.0), 1)
    6.7
    """
    omega2 = 3 * BOLTZMANN_J_K * temperature_K / (mass_u * ATOMIC_MASS_KG * max(spread_A2, 1e-6) * 1e-20)
    return float(np.sqrt(omega2) / (2 * np.pi) / 1e12)


def _vibrations(scaled: Positions, sites: Sites) -> Floats:
    """(S,) mean squared distance from the site, of ions within its basin."""
    total, count = np.zeros(len(sites)), np.zeros(len(sites))
    for path in scaled:
        site = sites.at(path.T, sites.basin)
        inside = site >= 0
        apart = path.T[inside] - sites.scaled[site[inside]]
        square = (((apart - np.round(apart)) @ sites.cell_A) ** 2).sum(axis=1)
        total += np.bincount(site[inside], square, minlength=len(sites))
        count += np.bincount(site[inside], minlength=len(sites))
    return total / np.maximum(count, 1)


def _pair_rates(jumps: Jumps) -> tuple[PairRate, ...]:
    """Return the jump matrix: every pair of sites between which an ion jumped, with the rate per ion at the origin."""
    pairs: dict[tuple[int, int], list[int]] = {}
    lengths = jumps.distance_A
    for at, pair in enumerate(zip(jumps.origin.tolist(), jumps.target.tolist(), strict=True)):
        pairs.setdefault(pair, []).append(at)
    return tuple(
        PairRate(
            origin=a,
            target=b,
            distance_A=float(lengths[rows].mean()),
            jumps=len(rows),
            rate_per_ns=rate_of(len(rows), float(jumps.time_ps[a]) / 1000),
        )
        for (a, b), rows in sorted(pairs.items())
    )


def _types(jumps: Jumps, temperature_K: float, attempt_THz: float, nearest_A: float) -> tuple[JumpType, ...]:
    """Return jumps by length, the shortest first; between sites nearer than `nearest_A` they may be vibration."""
    if not len(jumps.ion):
        return ()
    all_lengths = jumps.distance_A
    order = np.argsort(all_lengths)
    cuts = length_cuts(all_lengths[order])
    back, known = _returns(jumps)
    exposure_ns = float(jumps.time_ps.sum()) / 1000
    found = []
    for rows in np.split(order, cuts):
        rate = rate_of(len(rows), exposure_ns)
        lengths = all_lengths[rows]
        # A faster rate is a lower barrier.
        ends = [_barrier_eV(value, attempt_THz, temperature_K) for value in (rate.mean, rate.high95, rate.low95)]
        found.append(
            JumpType(
                distance_A=float(lengths.mean()),
                jumps=len(rows),
                rate_per_ns=rate,
                barrier_eV=Estimate(mean=ends[0], low95=ends[1], high95=ends[2]),
                shortest_A=float(np.quantile(lengths, 0.05)),
                longest_A=float(np.quantile(lengths, 0.95)),
                vibrational=bool(lengths.mean() < nearest_A and rate.mean / 1000 > attempt_THz / VIBRATIONS),
                share_back=float(back[rows][known[rows]].mean()) if known[rows].any() else None,
            )
        )
    return tuple(found)


def length_cuts(lengths_A: Floats) -> Ints:
    """Return where sorted lengths fall into types: at gaps, and at valleys of their distribution.

    A valley, in the distribution smoothed over 0.05 A, parts two types where it is lower than 0.6 of the lower
    maximum on either side, by three standard deviations of a count, and both sides hold at least one jump in twenty.

    Examples
    --------
    >>> length_cuts(np.array([1.9, 1.92, 2.3, 2.31, 3.0])).tolist()
    [2, 4]
    """
    cuts = set((np.flatnonzero(np.diff(lengths_A) > _GAP_A) + 1).tolist())
    edges = np.arange(lengths_A[0] - 3 * _GAP_A, lengths_A[-1] + 3 * _GAP_A, _SMOOTHING_A)
    counts = ndimage.gaussian_filter1d(np.histogram(lengths_A, edges)[0].astype(float), 1.0)
    start = 0
    for bottom in np.flatnonzero((counts[1:-1] < counts[:-2]) & (counts[1:-1] <= counts[2:])) + 1:
        at = int(np.searchsorted(lengths_A, edges[bottom + 1]))
        lower = min(counts[start:bottom].max(initial=0.0), counts[bottom:].max(initial=0.0))
        enough = min(at - int(np.searchsorted(lengths_A, edges[start])), len(lengths_A) - at) >= len(lengths_A) / 20
        deep = counts[bottom] < _VALLEY * lower and lower - counts[bottom] > 3 * lower**0.5
        if enough and deep:
            cuts.add(at)
            start = int(bottom)
    return np.array(sorted(cuts), dtype=np.int64)


def _barrier_eV(rate_per_ns: float, attempt_THz: float, temperature_K: float) -> float:
    return float(BOLTZMANN_eV_K * temperature_K * np.log(attempt_THz * 1e3 / rate_per_ns))


def _returns(jumps: Jumps) -> tuple[np.ndarray, np.ndarray]:
    """Return whether the ion's next jump went back, and whether there was a next jump."""
    back, known = np.zeros(len(jumps.ion), dtype=bool), np.zeros(len(jumps.ion), dtype=bool)
    same = jumps.ion[1:] == jumps.ion[:-1]
    known[:-1] = same
    returned = (jumps.target[1:] == jumps.origin[:-1]) & (jumps.image[1:] == -jumps.image[:-1]).all(axis=1)
    back[:-1] = same & returned
    return back, known


def production(trajectory: Trajectory, equilibration_ps: float) -> Trajectory:
    """Return a run without its first part."""
    frame = round(equilibration_ps * 1000 / trajectory.frame_fs)
    if frame > trajectory.frames - 2:
        raise UserError("leaves nothing of the run", field="equilibration_ps", value=equilibration_ps)
    return trajectory.after(frame)
