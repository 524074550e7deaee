"""Prove the least cost of a problem, or of the arrangements of a space, with a certificate."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from ewald.proof.certify import CERTIFICATE_FILE, CertifiedTree, write_certificate
from ewald.proof.checker import WrongCertificateError, check
from ewald.proof.problem import PairProblem
from ewald.search.exact.incumbents import Descent
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.lowering import strengthened
from ewald.search.exact.relaxation.tables import FREE
from ewald.search.exact.retuning import LOWERING_SHARE, TURN_NODES, best, of_turn
from ewald.search.exact.scouts import SHARE_LIMITED, SHARE_UNLIMITED, Scouts
from ewald.search.result import ScreenResult, writable_directory
from ewald.search.warmup import compile_exact
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

_DESCENTS = 256
# Share of a time limit that a search for good choices may take before the proof.
_FIRST_SHARE = 0.1
# Nodes tuned before costs are looked for that are bounded better, and the share of the time left for them.
_ALONE_NODES, _ALONE_SHARE = 200, 0.1


@dataclass(frozen=True)
class Proof:
    """The best choices found and what is proven about them, in the units of the problem.

    Parameters
    ----------
    cost, chosen
        Least cost found, and the choices it takes.
    bound
        No choices cost less.
    nodes
        Nodes of the certificate.
    seconds
        Wall time, without compilation and without writing the certificate.
    """

    cost: float
    chosen: tuple[int, ...]
    bound: float
    nodes: int
    seconds: float

    @property
    def proven(self) -> bool:
        """Whether nothing is better."""
        return self.gap_percent < 1e-6

    @property
    def gap_percent(self) -> float:
        """Cost less bound, in percent of the cost."""
        return 100 * (self.cost - self.bound) / max(abs(self.cost), 1e-300)

    def to_document(self) -> dict[str, Any]:
        """Return the content of ``proof.json``."""
        return {
            "cost": self.cost, "bound": self.bound, "gap_percent": self.gap_percent, "proven": self.proven,
            "chosen": list(self.chosen), "nodes": self.nodes, "seconds": self.seconds,
        }  # fmt: skip


def prove(
    problem: PairProblem,
    *,
    out: str | Path | None = None,
    time_limit_s: float | None = None,
    workers: int = 1,
    seed: int = 0,
) -> Proof:
    """Find the least cost of a problem and prove it.

    Parameters
    ----------
    problem
        What to choose from.
    out
        Directory for ``certificate.npz``, ``proof.json`` and ``problem.npz``.
    time_limit_s
        Wall time after which the search stops with what it has; None never stops it.
    workers, seed
        Threads, and the seed of the search for good choices.
    """
    folder = None if out is None else writable_directory(out)
    compile_exact()
    begun_s = time.monotonic()
    tree = certified_tree(
        problem.form(), problem.symmetry(), 1, Deadline.after(time_limit_s), workers=workers, seed=seed
    )
    if not tree.pool.lowest:
        raise UserError("no choice satisfies the constraints", field="PROBLEM", fix="check wanted and exclude")
    seconds = time.monotonic() - begun_s
    arrays = tree.certificate(problem.scale)
    chosen = problem.chosen(tree.pool.lowest[0][2])
    cost = problem.cost(chosen)
    bound = min(cost, float(arrays["bound"]) * problem.scale)
    if float(arrays["bound"]) >= tree.pool.lowest[0][0] - 1e-9:
        bound = cost
    proof = Proof(cost, tuple(chosen.tolist()), bound, len(arrays["parent"]), seconds)
    if folder is not None:
        arrays |= {"order": problem.order, "problem_h": problem.h, "problem_B": problem.B}
        arrays |= {"problem_constant": np.array(problem.constant), "problem_exclude": problem.exclude}
        arrays |= {"problem_group": problem.group, "problem_wanted": problem.wanted}
        write_certificate(folder, arrays)
        write_atomic(folder / "proof.json", json.dumps(proof.to_document(), indent=2) + "\n")
    return proof


def certified_tree(
    form: QuadraticForm,
    group: SymmetryGroup,
    keep: int,
    deadline: Deadline,
    *,
    workers: int = 1,
    seed: int = 0,
    known: tuple[NDArray[np.int8], ...] = (),
) -> CertifiedTree:
    """Search a form and keep the proof.

    Parameters
    ----------
    form, group, keep
        The problem, its symmetry, and how many of the lowest arrangements are asked for.
    deadline, workers, seed
        As for :func:`prove`.
    known
        Good arrangements, species indices on the variable sites.
    """
    problem = LiteralProblem.from_form(form, group)
    if problem.size == 0:
        raise UserError("nothing is to be chosen", field="PROBLEM")
    pool = IncumbentPool(problem, group, keep)
    pool.absorb(known)
    team = Team(deadline, workers)
    scouts = Scouts(pool, seed, SHARE_LIMITED if deadline.limited else SHARE_UNLIMITED)
    if not known:
        empty = np.full(problem.size, FREE, dtype=np.int8)
        pool.offer(Descent(problem)(empty, _DESCENTS, seed))
        scouts.first(team, deadline.part(_FIRST_SHARE))
    trees = [CertifiedTree(problem, pool, team, scouts)]
    trees[0].run(_ALONE_NODES, deadline.part(_ALONE_SHARE))
    if pool.wants(trees[0].lowest_bound_eV) and not team.late():
        part = deadline.part(LOWERING_SHARE)
        below = strengthened(problem, group.permutations, part, float(pool.threshold_eV[0]))
        if below is not None:
            trees.append(CertifiedTree(below, pool, team, scouts))
            trees[1].run(1)  # a tree has no bound before its first node
    turn = 0
    while all(pool.wants(tree.lowest_bound_eV) for tree in trees) and not team.late():
        turn += 1
        of_turn(trees, turn).run(TURN_NODES)
    return best(trees)


def certify(
    result: ScreenResult, folder: Path, *, time_limit_s: float | None, workers: int, use_symmetry: bool = True
) -> bool:
    """Write a certificate of a screen's lowest arrangements; whether it proves that none are lower.

    The proof is of this process alone: ranks of MPI do not share it.

    Parameters
    ----------
    result
        With at least one arrangement.
    folder
        Where ``certificate.npz`` is written.
    time_limit_s, workers
        Of this second search, which starts with the arrangements known.
    use_symmetry
        As for the screen: whether symmetry copies count as one arrangement, and symmetry takes part in the proof.
    """
    space = result.lowest[0].space
    form = space.form
    known = tuple(one.occupation[form.sites] for one in result.lowest)
    deadline = Deadline.after(time_limit_s)
    group = space.group if use_symmetry else SymmetryGroup.trivial(form.n)
    tree = certified_tree(form, group, len(known), deadline, workers=workers, known=known)
    write_certificate(folder, tree.certificate())
    return not tree.pool.wants(tree.lowest_bound_eV)


def verify(folder: str | Path) -> dict[str, Any]:
    """Check the certificate in a directory with code of its own.

    Returns
    -------
    dict
        ``bound`` and ``lowest`` in the units of the problem, ``proven``, and ``nodes``.

    Raises
    ------
    UserError
        If there is no certificate, or it does not prove what it claims.
    """
    path = Path(folder) / CERTIFICATE_FILE
    if not path.is_file():
        raise UserError("no certificate there", field="DIR", value=str(folder), fix="give the --out of ewald prove")
    try:
        claim = check(path)
    except WrongCertificateError as error:
        raise UserError(f"the certificate is wrong: {error}", field="DIR", value=str(folder)) from error
    except Exception as error:  # a damaged file may fail anywhere
        raise UserError(f"the certificate is not readable: {error}", field="DIR", value=str(folder)) from error
    scale = claim["scale"]
    lowest = claim["lowest"]
    proven = lowest is not None and claim["bound"] >= lowest - 1e-6
    return {
        "bound": claim["bound"] * scale, "lowest": None if lowest is None else lowest * scale, "proven": proven,
        "nodes": claim["nodes"],
    }  # fmt: skip
