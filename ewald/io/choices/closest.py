"""How near two ions may come: sites nearer than that are never both occupied.

Ions of opposite charge touch; they come no nearer than three quarters of the sum of their radii. Anions overlap with
one another (the oxygens of a carbonate are 2.2 A apart), also to three quarters. Cations keep apart by more than the
sum of their radii r, and the smaller they are the more: the distance is sqrt(r^2 + 1.75 A^2), which is 2.0 A for two
lithium, 2.4 A for two sodium and 3.1 A for two potassium ions; Li2O, Na2O and K2O have 2.3, 2.8 and 3.2 A.
Radii: R. D. Shannon, Acta Cryst. A 32, 751 (1976), six-coordinate.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.ions import VACANCY, element_of
from ewald.space.distances import close_pairs, closest_of_pair, element_pair, same_spot_A
from ewald.space.room import filled_of, have_room, most_occupied
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice

_TOUCHING = 0.75
_CATIONS_A2 = 1.75
# Protons have no radius: O-H is 0.8 to 1.0 A, H-H 1.5 A.
_PROTON_A, _PROTONS_A = 0.6, 1.1
_UNKNOWN_RADIUS_A = 1.0
# Distances nearer to one another than this, relative to the limit, are one distance.
_SAME_RATIO = 0.01


def closest_A(one: str, other: str, charges: Mapping[str, float]) -> float:
    """Least distance of two ions, in angstrom.

    Parameters
    ----------
    one, other
        Names of the species.
    charges
        Charge of each.

    Examples
    --------
    >>> round(closest_A("Li+", "Li+", {"Li+": 1}), 2)
    2.02
    """
    protons = sum(element_of(name) in {"H", "D"} and charges[name] > 0 for name in (one, other))
    if protons:
        return _PROTONS_A if protons == 2 else _PROTON_A
    total = _radius_A(element_of(one), charges[one]) + _radius_A(element_of(other), charges[other])
    if charges[one] > 0 and charges[other] > 0:
        return math.sqrt(total**2 + _CATIONS_A2)
    return _TOUCHING * total


@cache
def _radius_A(element: str, charge: float) -> float:
    """Shannon's radius of the state nearest to a charge."""
    from pymatgen.core import Element, Species

    states = [state for state in Element(element).data.get("Shannon radii", {}) if int(state) * charge > 0]
    if not states:
        return float(Element(element).average_ionic_radius or Element(element).atomic_radius or _UNKNOWN_RADIUS_A)
    nearest = min(map(int, states), key=lambda state: (abs(state - charge), state))
    radii = Element(element).data["Shannon radii"][str(nearest)]
    coordination = "VI" if "VI" in radii else next(iter(radii))
    spin = next(iter(radii[coordination]))
    return float(Species(element, nearest).get_shannon_radius(coordination, spin or "", "ionic"))


