"""Conductivities that follow a known rule, for tests of models that are to find it."""

import numpy as np

from screening.prior.measured import Measurement, composition_of_formula, mobile_of

DEVIATION = 0.4


def truth(formula):
    """A conductivity that falls with the share of oxygen among the anions and rises with that of iodine."""
    amounts = composition_of_formula(formula)
    anions = sum(amounts.get(symbol, 0) for symbol in ("O", "S", "I"))
    return -4 - 4 * amounts.get("O", 0) / anions + 2 * amounts.get("I", 0) / anions


def formulas(rng, count):
    parts = rng.dirichlet([1, 1, 1], count).round(2)
    return [f"Li{3 + x:.2f}PO{4 * o + 0.01:.2f}S{4 * s + 0.01:.2f}I{4 * x + 0.01:.2f}" for o, s, x in parts]


def measurements(rng, count, *, bounds_below=-30.0):
    found = []
    for index, formula in enumerate(formulas(rng, count)):
        value = truth(formula) + rng.normal(0, DEVIATION)
        found.append(
            Measurement(
                formula=formula,
                mobile=mobile_of(composition_of_formula(formula)),
                log10_sigma_S_cm=max(value, bounds_below),
                bound=value < bounds_below,
                source=f"paper {index // 3}",
            )
        )
    return found


def shipped():
    """What stands for the shipped table where a test must not take long."""
    return tuple(measurements(np.random.default_rng(5), 120, bounds_below=-7.0))
