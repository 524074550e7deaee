"""Check a certificate with numpy alone: nothing here is shared with the search that wrote it.

The claim: every arrangement that is no symmetry copy of a listed one costs at least ``bound``. An arrangement chooses
``wanted[k]`` literals of group k, at most one on a site; a site without one has its usual class; no two sites of a
pair in ``apart`` both carry an ion. It costs constant + h.x + 1/2 x B x.

The proof is a tree; node 0 decides nothing. A node is looked at in rounds, each with a table (P, D, L, K, shift) and a
point y. Of the costs that ``checker_forms`` leaves, over the free literals and the sites that have any, a table gives
f(x) = constant + h.x - sum_at L_at x_a - 1/2 sum_st K_st + 1/2 x P x + 1/2 sum_a (D_a + shift) (x_a^2 - x_a).
It lies below the cost if what it leaves out of every two sites is zero or more for all their classes, and above its
tangent at y if it is convex. The least of the tangent is a bound; a literal whose other choice lifts it to the claim is
decided. Then the node is closed by its bound, empty, one arrangement, open (its bound is no lower than the claim), or
divided on a literal: one child has it, the other no image of it under the symmetries that keep what was chosen so far.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from ewald.proof.checker_forms import lowered

CLOSED, EMPTY, LEAF, DIVIDED, OPEN = range(5)
SLACK = 1e-6
Arrays = dict[str, Any]


class WrongCertificateError(Exception):
    """What of its claim a certificate does not prove."""


def _refuse(wrong: Any, why: str) -> None:
    if wrong:
        raise WrongCertificateError(why)


def check(path: Any) -> dict[str, Any]:
    """Verify a certificate file and return what it proves; raises WrongCertificateError."""
    with np.load(path, allow_pickle=False) as archive:
        c = {name: archive[name] for name in archive.files}
    claim, parent, end = float(c["bound"]), c["parent"].tolist(), c["end"].tolist()
    wrong = [above >= node or (above < 0) != (node == 0) for node, above in enumerate(parent)]
    _refuse(not parent or any(wrong), "a node before its parent, or another root than the first")
    _symmetries(c)
    if "problem_B" in c:
        _problem(c)
    low = c | lowered(c)
    margins = [_margin(low, t) for t in range(len(c["P"]))]
    for row in c["listed"]:
        _refuse((row < 0).any() or not _propagate(c, row.copy()), "a listed arrangement breaks a rule")
    listed = {tuple(row[image]) for row in c["listed"] for image in np.argsort(c["images"], axis=1)}
    children: dict[int, list[int]] = {}
    for node, above in enumerate(parent):
        children.setdefault(above, []).append(node)
    states: dict[int, Any] = {0: (np.full(len(c["h"]), -1), np.ones(len(c["images"]), dtype=bool), -np.inf)}
    for node, (first, last) in enumerate(pairwise(c["first_round"].tolist())):
        state, alive, bound = states.pop(node)
        for r in range(first, last):
            _refuse(not _propagate(c, state), f"node {node} is empty before round {r}")
            bound = max(bound, _round(low, margins, r, state, claim))
        filled, below = _propagate(c, state), children.get(node, [])
        _refuse((end[node] == DIVIDED) != (len(below) == 2), f"node {node} has the wrong number of children")
        _refuse(end[node] in {CLOSED, OPEN} and bound < claim - SLACK, f"node {node} is only above {bound}")
        _refuse(end[node] == EMPTY and filled, f"node {node} is not empty")
        if end[node] == LEAF and filled:
            below_claim = (state == -1).any() or _energy(c, state) < claim - SLACK
            _refuse(below_claim and tuple(state) not in listed, f"node {node} is below the claim and not listed")
        elif end[node] == DIVIDED:
            for child, kept in _divide(c, below, state, alive):
                states[child] = (*kept, bound)
    _refuse(len(c["first_round"]) != len(parent) + 1 or states, "nodes without rounds")
    lowest = min((_energy(c, row) for row in c["listed"]), default=None)
    return {"bound": claim, "lowest": lowest, "nodes": len(parent), "scale": float(c["scale"])}


def _divide(c: Arrays, pair: list[int], state: Any, alive: Any) -> list[tuple[int, Any]]:
    literal, chosen = int(c["literal"][pair[0]]), c["chosen"][pair].tolist()
    fits = literal == c["literal"][pair[1]] and sorted(chosen) == [0, 1] and state[literal] == -1
    _refuse(not fits, f"nodes {pair} do not partition their parent")
    out, with_it = state.copy(), state.copy()
    orbit = c["images"][alive, literal]
    out[orbit[out[orbit] == -1]] = 0
    with_it[literal] = 1
    kept = {0: (out, alive), 1: (with_it, alive & (c["images"][:, literal] == literal))}
    return [(node, kept[one]) for node, one in zip(pair, chosen, strict=True)]


def _round(c: Arrays, margins: list[float], r: int, state: Any, claim: float) -> float:
    """Bound a node by the tangent at y, and decide the literals that the round names."""
    t, free, chosen = int(c["table"][r]), np.flatnonzero(state == -1), state == 1
    _refuse(not c["scope"][t][free].all(), f"round {r} uses a table made for other literals")
    sites, x = np.unique(c["site"][free]), c["y"][r][free]
    single = c["h"][free] + c["B"][free][:, chosen].sum(axis=1) - c["L"][t][np.ix_(free, sites)].sum(axis=1)
    bound = c["constant"] + c["h"][chosen].sum() + 0.5 * c["B"][chosen][:, chosen].sum()
    bound -= 0.5 * c["K"][t][np.ix_(sites, sites)].sum() + margins[t]
    pair, bend = c["P"][t][np.ix_(free, free)], c["D"][t][free] + c["shift"][t]
    slope = single + pair @ x + bend * (x - 0.5)
    bound += single @ x + 0.5 * x @ pair @ x + 0.5 * (bend * (x * x - x)).sum() - slope @ x
    lifts = np.zeros((2, len(free)))  # of passing a literal over, and of choosing it
    for k in np.unique(c["group"][free]):
        mine = np.flatnonzero(c["group"][free] == k)
        count = int(c["wanted"][k] - (chosen & (c["group"] == k)).sum())
        ordered = np.r_[-np.inf, np.sort(slope[mine]), np.inf]
        bound += ordered[1 : count + 1].sum()
        lifts[:, mine] = ordered[count + 1] - slope[mine], slope[mine] - ordered[count]
    for value in (0, 1):
        decided = c["fixed"][r][free] == value
        _refuse((bound + lifts[1 - value][decided] < claim - SLACK).any(), f"round {r} fixes too many literals")
        state[free[decided]] = value
    return float(bound)


def _margin(c: Arrays, t: int) -> float:
    """Tell how wrong the bounds of a table may be: what is left out below zero, and missing curvature."""
    scope = np.flatnonzero(c["scope"][t])
    sites = np.unique(c["site"][scope])
    literal, site = np.r_[scope, np.full(len(sites), -1)], np.r_[c["site"][scope], sites]  # -1: the usual class
    literal, site = literal[np.argsort(site, kind="stable")], np.sort(site)
    ion = np.where(literal < 0, c["usual_ion"][site], c["ion"][literal])
    single = np.where(literal[:, None] < 0, 0.0, c["L"][t][literal][:, site])
    left_out = np.where(np.minimum.outer(literal, literal) >= 0, (c["B"] - c["P"][t])[np.ix_(literal, literal)], 0.0)
    left_out += c["K"][t][np.ix_(site, site)] + single + single.T
    apart = np.zeros((len(c["usual_ion"]),) * 2, dtype=bool)
    apart[tuple(c["apart"].T)] = True
    left_out[(apart | apart.T)[np.ix_(site, site)] & ion[:, None] & ion[None, :]] = np.inf
    left_out[site[:, None] == site[None, :]] = 0.0
    starts = np.searchsorted(site, sites)
    least = np.minimum.reduceat(np.minimum.reduceat(left_out, starts, axis=0), starts, axis=1)
    rules = (c["group"][scope] == np.unique(c["group"][scope])[:, None]).astype(float)
    face = np.linalg.svd(rules, full_matrices=True)[2][len(rules) :].T
    curved = face.T @ (c["P"][t][np.ix_(scope, scope)] + np.diag(c["D"][t][scope] + c["shift"][t])) @ face
    flat = 0.0 if curved.size == 0 else 1e-12 * np.abs(curved).max() - np.linalg.eigvalsh(curved)[0]
    return float(0.5 * np.maximum(-least, 0.0).sum() + max(0.0, flat) * len(scope))


def _symmetries(c: Arrays) -> None:
    pairs, known = {frozenset(pair) for pair in c["apart"].tolist()}, {image.tobytes() for image in c["images"]}
    for image in c["images"]:
        _refuse(not all(row.tobytes() in known for row in c["images"][:, image]), "the symmetries are not a group")
        moved = dict(zip(c["site"].tolist(), c["site"][image].tolist(), strict=True))
        same = sorted(image.tolist()) == list(range(len(image))) and len(set(moved.values())) == len(moved)
        same = same and all(moved[s] == u for s, u in zip(c["site"].tolist(), c["site"][image].tolist(), strict=True))
        same = same and (c["group"][image] == c["group"]).all() and (c["ion"][image] == c["ion"]).all()
        same = same and {frozenset(moved.get(s, s) for s in pair) for pair in pairs} == pairs
        worst = max(np.abs(c["B"][np.ix_(image, image)] - c["B"]).max(), np.abs(c["h"][image] - c["h"]).max())
        _refuse(not same or worst > SLACK / 100, "a permutation is not a symmetry")


def _problem(c: Arrays) -> None:
    """Compare with the problem as its user wrote it: x = usual + sign times the literal of the site."""
    site, order, usual, sign = c["site"], c["order"], c["usual_ion"].astype(float), np.where(c["ion"], 1.0, -1.0)
    B, h = c["problem_B"][np.ix_(order, order)] / c["scale"], c["problem_h"][order] / c["scale"]
    costs = [c["problem_constant"] / c["scale"] + h @ usual + 0.5 * usual @ B @ usual - c["constant"]]
    costs += [np.outer(sign, sign) * B[np.ix_(site, site)] - c["B"], sign * (h + B @ usual)[site] - c["h"]]
    worst = max(np.abs(cost).max() for cost in costs)
    _refuse(worst > SLACK / 100 or len(set(site.tolist())) < len(site), "the costs are those of another problem")
    for k, wanted in enumerate(c["problem_wanted"].tolist()):
        places = np.flatnonzero(c["problem_group"][order] == k)
        mine = np.isin(site, places)
        group = np.unique(c["group"][mine])
        whole = len(group) < 2 and (np.isin(c["group"], group) == mine).all() and mine.sum() in {0, len(places)}
        total = usual[places].sum() + (sign[mine][:1] * c["wanted"][group]).sum()
        _refuse(not whole or total != wanted, f"group {k} is another")
    mapped = {frozenset(np.argsort(order)[pair].tolist()) for pair in c["problem_exclude"]}
    _refuse(mapped != {frozenset(pair) for pair in c["apart"].tolist()}, "other exclusions")


def _energy(c: Arrays, row: Any) -> float:
    return float(c["constant"] + c["h"] @ (row == 1) + 0.5 * (row == 1) @ c["B"] @ (row == 1))


def _propagate(c: Arrays, state: Any) -> bool:
    """Decide what counts, sites and exclusions imply; False where nothing is left."""
    while True:
        before = state.copy()
        for a in np.flatnonzero(state == 1):
            others = (c["site"] == c["site"][a]) & (np.arange(len(state)) != a)
            if (state[others] == 1).any():
                return False
            state[others] = 0
        for k, wanted in enumerate(c["wanted"].tolist()):
            mine = c["group"] == k
            missing, free = wanted - (state[mine] == 1).sum(), mine & (state == -1)
            if not 0 <= missing <= free.sum():
                return False
            if missing in {0, free.sum()}:
                state[free] = int(missing > 0)
        surely = c["usual_ion"].copy()  # sites that carry an ion whatever is still decided
        surely[c["site"][(state != 0) & ~c["ion"]]] = False
        surely[c["site"][(state == 1) & c["ion"]]] = True
        for s, u in [*c["apart"].tolist(), *c["apart"][:, ::-1].tolist()]:
            if surely[s] and surely[u]:
                return False
            if surely[s]:
                mine = (c["site"] == u) & (state == -1)
                state[mine & c["ion"]] = 0
                state[mine & ~c["ion"]] = 1 if c["usual_ion"][u] else state[mine & ~c["ion"]]
        if (state == before).all():
            return True
