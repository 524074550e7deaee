"""How the ions move: sites, jumps, rates and the network they make, from one run."""

import numpy as np
from pymatgen.core import Element, Structure

from ewald.constants import ATOMIC_MASS_KG, BOLTZMANN_J_K, BOLTZMANN_eV_K
from ewald.errors import UserError
from screening.estimated import Estimate
from screening.mechanism.jumps import Jumps, find_jumps, rate_of, together
from screening.mechanism.network import find_networks
from screening.mechanism.result import JumpType, Mechanism, MechanismSite, NetworkSummary, PairRate
from screening.mechanism.sites import Floats, Sites, find_sites, sites_of_crystal
from screening.species import split_species
from screening.trajectory.trajectory import Trajectory
from screening.transport.displacement import relative_positions

_GAP_A = 0.3
"""Jump lengths further apart than this are of different types."""

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
    positions = relative_positions(trajectory, mobile, host)
    scaled = np.einsum("nat,ab->nbt", positions, np.linalg.inv(trajectory.cell_A), optimize=True)
    sites = find_sites(scaled, trajectory.cell_A)
    if crystal is not None:
        sites = sites_of_crystal(sites, crystal, element)
    if not len(sites):
        raise UserError("no place holds an ion for long enough to be a site", file=where, fix="run longer, or colder")
    jumps = find_jumps(scaled, sites, trajectory.frame_fs / 1000)
    return _described(trajectory, species, temperature_K, scaled=scaled, sites=sites, jumps=jumps), sites


def _described(
    trajectory: Trajectory, species: str, temperature_K: float, *, scaled: Floats, sites: Sites, jumps: Jumps
) -> Mechanism:
    element = Element(split_species(species)[0])
    spread = _vibrations(scaled, sites)
    whole = float(np.average(spread, weights=np.maximum(sites.occupancy, 1e-9)))
    attempt_THz = attempt_frequency_THz(whole, float(element.atomic_mass), temperature_K)
    left = np.bincount(jumps.origin, minlength=len(sites))
    networks = find_networks(jumps, len(sites), _LEAST_JUMPS)
    warnings = []
    if len(jumps.ion) < _FEW_JUMPS:
        warnings.append(f"only {len(jumps.ion)} jumps: rates and network rest on few events, run longer or hotter")
    if trajectory.frame_fs > 200:
        warnings.append(f"frames are {trajectory.frame_fs:g} fs apart: jumps back and forth between them are not seen")
    return Mechanism(
        species=species,
        temperature_K=temperature_K,
        mobile_ions=len(scaled),
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
        jump_types=_types(jumps, temperature_K, attempt_THz),
        attempt_frequency_THz=attempt_THz,
        vibration_A=float(np.sqrt(whole)),
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


def _vibrations(scaled: Floats, sites: Sites) -> Floats:
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
    for at, pair in enumerate(zip(jumps.origin.tolist(), jumps.target.tolist(), strict=True)):
        pairs.setdefault(pair, []).append(at)
    return tuple(
        PairRate(
            origin=a,
            target=b,
            distance_A=float(jumps.distance_A[rows].mean()),
            jumps=len(rows),
            rate_per_ns=rate_of(len(rows), float(jumps.time_ps[a]) / 1000),
        )
        for (a, b), rows in sorted(pairs.items())
    )


def _types(jumps: Jumps, temperature_K: float, attempt_THz: float) -> tuple[JumpType, ...]:
    """Return jumps grouped by length, the shortest first."""
    if not len(jumps.ion):
        return ()
    order = np.argsort(jumps.distance_A)
    cuts = np.flatnonzero(np.diff(jumps.distance_A[order]) > _GAP_A) + 1
    back, known = _returns(jumps)
    exposure_ns = float(jumps.time_ps.sum()) / 1000
    found = []
    for rows in np.split(order, cuts):
        rate = rate_of(len(rows), exposure_ns)
        # A faster rate is a lower barrier.
        ends = [_barrier_eV(value, attempt_THz, temperature_K) for value in (rate.mean, rate.high95, rate.low95)]
        found.append(
            JumpType(
                distance_A=float(jumps.distance_A[rows].mean()),
                jumps=len(rows),
                rate_per_ns=rate,
                barrier_eV=Estimate(mean=ends[0], low95=ends[1], high95=ends[2]),
                share_back=float(back[rows][known[rows]].mean()) if known[rows].any() else None,
            )
        )
    return tuple(found)


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
