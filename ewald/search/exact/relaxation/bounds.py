"""Lower bounds from a convex quadratic relaxation of the literals that are still free.

Over binary x, x_i^2 = x_i, so that for any shift s

    h.x + 1/2 x^T B x  =  (h - s/2).x + 1/2 x^T (B + s I) x

(and likewise with B - S + diag D + s I, as a lower bound; see :mod:`ewald.search.exact.relaxation.multipliers`). Where
that matrix has no negative curvature along the face "so many of each group", the right-hand side is convex there, and
its minimum over 0 <= x <= 1 with the wanted sums is a lower bound (quadratic convex reformulation: A. Billionnet,
S. Elloumi, M.-C. Plateau, Discrete Appl. Math. 157, 1185 (2009)). No minimum has to be reached for a proof: a convex
function lies above its tangents, so each point y visited gives the bound f(y) + min over allowed x of
grad f(y).(x - y), which needs nothing but the smallest gradients of each group. The same tangent fixes literals: one
whose choice (or whose omission) would lift the tangent above the threshold cannot (or must) be chosen.
"""

import numpy as np

from ewald.search.compiling import compiled_inner, compiled_inner_with, compiled_plain

# How closely the smallest shift is looked for: a tenth of an eV too much costs an eV of bound where half of a hundred
# literals are to be chosen.
_SHIFT_STEP_EV = 0.02
# Weight of the blocks of ones in the proof of convexity.
GROUP_WEIGHT_EV = 1000.0
# Extra curvature (eV) that makes the convexity safe against rounding; costs less than this times the chosen literals.
_CURVATURE_MARGIN_EV = 1e-9


@compiled_plain
def is_convex(P, D, free, m, group, shift, work):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, PLR0917
    """Tell whether P + diag(D) + shift I + w (block of ones per group) has a Cholesky factor on the free literals.

    The blocks of ones vanish on every direction that keeps the sum of each group, so success proves convexity there.
    """
    for i in range(m):
        for j in range(i + 1):
            value = P[free[i], free[j]]
            if group[free[i]] == group[free[j]]:
                value += GROUP_WEIGHT_EV
            if i == j:
                value += D[free[i]] + shift
            for k in range(j):
                value -= work[i, k] * work[j, k]
            if i == j:
                if value <= _CURVATURE_MARGIN_EV:
                    return False
                work[i, i] = np.sqrt(value)
            else:
                work[i, j] = value / work[j, j]
    return True


@compiled_plain
def convex_shift(P, D, free, m, group, upper, work):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, PLR0917
    """Find the smallest shift (to :data:`_SHIFT_STEP_EV`) that makes the relaxation convex; ``upper`` is known to."""
    low = upper
    for i in range(m):
        low = min(low, -D[free[i]])
    high = upper
    while high - low > _SHIFT_STEP_EV:
        middle = 0.5 * (low + high)
        if is_convex(P, D, free, m, group, middle, work):
            high = middle
        else:
            low = middle
    return high


@compiled_plain
def gershgorin(P, D):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Return a shift that makes the relaxation convex whatever P and D are: the largest absolute row sum."""
    worst = 0.0
    for i in range(P.shape[0]):
        row = abs(D[i])
        for j in range(P.shape[0]):
            row += abs(P[i, j])
        worst = max(worst, row)
    return worst + 1.0


@compiled_inner_with(fastmath=True)
def _gradient(Q, c, x, m, bend, g):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Write the gradient to g and return the function's value."""
    for i in range(m):
        g[i] = c[i] + bend[i] * (x[i] - 0.5)
    for j in range(m):
        if x[j] != 0.0:
            for i in range(m):
                g[i] += Q[j, i] * x[j]
    value = 0.0
    for i in range(m):
        value += 0.5 * x[i] * (g[i] + c[i] - 0.5 * bend[i])
    return value


@compiled_inner
def _smallest_sum(g, start, stop, count, heap):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Sum of the ``count`` smallest of g[start:stop], the largest of them, and the next one above."""
    size = stop - start
    room = min(size, count + 1)
    held = 0
    # Insertion into the few smallest seen so far, in ascending order.
    for i in range(start, stop):
        value = g[i]
        if held == room:
            if value >= heap[room - 1]:
                continue
            held -= 1
        place = held
        while place > 0 and heap[place - 1] > value:
            heap[place] = heap[place - 1]
            place -= 1
        heap[place] = value
        held += 1
    total = 0.0
    for i in range(count):
        total += heap[i]
    last = heap[count - 1] if count > 0 else -np.inf
    following = heap[count] if count < size else np.inf
    return total, last, following


@compiled_inner_with(fastmath={"contract", "arcp", "nsz"})
def relax(Q, c, x, m, starts, wanted, bend, target, g, heap, levels):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, PLR0917
    """Minimise the relaxation by moving weight between two literals of a group at a time; return the proven bound.

    Parameters
    ----------
    Q, c
        Compact pair and single costs of the free literals, sorted by group.
    x
        Feasible start, changed in place.
    starts, wanted
        First literal of each group (one more at the end), and how many of each are to be chosen.
    target
        Once the bound exceeds this, nothing more is needed.
    g, heap
        Work space of length m; g holds the gradient of the best tangent on return.
    levels
        For each group the largest chosen and the smallest passed-over gradient of that tangent; shape (groups, 2).

    Returns
    -------
    float
        No choice of literals costs less.
    """
    groups = wanted.size
    value = _gradient(Q, c, x, m, bend, g)
    bound = -np.inf
    for sweep in range(60):
        total = value
        for i in range(m):
            total -= g[i] * x[i]
        for k in range(groups):
            low, last, following = _smallest_sum(g, starts[k], starts[k + 1], wanted[k], heap)
            total += low
            levels[k, 0] = last
            levels[k, 1] = following
        bound = total
        gap = value - bound
        above = target - value if target > value else 0.0
        if bound > target or gap < 1e-3 + 0.05 * above or sweep == 59:
            break
        for _ in range(m // 2 + 4):
            best_gain = 0.0
            best_i = -1
            best_j = -1
            for k in range(groups):
                down = -1
                for j in range(starts[k], starts[k + 1]):
                    if x[j] > 0.0 and (down < 0 or g[j] > g[down]):
                        down = j
                if down < 0:
                    continue
                for i in range(starts[k], starts[k + 1]):
                    slope = g[down] - g[i]
                    if x[i] < 1.0 and slope > 0.0:
                        curve = bend[down] + bend[i] - 2.0 * Q[down, i]
                        curve = max(1e-09, curve)
                        gain = slope * slope / curve
                        if gain > best_gain:
                            best_gain = gain
                            best_i = i
                            best_j = down
            if best_i < 0 or best_gain < 1e-8:
                break
            curve = bend[best_j] + bend[best_i] - 2.0 * Q[best_j, best_i]
            step = (g[best_j] - g[best_i]) / (max(1e-09, curve))
            step = min(1.0 - x[best_i], step)
            step = min(x[best_j], step)
            x[best_i] += step
            x[best_j] -= step
            if x[best_j] < 1e-13:
                x[best_j] = 0.0
            if x[best_i] > 1.0 - 1e-13:
                x[best_i] = 1.0
            for i in range(m):
                g[i] += step * (Q[best_i, i] - Q[best_j, i])
            g[best_i] += step * bend[best_i]
            g[best_j] -= step * bend[best_j]
        value = _gradient(Q, c, x, m, bend, g)
    return bound
