"""From a composition to the configuration space that the Ewald engine searches."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ewald.io.supercell import cell_corners, expand, expand_pairs
from ewald.ions import VACANCY, element_of
from ewald.pairs.model import PairModel
from ewald.pairs.repulsion import born_mayer
from ewald.space.distances import SAME_SPOT_A, can_be_vacant, close_pairs, element_pair, same_spot_A
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice, site_labels, sites_of, variable_of
from ewald.space.symmetry import SymmetryGroup
from ewald.version import __version__
from screening.campaign.stages import EwaldStage
from screening.plan.composition import Composition, SupercellSublattice
from screening.plan.supercell import Matrix
from screening.species import charge_of
from screening.value import content_hash


def build_space(
    composition: Composition, *, min_distance_A: float = 0.0, pairs: PairModel | Literal["born_mayer"] | None = None
) -> ConfigurationSpace:
    """Build the configuration space of a composition.

    The sites of the supercell are ordered by the site of the mother's cell, then by cell, so that compositions of one
    mother in one supercell share the order of sites and the group of symmetry.

    Parameters
    ----------
    composition
        The composition.
    min_distance_A
        Two ions closer than this never occur together; nor do ions on two split sites less than
        :data:`~ewald.space.distances.SAME_SPOT_A` apart.
    pairs
        What acts between the ions beside their formal charges.

    Raises
    ------
    StructureError
        If no radius of an ion is known for the repulsion ``born_mayer``.
    """
    cell = composition.cell
    lattice = np.array(composition.supercell.matrix) @ cell.lattice.matrix
    matrix = composition.supercell.matrix
    coords = supercell_coordinates(np.asarray(cell.frac_coords), matrix)
    apart = (
        expand_pairs(composition.alternatives, np.array(matrix), _corners(matrix)) if composition.alternatives else ()
    )
    sublattices = tuple(_sublattice(group, composition.supercell.cells) for group in composition.groups)
    # The group depends on the sites and on which of them may vary, not on the counts: found once for all levels.
    labels, variable = site_labels(sublattices), sites_of(variable_of(sublattices))
    symmetry = _shared_group(lattice.tobytes(), coords.tobytes(), labels.tobytes(), variable.tobytes())
    model = (
        pairs if isinstance(pairs, PairModel | None) else born_mayer({s: charge_of(s) for s in composition.totals()})
    )
    split = _split_sites(lattice, coords, sublattices, min_distance_A, apart)
    return ConfigurationSpace(
        lattice, coords, sublattices, min_distance_A, symmetry=symmetry, pairs=model, apart=apart, closest_A=split
    )


def _split_sites(
    lattice: NDArray[np.float64],
    coords: NDArray[np.float64],
    sublattices: tuple[Sublattice, ...],
    min_distance_A: float,
    apart: Iterable[tuple[int, int]],
) -> dict[str, float]:
    """Return distances that keep one of two vacant where they are one spot, as in refined split sites.

    They are empty where `min_distance_A` or the pairs `apart` do this already, so that the space of such a composition
    stays what it was.
    """
    owner = {site: sublattice for sublattice in sublattices for site in sublattice.sites if can_be_vacant(sublattice)}
    excluded = {tuple(sorted(pair)) for pair in apart}
    found: dict[str, float] = {}
    for i, j, distance_A in close_pairs(lattice, coords, SAME_SPOT_A):
        if (i, j) in excluded or i not in owner or j not in owner:
            continue
        limit_A = same_spot_A(owner[i], owner[j])
        if min_distance_A <= distance_A < limit_A:
            ions = [[name for name in owner[site].species if name != VACANCY] for site in (i, j)]
            found |= {element_pair(element_of(a), element_of(b)): limit_A for a, b in product(*ions)}
    return found


def supercell_coordinates(frac_coords: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """Return the sites of a supercell: each site of the cell with all its copies, one after the other.

    Parameters
    ----------
    frac_coords
        Fractional coordinates in the cell, shape (n, 3).
    matrix
        Integer supercell matrix, rows are the new vectors.

    Returns
    -------
    numpy.ndarray
        Fractional coordinates in the supercell, in [0, 1), shape (n * |det|, 3).
    """
    return expand(frac_coords, np.array(matrix), _corners(matrix))


def _corners(matrix: Matrix) -> NDArray[np.float64]:
    corners = cell_corners(np.array(matrix))
    return corners[np.lexsort(corners.round(9).T)]


def _sublattice(group: SupercellSublattice, cells: int) -> Sublattice:
    def copies(sites: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(site * cells + copy for site in sites for copy in range(cells))

    charges = tuple(charge_of(species) for species in group.species)
    only = tuple((species, copies(sites)) for species, sites in group.only)
    return Sublattice(group.name, copies(group.sites), group.species, charges, group.counts, only)


@lru_cache(maxsize=64)
def _shared_group(lattice: bytes, frac_coords: bytes, labels: bytes, variable: bytes) -> SymmetryGroup:
    return SymmetryGroup.of_cell(
        np.frombuffer(lattice).reshape(3, 3),
        np.frombuffer(frac_coords).reshape(-1, 3),
        np.frombuffer(labels, dtype=np.intc),
        np.frombuffer(variable, dtype=np.int64),
    )


def search_key(space: ConfigurationSpace, stage: EwaldStage) -> str:
    """Hash all that a search's outcome depends on.

    It is equal for spaces of bare charges that differ only in the names of their ions.
    """
    if space.pairs is not None:
        return content_hash(space.problem_hash, stage, __version__)
    numbers: dict[str, str] = {VACANCY: VACANCY}
    sublattices = []
    for sublattice in space.sublattices:
        order = species_order(sublattice)
        # Numbered in order of appearance over the whole cell: one ion on two sublattices stays one ion.
        names = tuple(numbers.setdefault(sublattice.species[i], f"ion {len(numbers)}") for i in order)
        charges = tuple(sublattice.charges[i] for i in order)
        counts = tuple(sublattice.counts[i] for i in order)
        only = tuple((numbers[species], sites) for species, sites in sublattice.only)
        sublattices.append(Sublattice(sublattice.name, sublattice.sites, names, charges, counts, only))
    return content_hash(replace(space, sublattices=tuple(sublattices)).problem_hash, stage, __version__)


def species_order(sublattice: Sublattice) -> list[int]:
    """Return the species' indices by charge, then count, vacancies last; names decide only between equals."""
    ions = zip(sublattice.species, sublattice.charges, sublattice.counts, strict=True)
    keys = [(species == VACANCY, charge, count, species) for species, charge, count in ions]
    return sorted(range(len(keys)), key=keys.__getitem__)
