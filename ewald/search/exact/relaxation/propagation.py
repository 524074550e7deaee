"""What follows from what is decided: by counts, by one species per site, by sites that exclude one another.

Compiled into the kernel of :mod:`ewald.search.exact.tree`, which calls it.
"""

import numpy as np

from ewald.search.compiling import compiled_inner
from ewald.search.exact.relaxation.tables import FREE, IN, OUT


@compiled_inner
def propagate(tables, state, ones, frees):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Decide what follows; False where it contradicts itself. ``ones``, ``frees``: work space, one entry a group."""
    changed = True
    while changed:
        changed = False
        for k in range(tables.wanted.size):
            ones[k] = 0
            frees[k] = 0
        for i in range(state.size):
            if state[i] == IN:
                ones[tables.group[i]] += 1
                site = tables.site[i]
                for p in range(tables.site_start[site], tables.site_start[site + 1]):
                    other = tables.site_literals[p]
                    if other != i:
                        if state[other] == IN:
                            return False
                        if state[other] == FREE:
                            state[other] = OUT
                            changed = True
            elif state[i] == FREE:
                frees[tables.group[i]] += 1
        if changed:
            continue
        for k in range(tables.wanted.size):
            if ones[k] > tables.wanted[k] or ones[k] + frees[k] < tables.wanted[k]:
                return False
        for i in range(state.size):
            if state[i] == FREE:
                k = tables.group[i]
                if ones[k] == tables.wanted[k]:
                    state[i] = OUT
                    changed = True
                elif ones[k] + frees[k] == tables.wanted[k]:
                    state[i] = IN
                    changed = True
        if not changed and tables.partners.size:
            verdict = _part(tables, state)
            if verdict < 0:
                return False
            changed = verdict > 0
    return True


@compiled_inner
def _is_ion(tables, state, site):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Whether a site carries an ion whatever is still decided."""
    for p in range(tables.site_start[site], tables.site_start[site + 1]):
        if state[tables.site_literals[p]] == IN:
            return tables.ion[tables.site_literals[p]]
    vacancy = tables.vacancy_literal[site]
    return tables.default_ion[site] and (vacancy < 0 or state[vacancy] == OUT)


@compiled_inner
def _part(tables, state):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Empty the partners of sites that carry an ion: -1 contradiction, 1 something was decided, 0 nothing new."""
    verdict = 0
    for site in range(tables.partner_start.size - 1):
        if tables.partner_start[site] == tables.partner_start[site + 1] or not _is_ion(tables, state, site):
            continue
        for p in range(tables.partner_start[site], tables.partner_start[site + 1]):
            partner = tables.partners[p]
            if _is_ion(tables, state, np.int64(partner)):
                return -1
            for q in range(tables.site_start[partner], tables.site_start[partner + 1]):
                literal = tables.site_literals[q]
                if state[literal] == FREE:
                    if tables.ion[literal]:
                        state[literal] = OUT
                        verdict = 1
                    elif tables.default_ion[partner]:
                        state[literal] = IN
                        verdict = 1
    return verdict
