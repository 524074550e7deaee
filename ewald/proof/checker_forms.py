"""The part of the checker that looks at clusters of sites; like all of it with numpy alone.

A form of a certificate is a quadratic form q of the variables of a few sites: their literals (0 to m - 1) and their
usual classes (m + k for the k-th site that has literals). Exactly one variable of a site is 1, so that all choices can
be listed. q less its least value is never negative, and neither is its image under a symmetry; the mean over all
symmetries is taken from the cost. What is left lies nowhere above the cost, and is the same for symmetry copies.
"""

from itertools import product
from typing import Any

import numpy as np


def lowered(c: dict[str, Any]) -> dict[str, Any]:
    """Return the costs of a certificate without its forms; raises ValueError for a form that is none."""
    if "form_matrix" not in c:
        return {}
    m = len(c["h"])
    home, first = np.unique(c["site"], return_index=True)  # the sites, and a literal of each
    site, ion = np.r_[c["site"], home], np.r_[c["ion"], c["usual_ion"][home]]
    apart = np.zeros((len(c["usual_ion"]),) * 2, dtype=bool)
    apart[tuple(c["apart"].T)] = True
    never = (apart | apart.T)[np.ix_(site, site)] & ion[:, None] & ion[None, :]
    images = np.hstack([c["images"], m + np.searchsorted(home, c["site"][c["images"][:, first]])])
    taken, constant = np.zeros((len(site), len(site))), float(c["constant"])
    for row, matrix in zip(c["form_variables"], c["form_matrix"], strict=True):
        v = row[row >= 0]
        q = matrix[: len(v), : len(v)]
        options = [np.flatnonzero(site[v] == s) for s in np.unique(site[v])]
        if len(set(v.tolist())) < len(v) or any(len(o) != (site == site[v[o[0]]]).sum() for o in options):
            raise ValueError("a form leaves out what may be on a site")
        chosen = np.array(list(product(*options)))
        broken = never[v[chosen][:, :, None], v[chosen][:, None, :]].any(axis=(1, 2))
        x = np.zeros((len(chosen), len(v)))
        x[np.arange(len(chosen))[:, None], chosen] = 1.0
        constant += float(np.einsum("ca,ab,cb->c", x, q, x)[~broken].min())
        np.add.at(taken, (images[:, v][:, :, None], images[:, v][:, None, :]), q / len(images))
    # The usual class of a site is 1 less its literals.
    usual, T = np.r_[np.zeros(m), np.ones(len(home))], np.zeros((len(site), m))
    T[np.arange(m), np.arange(m)] = 1.0
    T[m:] -= home[:, None] == c["site"][None, :]
    taken = 0.5 * (taken + taken.T)
    single, pair = 2 * T.T @ taken @ usual, 2 * T.T @ taken @ T
    h = c["h"] - single - 0.5 * np.diag(pair)
    pair[c["site"][:, None] == c["site"][None, :]] = 0.0
    constant -= float(usual @ taken @ usual)
    return {"constant": constant, "h": h, "B": c["B"] - pair}
