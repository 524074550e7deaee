"""Forms with several columns per site, rewritten so that every site has one.

Where the energy tells three or more species of one sublattice apart by more than a charge, no single number per site
gives it. Then each species but one becomes a sublattice of its own over the same sites, whose sites hold the species
or are empty, and the copies of one site exclude one another: searches that know one number per site and forbidden
pairs find the same arrangements.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Concatenate, ParamSpec

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.ions import VACANCY
from ewald.search.ranking import rank
from ewald.search.result import SearchOutcome
from ewald.space.form import QuadraticForm
from ewald.space.sublattice import Sublattice
from ewald.space.symmetry import SymmetryGroup

_Options = ParamSpec("_Options")
_Search = Callable[Concatenate[QuadraticForm, SymmetryGroup, _Options], SearchOutcome]


def by_picks(search: _Search[_Options]) -> _Search[_Options]:
    """Let a search of one column per site search every form."""

    @wraps(search)
    def any_form(
        form: QuadraticForm, group: SymmetryGroup, /, *args: _Options.args, **kwargs: _Options.kwargs
    ) -> SearchOutcome:
        if form.one_column_per_site and not form.restricted:
            return search(form, group, *args, **kwargs)
        picks = Picks.of(form, group)
        outcome = search(picks.form, picks.group, *args, **kwargs)
        found = [picks.occupation(occupation) for _, _, occupation in outcome.lowest]
        return replace(outcome, lowest=rank(form, group, found, len(found)))

    return any_form


@dataclass(frozen=True, eq=False)
class _Block:
    """A sublattice of the rewritten form: all species of an old one (``pick`` None), or the picks of one species."""

    old: int
    pick: int | None

    def members(self, form: QuadraticForm) -> NDArray[np.int64]:
        """Sites of the old form that the block is over."""
        return form.members(self.old) if self.pick is None else form.members_for(self.old, self.pick)


@dataclass(frozen=True, eq=False)
class Picks:
    """A form of one column per site that stands for another, with its symmetry.

    Parameters
    ----------
    form, group
        The rewritten problem.
    blocks, base
        What its sublattices are, and the species on every old site before the first pick, shape (n,).
    """

    form: QuadraticForm
    group: SymmetryGroup
    blocks: tuple[_Block, ...]
    base: NDArray[np.int8]
    old: QuadraticForm

    @classmethod
    def of(cls, form: QuadraticForm, group: SymmetryGroup) -> "Picks":
        """Rewrite a form; ``group`` must leave its energy as it is."""
        base = _base(form)
        blocks = _blocks(form, base)
        members = [block.members(form) for block in blocks]
        site = np.concatenate(members)
        owner = np.repeat(np.arange(len(blocks)), [len(own) for own in members])
        start = form.charge_changes(base)
        unit = _units(form, base, blocks)
        potential = form.v + form.A @ start
        rewritten = QuadraticForm(
            sites=np.arange(len(site)),
            sublattice=owner,
            sublattices=_sublattices(form, blocks),
            E0_eV=float(form.E0_eV + form.v @ start + 0.5 * start @ form.A @ start),
            v=unit @ potential,
            A=np.ascontiguousarray(unit @ form.A @ unit.T),
            forbidden=_forbidden(form, blocks, site, owner),
            problem_hash=form.problem_hash,
            species_levels=tuple(
                form.levels(block.old) if block.pick is None else np.array([[1.0], [0.0]]) for block in blocks
            ),
        )
        return cls(rewritten, _lifted(group, site, owner), blocks, base, form)

    def occupation(self, picked: ArrayLike) -> NDArray[np.int8]:
        """Species on the sites of the old form, shape (n,), from those of the rewritten one."""
        indices = np.asarray(picked)
        result = self.base.copy()
        for k, block in enumerate(self.blocks):
            members, values = block.members(self.old), indices[self.form.members(k)]
            if block.pick is None:
                result[members] = values
            else:
                result[members[values == 0]] = block.pick
        return result


def _split(form: QuadraticForm, sublattice: int) -> bool:
    """Whether the species of a sublattice become sublattices of their own."""
    return form.levels(sublattice).shape[1] > 1 or bool(form.sublattices[sublattice].only)


def _base(form: QuadraticForm) -> NDArray[np.int8]:
    """Species before the first pick: the vacancy where pairs are forbidden, so that every pick there is an ion."""
    base = form.reference_occupation()
    for k in {int(form.sublattice[site]) for site in form.forbidden.ravel()}:
        if _split(form, k):
            base[form.members(k)] = int(np.flatnonzero(~form.is_ion(k))[0])
    return base


def _blocks(form: QuadraticForm, base: NDArray[np.int8]) -> tuple[_Block, ...]:
    blocks = []
    for k, sublattice in enumerate(form.sublattices):
        if not _split(form, k):
            blocks.append(_Block(k, None))
            continue
        before = int(base[form.members(k)[0]])
        blocks += [_Block(k, s) for s, count in enumerate(sublattice.counts) if count and s != before]
    return tuple(blocks)


def _sublattices(form: QuadraticForm, blocks: tuple[_Block, ...]) -> tuple[Sublattice, ...]:
    sublattices, start = [], 0
    for block in blocks:
        old = form.sublattices[block.old]
        sites = tuple(range(start, start + len(block.members(form))))
        start += len(sites)
        if block.pick is None:
            sublattices.append(replace(old, sites=sites))
            continue
        name, count = old.species[block.pick], old.counts[block.pick]
        pick = "no ion" if name == VACANCY else name
        sublattices.append(
            Sublattice(f"{old.name}: {name}", sites, (pick, VACANCY), (1.0, 0.0), (count, len(sites) - count))
        )
    return tuple(sublattices)


def _units(form: QuadraticForm, base: NDArray[np.int8], blocks: tuple[_Block, ...]) -> NDArray[np.float64]:
    """Tell what a unit of each new column adds to the old ones; shape (new columns, old columns)."""
    rows = []
    for block in blocks:
        members, levels = block.members(form), form.levels(block.old)
        for site in members:
            row = np.zeros(int(form.column_start[-1]))
            columns = slice(int(form.column_start[site]), int(form.column_start[site + 1]))
            row[columns] = 1.0 if block.pick is None else levels[block.pick] - levels[base[site]]
            rows.append(row)
    return np.array(rows)


def _forbidden(
    form: QuadraticForm, blocks: tuple[_Block, ...], site: NDArray[np.int64], owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Old forbidden pairs between all picks of ions, and picks of one site."""
    ion = np.array(
        [block.pick is None or form.sublattices[block.old].species[block.pick] != VACANCY for block in blocks]
    )
    copies: list[list[int]] = [[] for _ in range(form.n)]
    for new, old in enumerate(site):
        copies[old].append(new)
    pairs = [(a, b) for same in copies for a in same for b in same if a < b]
    for i, j in form.forbidden:
        pairs += [tuple(sorted((a, b))) for a in copies[i] for b in copies[j] if ion[owner[a]] and ion[owner[b]]]
    return np.array(sorted(set(pairs)), dtype=np.int64).reshape(-1, 2)


def _lifted(group: SymmetryGroup, site: NDArray[np.int64], owner: NDArray[np.int64]) -> SymmetryGroup:
    number = np.full((int(owner.max()) + 1, group.n), -1, dtype=np.int32)
    number[owner, site] = np.arange(len(site), dtype=np.int32)
    images = number[owner[None, :], group.permutations[:, site]]
    return SymmetryGroup(group.operations, np.ascontiguousarray(images))
