"""The configuration space: which ions may sit where, and how many of each."""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.errors import StructureError
from ewald.html_table import html_table
from ewald.ions import VACANCY, ion_count
from ewald.numbers import count_or_limit
from ewald.space.approximant import Approximant
from ewald.space.counting import count_configurations, count_distinct
from ewald.space.distances import forbidden_pairs
from ewald.space.form import QuadraticForm
from ewald.space.sublattice import Sublattice, charges_of, reference_occupation, site_labels, sites_of, variable_of
from ewald.space.symmetry import SymmetryGroup

if TYPE_CHECKING:
    # Its models take longer to load than most cells to count.
    from ewald.pairs.model import PairModel

_NEUTRALITY_TOLERANCE_E = 1e-6
_SITE_ENERGY_DIGIT_EV = 1e-9
#: Beyond these a cell is a slip of the pen, and a search for neighbouring images in it would have no end.
_LONGEST_VECTOR_A = 10_000.0
_THINNEST_CELL_A = 0.1


@dataclass(frozen=True, eq=False)
class ConfigurationSpace:
    """All arrangements of given numbers of ions over the sites of one cell.

    Parameters
    ----------
    lattice
        Rows are the cell vectors, in angstrom; shape (3, 3).
    frac_coords
        Fractional coordinates of the sites; shape (N, 3).
    sublattices
        They cover every site exactly once.
    min_distance_A
        Two sites that both can be vacant never both carry an ion when closer than this, whatever the ions. Sites that
        are always occupied exclude nothing. 0 forbids nothing.
    notes
        What was assumed while the space was made (charges used, occupancies rounded); shown to the user.
    symmetry
        The group of the cell, where it is known; by default it is found when it is first used.
    closest_A
        The same as ``min_distance_A`` for ions of two elements, such as ``{"Li-Na": 2.2}``.
    approximant
        What was made of the crystal that a file describes, where the space comes from one.
    pairs
        What acts between the ions besides their bare charges; None for nothing.
    site_energies_eV
        For species (``Na+``) or elements, an energy for every site that holds them; shapes (N,).
    apart
        Pairs of sites that never both carry an ion, whatever their distance, where both can be vacant.

    Raises
    ------
    StructureError
        If coordinates or energies are not finite, the cell has no volume or one site only, or sublattices do not cover
        the sites.

    Examples
    --------
    >>> import numpy as np
    >>> space = ConfigurationSpace(
    ...     4.0 * np.eye(3), [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0.5], [0.5, 0.5, 0.5]],
    ...     (Sublattice("Na", (0, 1), ("Na+", "vacancy"), (1, 0), (1, 1)),
    ...      Sublattice("Cl", (2, 3), ("Cl-", "vacancy"), (-1, 0), (1, 1))),
    ... )
    >>> space.configurations, space.neutral
    (4, True)
    """

    lattice: NDArray[np.float64]
    frac_coords: NDArray[np.float64]
    sublattices: tuple[Sublattice, ...]
    min_distance_A: float = 0.0
    notes: tuple[str, ...] = field(default=())
    symmetry: InitVar[SymmetryGroup | None] = None
    closest_A: Mapping[str, float] = field(default_factory=dict)
    approximant: Approximant | None = None
    pairs: "PairModel | None" = None
    site_energies_eV: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    apart: tuple[tuple[int, int], ...] = ()

    #: :func:`ewald.from_file` and :func:`ewald.from_structure`; set where these are, in :mod:`ewald.io.read`.
    from_file: ClassVar[Callable[..., "ConfigurationSpace"]]
    from_structure: ClassVar[Callable[..., "ConfigurationSpace"]]

    def __post_init__(self, symmetry: SymmetryGroup | None) -> None:
        object.__setattr__(self, "lattice", _readonly(self.lattice, "lattice", (3, 3)))
        object.__setattr__(self, "frac_coords", _readonly(self.frac_coords, "coordinates", (-1, 3)))
        object.__setattr__(self, "sublattices", tuple(self.sublattices))
        object.__setattr__(self, "notes", tuple(self.notes))
        energies = {name: self._site_energies(name, values) for name, values in self.site_energies_eV.items()}
        object.__setattr__(self, "site_energies_eV", energies)
        if abs(np.linalg.det(self.lattice)) < 1e-3:
            raise StructureError("the cell has no volume", field="lattice", fix="give three independent cell vectors")
        longest_A = float(np.linalg.norm(self.lattice, axis=1).max())
        thinnest_A = float(1 / np.linalg.norm(np.linalg.inv(self.lattice), axis=0).max())
        if longest_A > _LONGEST_VECTOR_A or thinnest_A < _THINNEST_CELL_A:
            raise StructureError(
                f"no crystal has this cell: longest vector {longest_A:.3g} A, least height {thinnest_A:.3g} A",
                field="lattice",
                fix="give the cell vectors in angstrom",
            )
        if len(self.frac_coords) < 2:
            raise StructureError(
                "a cell of one site leaves nothing to arrange", field="sites", fix="give a --supercell or more sites"
            )
        covered = sorted(site for sublattice in self.sublattices for site in sublattice.sites)
        if covered != list(range(len(self.frac_coords))):
            raise StructureError(
                f"sublattices must cover each of the {len(self.frac_coords)} sites exactly once",
                field="sublattices",
                value=[sublattice.name for sublattice in self.sublattices],
            )
        for pair in self.apart:
            if len(set(pair)) < 2 or not all(0 <= site < len(self) for site in pair):
                raise StructureError(f"must name two of the {len(self)} sites", field="apart", value=list(pair))
        if symmetry is not None:
            object.__setattr__(self, "group", self._of_pairs(symmetry))

    def _of_pairs(self, group: SymmetryGroup) -> SymmetryGroup:
        """Return what of a group takes pairs of sites that exclude one another to such pairs; by distance all does."""
        return group.keeping(self.forbidden) if self.apart else group

    def _site_energies(self, name: str, values: ArrayLike) -> NDArray[np.float64]:
        energies = np.array(values, dtype=np.float64)
        if energies.shape != (len(self),) or not np.isfinite(energies).all():
            raise StructureError(
                f"needs a finite number for each of the {len(self)} sites", field=f"site_energies_eV of {name}"
            )
        energies.setflags(write=False)
        return energies

    def __len__(self) -> int:
        return len(self.frac_coords)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConfigurationSpace) and self.problem_hash == other.problem_hash

    def __hash__(self) -> int:
        return hash(self.problem_hash)

    @property
    def charge(self) -> float:
        """Total charge of the cell, in elementary charges."""
        return math.fsum(sublattice.charge for sublattice in self.sublattices)

    @property
    def neutral(self) -> bool:
        """Whether the cell carries no charge."""
        return abs(self.charge) < _NEUTRALITY_TOLERANCE_E

    def require_neutral(self) -> None:
        """Refuse a charged cell.

        Raises
        ------
        StructureError
            Naming the total charge and every sublattice's share of it.
        """
        if not self.neutral:
            shares = ", ".join(f"{s.name} {s.charge:+g}" for s in self.sublattices)
            raise StructureError(
                f"the cell is not neutral: {shares}",
                field="total charge",
                value=f"{self.charge:+g} e",
                fix="change the charges or the counts so that they add up to zero",
            )

    @property
    def ions(self) -> int:
        """Number of ions in the cell; vacancies are none."""
        return sum(
            count
            for sublattice in self.sublattices
            for species, count in zip(sublattice.species, sublattice.counts, strict=True)
            if species != VACANCY
        )

    @property
    def variable_sublattices(self) -> tuple[Sublattice, ...]:
        """The sublattices that can be filled in more than one way."""
        return variable_of(self.sublattices)

    @cached_property
    def form(self) -> QuadraticForm:
        """The energy as a quadratic form over the variable sites, of a neutral cell; computed once."""
        self.require_neutral()
        cell = (self.lattice, self.frac_coords, self.sublattices, self.forbidden, self.problem_hash)
        if self.pairs is None and not self.site_energies_eV:
            return QuadraticForm.of_cell(*cell)
        from ewald.pairs.model import PairModel
        from ewald.space.interactions import form_with_pairs

        return form_with_pairs(
            *cell,
            pairs=self.pairs or PairModel(),
            site_energies_eV=self.site_energies_eV,
            min_distance_A=self.min_distance_A,
        )

    @cached_property
    def group(self) -> SymmetryGroup:
        """Symmetry of the cell as permutations of the sites; computed once."""
        labels, variable = self.labels, sites_of(self.variable_sublattices)
        return self._of_pairs(SymmetryGroup.of_cell(self.lattice, self.frac_coords, labels, variable))

    @property
    def labels(self) -> NDArray[np.intc]:
        """Label the sites such that symmetry may only exchange sites of one label; shape (N,)."""
        labels = site_labels(self.sublattices)
        for energies_eV in self.site_energies_eV.values():
            # Energies that differ by less than the last digits a user writes are one energy.
            pairs = np.stack([labels, np.rint(energies_eV / _SITE_ENERGY_DIGIT_EV).astype(np.int64)], axis=1)
            labels = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intc) + 1
        return labels

    @property
    def symmetry_order(self) -> int:
        """Number of symmetry operations of the cell, its pure translations included."""
        return self.group.operations

    @property
    def configurations(self) -> int:
        """Number of arrangements, symmetry copies included.

        Exact, however large; only where ``min_distance_A`` entangles too many sites (``configurations_exact`` is then
        false) it is the number without regard to distances, an upper limit.
        """
        exact = self._counted
        return math.prod(s.configurations for s in self.sublattices) if exact is None else exact

    @property
    def configurations_exact(self) -> bool:
        """Whether ``configurations`` is the exact number rather than an upper limit."""
        return self._counted is not None

    @cached_property
    def _counted(self) -> int | None:
        return count_configurations(self.variable_sublattices, self.forbidden)

    @cached_property
    def forbidden(self) -> NDArray[np.int64]:
        """Pairs of variable sites that may not both carry an ion, as numbers of variable sites; shape (m, 2)."""
        return forbidden_pairs(
            self.lattice, self.frac_coords, self.sublattices, self.min_distance_A, self.closest_A, apart=self.apart
        )

    def distinct_configurations(self) -> int | None:
        """Count the arrangements that are no symmetry copies of one another (Burnside's lemma); exact.

        Returns
        -------
        int or None
            None only where ``min_distance_A`` entangles too many sites for an exact count.
        """
        if not self._counted:
            return self._counted
        return count_distinct(self.variable_sublattices, self.forbidden, self.group.permutations)

    @cached_property
    def problem_hash(self) -> str:
        """Fingerprint of everything that fixes the energies and the arrangements."""
        content: dict[str, Any] = {
            "lattice": [[f"{x:.10f}" for x in row] for row in self.lattice],
            "coords": [[f"{x:.10f}" for x in row] for row in self.frac_coords],
            "sublattices": [
                [s.sites, s.species, s.charges, s.counts, *([s.only] if s.only else [])] for s in self.sublattices
            ],
            "min_distance_A": f"{self.min_distance_A:.10f}",
        }
        if self.closest_A:
            content["closest_A"] = {pair: f"{value:.10f}" for pair, value in sorted(self.closest_A.items())}
        if self.apart:
            content["apart"] = sorted(map(sorted, self.apart))
        if self.pairs is not None:
            content["pairs"] = self.pairs.model_dump(mode="json")
        if self.site_energies_eV:
            content["site_energies_eV"] = {name: values.tolist() for name, values in self.site_energies_eV.items()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]

    def species_of(self, occupation: ArrayLike) -> list[str]:
        """Name the species on every site, given the species index of every site (within its sublattice).

        Parameters
        ----------
        occupation
            (N,) species index of every site, counted within its sublattice.
        """
        indices = np.asarray(occupation)
        names = [""] * len(self)
        for sublattice in self.sublattices:
            for site in sublattice.sites:
                names[site] = sublattice.species[int(indices[site])]
        return names

    def charges_of(self, occupation: ArrayLike) -> NDArray[np.float64]:
        """Charges on all sites, shape (N,), given the species index of every site.

        Parameters
        ----------
        occupation
            (N,) species index of every site. The charges are in elementary charges.
        """
        return charges_of(self.sublattices, occupation)

    def full_occupation(self, occupation: ArrayLike) -> NDArray[np.int8]:
        """Species index on all sites, shape (N,), from those on the variable sites, shape (n,).

        Parameters
        ----------
        occupation
            (n,) species index of every variable site, counted within its sublattice.
        """
        full = reference_occupation(self.sublattices)
        full[sites_of(self.variable_sublattices)] = np.asarray(occupation)
        return full

    def _repr_html_(self) -> str:
        """Show the sublattices in a notebook."""
        rows = []
        for s in self.sublattices:
            ions = zip(s.species, s.charges, s.counts, strict=True)
            shown = ", ".join(f"{n} {one}" + ("" if one == VACANCY else f" ({q:+g})") for one, q, n in ions)
            rows.append((s.name, len(s.sites), shown))
        caption = (
            f"{len(self)} sites, {count_or_limit(self.configurations, exact=self.configurations_exact)} arrangements"
        )
        return html_table(caption, ("sublattice", "sites", "ions (charges)"), rows)

    def describe(self) -> Iterator[str]:
        """Yield one line per sublattice, for people."""
        for sublattice in self.sublattices:
            parts = [
                ion_count(count, species)
                + ("" if species == VACANCY else f" ({charge:+g})")
                + (f" on {len(sublattice.sites_of(k))} of them" if sublattice.restricted(k) else "")
                for k, (species, charge, count) in enumerate(
                    zip(sublattice.species, sublattice.charges, sublattice.counts, strict=True)
                )
            ]
            yield f"{sublattice.name}: {len(sublattice.sites)} sites, " + " + ".join(parts)


def _readonly(value: ArrayLike, what: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    try:
        array = np.array(value, dtype=np.float64).reshape(shape)
    except (TypeError, ValueError) as error:
        raise StructureError(f"not a table of numbers with three columns ({error})", field=what) from error
    if not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))[0]
        raise StructureError("not a finite number", field=f"{what}, site {bad[0]}", value=float(array[tuple(bad)]))
    array.setflags(write=False)
    return array
