"""Problems of any origin: choose so many of each group at the least cost of singles and pairs.

A ``.npz`` file holds

======================  =========================================================================================
``B`` or                pair costs, symmetric, shape (m, m): choosing i and j costs B[i, j] once;
``pairs``, ``costs``    or the same as a list, shapes (p, 2) and (p,)
``h``                   cost of choosing each; shape (m,), by default zero. The diagonal of B is added to it
``group``               group of each choice; shape (m,), by default all are of one
``wanted``              how many of each group are chosen; shape (groups,)
``exclude``             pairs that are never both chosen; shape (e, 2), optional
``permutations``        symmetries: ``permutations[g, i]`` is where g takes i; shape (order, m); optional
``constant``            added to every cost; optional
======================  =========================================================================================

A QAPLIB file (``.dat``, or compressed by gzip) is read where one of its two matrices is a block of ones, as in tai64c
and tai256c: then so many of the other's places are chosen, and the cost is that of QAPLIB. Its symmetries are found.
"""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from ewald.files.npz import DamagedArchiveError, read_npz
from ewald.ions import VACANCY
from ewald.proof.automorphisms import automorphisms
from ewald.space.form import QuadraticForm
from ewald.space.sublattice import Sublattice
from ewald.space.symmetry import SymmetryGroup

# Largest pair cost of the scaled problem: of the size of neighbouring ions in eV, which the margins of the search suit.
_LARGEST_EV = 10.0
_CHOSEN = "chosen"
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, eq=False)
class PairProblem:
    """Choose ``wanted[k]`` of every group k so that constant + h.x + 1/2 x^T B x is least.

    Parameters
    ----------
    h, B
        Costs in the user's units; shapes (m,) and (m, m), the diagonal of B is zero.
    group, wanted, exclude, permutations
        As in the file.
    """

    constant: float
    h: NDArray[np.float64]
    B: NDArray[np.float64]
    group: NDArray[np.int64]
    wanted: NDArray[np.int64]
    exclude: NDArray[np.int64]
    permutations: NDArray[np.int32]

    @property
    def scale(self) -> float:
        """Units of the costs in one eV of the search."""
        largest = max(float(np.abs(self.B).max(initial=0.0)), float(np.abs(self.h).max(initial=0.0)) / 10)
        return largest / _LARGEST_EV if largest > 0 else 1.0

    @property
    def order(self) -> NDArray[np.int64]:
        """The choices in the order of the form: group by group; shape (m,)."""
        return np.argsort(self.group, kind="stable")

    def form(self) -> QuadraticForm:
        """Write the problem as a form: a choice is a site that carries an ion or none."""
        order = self.order
        group = self.group[order]
        sublattices = []
        base = np.zeros(len(order))
        for k, wanted in enumerate(self.wanted.tolist()):
            members = np.flatnonzero(group == k)
            counts = (wanted, len(members) - wanted)
            sublattice = Sublattice(f"group {k}", tuple(members.tolist()), (_CHOSEN, VACANCY), (1.0, 0.0), counts)
            sublattices.append(sublattice)
            base[members] = float(sublattice.reference == 0)
        B, h = self.B[np.ix_(order, order)] / self.scale, self.h[order] / self.scale
        place = np.argsort(order)
        pairs = np.sort(place[self.exclude], axis=1).reshape(-1, 2)
        return QuadraticForm(
            sites=np.arange(len(order)),
            sublattice=group,
            sublattices=tuple(sublattices),
            E0_eV=float(self.constant / self.scale + h @ base + 0.5 * base @ B @ base),
            v=np.ascontiguousarray(h + B @ base),
            A=np.ascontiguousarray(B),
            forbidden=np.unique(pairs, axis=0).astype(np.int64),
        )

    def symmetry(self) -> SymmetryGroup:
        """Return the symmetries in the order of the form."""
        order = self.order
        moved = np.argsort(order)[self.permutations[:, order]]
        return SymmetryGroup(len(moved), np.ascontiguousarray(np.unique(moved, axis=0).astype(np.int32)))

    def chosen(self, occupation: NDArray[np.int8]) -> NDArray[np.int64]:
        """Numbers of the choices that an arrangement of the form makes, ascending."""
        return np.sort(self.order[np.flatnonzero(np.asarray(occupation) == 0)])

    def cost(self, chosen: NDArray[np.int64]) -> float:
        """Cost of choices, in the user's units."""
        return float(self.constant + self.h[chosen].sum() + 0.5 * self.B[np.ix_(chosen, chosen)].sum())


def read_problem(path: str | Path) -> PairProblem:
    """Read a problem.

    Raises
    ------
    UserError
        If the file is missing, damaged, or its arrays contradict each other.
    """
    file = Path(path)
    if not file.is_file():
        raise UserError("no such file", field="PROBLEM", value=str(file))
    if file.suffix == ".npz":
        try:
            arrays = read_npz(file)
        except DamagedArchiveError as error:
            raise UserError(f"not readable: {error}", field="PROBLEM", value=str(file)) from error
        return from_arrays(arrays, str(file))
    return _qaplib(file)