def closest_distances(
    lattice: NDArray[np.float64],
    frac_coords: NDArray[np.float64],
    sublattices: Sequence[Sublattice],
    charges: Mapping[str, float],
    apart: Sequence[tuple[int, int]] = (),
) -> tuple[dict[str, float], bool]:
    """Find the distances that keep ions apart on sites that can be vacant, for the pairs of elements that need one.

    Where the ions of the crystal would not fit, the distances shrink until they do.

    Parameters
    ----------
    lattice, frac_coords, sublattices
        The crystal.
    charges
        Charge of each species.
    apart
        Sites that exclude one another whatever their distance.

    Returns
    -------
    distances
        In angstrom, by pair of elements ("Li-Na").
    shrunk
        Whether they are smaller than radii say.

    Raises
    ------
    StructureError
        If there are more ions than spots: some would lie on sites too near to one another to be two.
    """
    open_ones = _open(sublattices)
    species = {one for s in open_ones for one in s.species if one != VACANCY}
    full: dict[str, float] = {}
    for one, other in itertools.combinations_with_replacement(sorted(species), 2):
        pair = element_pair(element_of(one), element_of(other))
        full[pair] = max(full.get(pair, 0.0), closest_A(one, other, charges))
    if not full:
        return {}, False
    owner = {site: s for s in open_ones for site in s.sites}
    pairs = [
        (i, j, distance, limit)
        for i, j, distance in close_pairs(lattice, frac_coords, max(full.values()))
        if i in owner and j in owner and distance < (limit := closest_of_pair(owner[i], owner[j], full))
    ]
    if not pairs:
        return {}, False
    filled = filled_of(open_ones, [s.sites for s in open_ones])
    given = [pair for pair in apart if owner.keys() >= {*pair}]
    scale = next(
        one
        for one in _scales([distance / limit for _, _, distance, limit in pairs])
        if one == 0 or have_room(filled, given + [(i, j) for i, j, distance, limit in pairs if distance < one * limit])
    )
    crowded = [pair for pair in pairs if pair[2] < same_spot_A(owner[pair[0]], owner[pair[1]])]
    if any(scale * limit <= distance and (i, j) not in given for i, j, distance, limit in crowded):
        raise _crowded(open_ones, crowded)
    needed = {
        element_pair(element_of(a), element_of(b))
        for i, j, distance, limit in pairs
        if distance < scale * limit
        for a in owner[i].species
        for b in owner[j].species
        if VACANCY not in {a, b}
    }
    return {pair: round(scale * full[pair], 3) for pair in sorted(needed)}, scale < 1


def fit(sublattices: Sequence[Sublattice], apart: Sequence[tuple[int, int]]) -> bool:
    """Whether the ions fit where some pairs of sites exclude one another."""
    open_ones = _open(sublattices)
    sites = {site for s in open_ones for site in s.sites}
    return have_room(filled_of(open_ones, [s.sites for s in open_ones]), [pair for pair in apart if sites >= {*pair}])


def _open(sublattices: Sequence[Sublattice]) -> list[Sublattice]:
    return [s for s in sublattices if VACANCY in s.species and s.counts[s.species.index(VACANCY)]]


def _scales(ratios: Sequence[float]) -> Iterator[float]:
    """By what the distances may shrink: 1, then the middle of each gap between the ratios that occur, and 0."""
    yield 1.0
    descending = [*sorted(set(ratios), reverse=True), 0.0]
    for above, below in itertools.pairwise(descending):
        if above - below > _SAME_RATIO:
            yield (above + below) / 2 if below else 0.0


def _crowded(sublattices: Sequence[Sublattice], pairs: Sequence[tuple[int, int, float, float]]) -> StructureError:
    """Say which sublattice has more ions than spots, else that all have together."""
    distance_A = max(pair[2] for pair in pairs)
    forbidden = [(i, j) for i, j, _, _ in pairs]
    for sublattice in sublattices:
        own = [(i, j) for i, j in forbidden if i in sublattice.sites and j in sublattice.sites]
        vacant = sublattice.counts[sublattice.species.index(VACANCY)]
        spots = most_occupied(sublattice.sites, own)
        if spots < (ions := len(sublattice.sites) - vacant):
            where = f"{ions} ions on the {len(sublattice.sites)} sites {sublattice.name}"
            break
    else:
        sites = [site for sublattice in sublattices for site in sublattice.sites]
        spots = most_occupied(sites, forbidden)
        where = f"the ions on the {len(sites)} sites {', '.join(s.name for s in sublattices)}"
    return StructureError(
        f"{where} have no room: sites less than {distance_A:.2f} A apart cannot both be occupied, which leaves room "
        f"for {spots} in this cell",
        field="occupancies",
        fix="correct the coordinates or the occupancies in the file",
    )


def spots_shared(space: ConfigurationSpace) -> bool:
    """Whether two sites lie so near that a space without distances is refused."""
    try:
        space.forbidden  # noqa: B018 (found when it is first used)
    except StructureError:
        return True
    return False
