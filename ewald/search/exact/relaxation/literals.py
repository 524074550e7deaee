"""The search problem in binary variables: one literal per site and per charge that is not the usual one there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup


@dataclass(frozen=True)
class ChargeClass:
    """Species of one sublattice that the energy cannot tell apart.

    With bare charges they are those of one charge. Ions and vacancies are kept in different classes even at equal
    levels, because forbidden pairs tell them apart.
    """

    levels: tuple[float, ...]
    ion: bool
    species: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of sites that the class takes."""
        return sum(self.counts)


def _charge_classes(form: QuadraticForm, sublattice: int) -> tuple[ChargeClass, ...]:
    """Classes of one variable sublattice with a count above zero, the most abundant one first."""
    chosen = form.sublattices[sublattice]
    ions = form.is_ion(sublattice)
    members: dict[tuple[tuple[float, ...], bool, tuple[int, ...]], list[int]] = {}
    for species, levels in enumerate(form.levels(sublattice).tolist()):
        if chosen.counts[species]:
            members.setdefault((tuple(levels), bool(ions[species]), chosen.sites_of(species)), []).append(species)
    classes = [
        ChargeClass(levels, ion, tuple(species), tuple(chosen.counts[s] for s in species))
        for (levels, ion, _), species in members.items()
    ]
    # A site none of whose literals is chosen holds the first class: it must be allowed on all sites.
    return tuple(sorted(classes, key=lambda c: (chosen.restricted(c.species[0]), -c.count, c.species)))


@dataclass(frozen=True, eq=False)
class LiteralProblem:
    """Choose ``wanted[g]`` literals of every group g so that constant + h.x + 1/2 x^T B x is lowest.

    A literal says "this site has this charge class"; a site none of whose literals is chosen has the most abundant
    class of its sublattice. Literals of one group (sublattice and class) are contiguous.

    Parameters
    ----------
    constant_eV, h_eV, B_eV
        The energy; shapes (), (m,), (m, m). The diagonal of B is zero (x^2 = x moved it into h), and so are entries
        of literals that exclude one another.
    site, group
        Site (number in the form) and group of each literal; shape (m,).
    wanted
        Literals to choose in each group; shape (groups,).
    ion, vacancy_literal, default_ion
        Whether each literal is an ion, shape (m,); for each site the literal that makes it vacant, or -1, and whether
        it carries an ion when none of its literals is chosen; shape (n,).
    partners, partner_start
        Sites that may not carry an ion together with site i: ``partners[partner_start[i]:partner_start[i + 1]]``.
    images
        Symmetry on literals, shape (order, m).
    classes
        Charge classes of every variable sublattice.
    above
        Where the costs only lie below the energies of arrangements (:mod:`ewald.search.exact.relaxation.lowering`), the
        problem whose costs are those energies; otherwise None.
    forms
        What was taken from these: one-hot variables of all literals and sites, and a matrix, for each form.
    """

    constant_eV: float
    h_eV: NDArray[np.float64]
    B_eV: NDArray[np.float64]
    site: NDArray[np.int32]
    group: NDArray[np.int32]
    wanted: NDArray[np.int32]
    site_start: NDArray[np.int32]
    site_literals: NDArray[np.int32]
    ion: NDArray[np.bool_]
    vacancy_literal: NDArray[np.int32]
    default_ion: NDArray[np.bool_]
    partners: NDArray[np.int32]
    partner_start: NDArray[np.int32]
    images: NDArray[np.int32]
    classes: tuple[tuple[ChargeClass, ...], ...]
    form: QuadraticForm
    above: "LiteralProblem | None" = None
    forms: tuple[tuple[NDArray[np.int64], NDArray[np.float64]], ...] = ()

    @property
    def exact(self) -> "LiteralProblem":
        """The problem whose costs are the energies of arrangements."""
        return self.above or self

    @property
    def size(self) -> int:
        """Number of literals."""
        return len(self.h_eV)

    @classmethod
    def from_form(cls, form: QuadraticForm, group: SymmetryGroup) -> "LiteralProblem":
        """Translate a quadratic form; ``group`` must leave its energy as it is."""
        classes = tuple(_charge_classes(form, k) for k in range(len(form.sublattices)))
        site, number, ion, wanted = _literals(form, classes)
        usual = np.zeros(form.n, dtype=np.int8)
        default_ion = np.zeros(form.n, dtype=np.bool_)
        for k, (first, *_) in enumerate(classes):
            usual[form.members(k)] = first.species[0]
            default_ion[form.members(k)] = first.ion
        base = form.charge_changes(usual)
        potential = form.v + form.A @ base
        h, B = _costs(form, classes, potential)
        B[site[:, None] == site[None, :]] = 0.0
        vacancy = np.full(form.n, -1, dtype=np.int32)
        vacancy[site[~ion]] = np.flatnonzero(~ion)
        by_site = np.argsort(site, kind="stable").astype(np.int32)
        partners, partner_start = _adjacency(form)
        return cls(
            constant_eV=form.E0_eV + float(form.v @ base + 0.5 * base @ form.A @ base),
            h_eV=h,
            B_eV=B,
            site=site,
            group=number,
            wanted=wanted,
            site_start=np.searchsorted(site[by_site], np.arange(form.n + 1)).astype(np.int32),
            site_literals=by_site,
            ion=ion,
            vacancy_literal=vacancy,
            default_ion=default_ion,
            partners=partners,
            partner_start=partner_start,
            images=_literal_images(site, number, group.permutations),
            classes=classes,
            form=form,
        )

    def class_choice(self, state: NDArray[np.int8]) -> NDArray[np.int8]:
        """Charge class on every variable site, shape (n,), from chosen literals (1) of shape (m,)."""
        choice = np.zeros(self.form.n, dtype=np.int8)
        first = np.concatenate([[0], np.cumsum([len(c) - 1 for c in self.classes])])
        for literal in np.flatnonzero(state == 1):
            site = self.site[literal]
            choice[site] = self.group[literal] - first[self.form.sublattice[site]] + 1
        return choice