def from_arrays(arrays: dict[str, NDArray[Any]], name: str = "problem") -> PairProblem:
    """Make a problem of the arrays of a file; ``name`` is what messages call it."""

    def wrong(what: str, field: str, fix: str) -> UserError:
        return UserError(f"{name}: {what}", field=field, fix=fix)

    if "wanted" not in arrays or not ({"B"} <= set(arrays) or {"pairs", "costs", "group"} <= set(arrays)):
        raise wrong("arrays are missing", "arrays", "give wanted, and B, or pairs, costs and group")
    if "B" in arrays:
        B = np.array(arrays["B"], dtype=np.float64)
        if B.ndim != 2 or B.shape[0] != B.shape[1] or not np.isfinite(B).all():
            raise wrong("not a square matrix of numbers", "B", "give shape (m, m)")
        if np.abs(B - B.T).max(initial=0.0) > 1e-9 * max(1.0, float(np.abs(B).max(initial=0.0))):
            raise wrong("not symmetric", "B", "B[i, j] is what i and j cost together, once")
    else:
        m = len(arrays["group"])
        B = np.zeros((m, m))
        for (i, j), cost in zip(
            np.asarray(arrays["pairs"]).tolist(), np.asarray(arrays["costs"]).tolist(), strict=True
        ):
            B[i, j] += cost
            B[j, i] += cost if i != j else 0.0
    m = len(B)
    h = np.array(arrays.get("h", np.zeros(m)), dtype=np.float64)
    group = np.array(arrays.get("group", np.zeros(m)), dtype=np.int64)
    wanted = np.atleast_1d(np.array(arrays["wanted"], dtype=np.int64))
    exclude = np.array(arrays.get("exclude", np.empty((0, 2))), dtype=np.int64).reshape(-1, 2)
    permutations = np.array(arrays.get("permutations", np.arange(m)[None]), dtype=np.int32)
    if h.shape != (m,) or group.shape != (m,) or permutations.shape[1:] != (m,) or not np.isfinite(h).all():
        raise wrong(f"h, group and permutations must be for {m} choices", "arrays", "give shapes (m,) and (order, m)")
    sizes = np.bincount(group, minlength=len(wanted)) if (group >= 0).all() else np.array([])
    if len(sizes) != len(wanted) or (wanted < 0).any() or (wanted > sizes).any():
        raise wrong("groups and wanted do not agree", "wanted", "number groups from 0, one number wanted for each")
    h = h + np.diag(B)
    B = 0.5 * (B + B.T)
    np.fill_diagonal(B, 0.0)
    if (exclude < 0).any() or (exclude >= m).any() or (exclude[:, 0] == exclude[:, 1]).any():
        raise wrong("not pairs of two choices", "exclude", f"number choices from 0 to {m - 1}")
    known = {image.tobytes() for image in permutations}
    tolerance = 1e-9 * max(1.0, float(np.abs(B).max(initial=0.0)), float(np.abs(h).max(initial=0.0)))
    apart = {frozenset(pair) for pair in exclude.tolist()}
    for image in permutations:
        if not np.array_equal(np.sort(image), np.arange(m)):
            raise wrong("a row is not a permutation", "permutations", "every row lists 0 to m - 1")
        worst = max(np.abs(B[np.ix_(image, image)] - B).max(), np.abs(h[image] - h).max())
        if worst > tolerance or (group[image] != group).any():
            raise wrong("a row changes costs or groups", "permutations", "leave it out")
        if {frozenset(image[list(pair)].tolist()) for pair in apart} != apart:
            raise wrong("a row changes exclusions", "permutations", "leave it out")
        if not all(row.tobytes() in known for row in permutations[:, image]):
            raise wrong("not closed under composition", "permutations", "give a whole group")
    return PairProblem(float(arrays.get("constant", 0.0)), h, B, group, wanted, exclude, permutations)


def _qaplib(file: Path) -> PairProblem:
    try:
        content = file.read_bytes()
        text = gzip.decompress(content) if content.startswith(_GZIP) else content
        numbers = np.array(text.split(), dtype=np.float64)
        n = int(numbers[0])
        first, second = numbers[1 : 1 + 2 * n * n].reshape(2, n, n)
    except (ValueError, IndexError, EOFError, OSError, zlib.error) as error:
        raise UserError("neither .npz nor QAPLIB", field="PROBLEM", value=str(file)) from error
    for flow, distance in ((first, second), (second, first)):
        used = np.flatnonzero(flow.any(axis=0) | flow.any(axis=1))
        block = flow[np.ix_(used, used)]
        diagonal = np.unique(np.diag(block))
        if len(used) and len(diagonal) == 1 and (block[~np.eye(len(used), dtype=bool)] == 1).all():
            B = distance + distance.T
            np.fill_diagonal(B, 0.0)
            h = diagonal[0] * np.diag(distance)
            one = np.zeros(n, dtype=np.int64)
            empty = np.empty((0, 2), dtype=np.int64)
            return PairProblem(0.0, h, B, one, np.array([len(used)]), empty, automorphisms(B, h))
    raise UserError(
        "neither of its matrices is a block of ones", field="PROBLEM", value=str(file), fix="only such can be proven"
    )