def _literals(
    form: QuadraticForm, classes: tuple[tuple[ChargeClass, ...], ...]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_], NDArray[np.int32]]:
    """Site, group, being an ion of every literal; and the wanted counts."""
    site: list[int] = []
    number: list[int] = []
    ion: list[bool] = []
    wanted: list[int] = []
    for k, (_, *others) in enumerate(classes):
        for other in others:
            members = form.members_for(k, other.species[0]).tolist()
            site += members
            number += [len(wanted)] * len(members)
            ion += [other.ion] * len(members)
            wanted.append(other.count)
    return (
        np.array(site, dtype=np.int32),
        np.array(number, dtype=np.int32),
        np.array(ion, dtype=np.bool_),
        np.array(wanted, dtype=np.int32),
    )


def _costs(
    form: QuadraticForm, classes: tuple[tuple[ChargeClass, ...], ...], potential: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Single and pair costs of every literal, from those of the form's columns; shapes (m,), (m, m)."""
    from scipy.sparse import csr_array

    columns: list[NDArray[np.int64]] = []
    steps: list[NDArray[np.float64]] = []
    for k, (usual, *others) in enumerate(classes):
        for other in others:
            step = np.asarray(other.levels) - usual.levels
            for site in form.members_for(k, other.species[0]):
                columns.append(form.column_start[site] + np.arange(len(step)))
                steps.append(step)
    ends = np.cumsum([0, *(len(step) for step in steps)])
    data = (np.concatenate([np.empty(0), *steps]), np.concatenate([np.empty(0, dtype=np.int64), *columns]), ends)
    unit = csr_array(data, shape=(len(steps), len(form.v)))
    B = np.ascontiguousarray(unit @ (unit @ form.A).T)
    return unit @ potential + 0.5 * np.diag(B), 0.5 * (B + B.T)


def _adjacency(form: QuadraticForm) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    pairs = np.concatenate([form.forbidden, form.forbidden[:, ::-1]]).reshape(-1, 2)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    start = np.searchsorted(pairs[:, 0], np.arange(form.n + 1)).astype(np.int32)
    return np.ascontiguousarray(pairs[:, 1]).astype(np.int32), start


def _literal_images(
    site: NDArray[np.int32], group: NDArray[np.int32], permutations: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Where symmetry takes each literal; shape (order, m)."""
    n = permutations.shape[1]
    lookup = np.full((int(group.max(initial=0)) + 1, n), -1, dtype=np.int32)
    lookup[group, site] = np.arange(len(site), dtype=np.int32)
    images = lookup[group[None, :], permutations[:, site]]
    return np.ascontiguousarray(images.reshape(len(permutations), len(site)))
