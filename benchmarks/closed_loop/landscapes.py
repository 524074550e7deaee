"""Landscapes to replay: made up with known truth, and the measured conductivities of OBELiX."""

from pathlib import Path

import numpy as np

from benchmarks.closed_loop.replay import Landscape
from screening.choice import Goal, Hours, campaign_descriptors
from screening.prior import ConductivityPrior, Measurement, read_measurements
from screening.prior.descriptors import describe
from screening.prior.measured import composition_of_formula

OBELIX_TEST = Path(__file__).parents[1] / "composition_prior" / "obelix_test.csv"
HOURS = Hours(hull=10.0, short_md=6.0, long_md=30.0)
_DOPANTS = {
    "Sb": 5,
    "P": 5,
    "As": 5,
    "W": 6,
    "Mo": 6,
    "Sn": 4,
    "Ge": 4,
    "Si": 4,
    "Ti": 4,
    "Zr": 4,
    "Ta": 5,
    "Nb": 5,
    "V": 5,
}
_HALIDES = ("Cl", "Br", "I")
_LEVELS = (0.125, 0.25, 0.375, 0.5)


def doped_formulas() -> list[str]:
    """Return sodium thiophosphates and thioantimonates doped on the cation, on sulfur, or on both."""
    found = []
    for host in ("Sb", "P"):
        found += [
            f"Na{3 + (5 - charge) * x:g}{host}{1 - x:g}{dopant}{x:g}S4"
            for dopant, charge in _DOPANTS.items()
            if dopant != host
            for x in _LEVELS
        ]
        found += [f"Na{3 - x:g}{host}S{4 - x:g}{halide}{x:g}" for halide in _HALIDES for x in _LEVELS]
        found += [
            f"Na{3 + x:g}{host}{1 - x:g}{dopant}{x:g}S{4 - y:g}{halide}{y:g}".replace(
                f"Na{3 + x:g}", f"Na{3 + x - y:g}"
            )
            for dopant in ("Sn", "Ge", "Si")
            for halide in _HALIDES
            for x in _LEVELS[1::2]
            for y in _LEVELS[1::2]
        ]
    return found


def amounts_of(formulas: list[str]) -> list[dict[str, float]]:
    """Return the numbers of atoms of each formula."""
    return [composition_of_formula(formula) for formula in formulas]


def made_up(seed: int, *, prior_error: float | None = None) -> Landscape:
    """Return a landscape of doped sulfides whose truth is a smooth random function of the composition, plus noise.

    Parameters
    ----------
    seed
        Of the truth.
    prior_error
        Standard deviation, in decades, of the error of a prior; None for no prior.
    """
    rng = np.random.default_rng(seed)
    formulas = doped_formulas()
    amounts = amounts_of(formulas)
    physics = np.array([describe(one, "Na") for one in amounts])
    sigma = -1.0 + 1.2 * _smooth(physics, rng) + 0.3 * rng.standard_normal(len(formulas))
    hull = np.maximum(60 + 50 * _smooth(physics, rng) + 15 * rng.standard_normal(len(formulas)), 0)
    descriptors = campaign_descriptors(amounts, ["Na"] * len(amounts))
    landscape = Landscape(descriptors, hull, sigma, Goal(100.0, 1.0), [HOURS] * len(formulas))
    if prior_error is None:
        return landscape
    shift = prior_error * (0.5 * rng.standard_normal() + rng.standard_normal(len(formulas)))
    everywhere = np.full(len(formulas), 1.2 * prior_error)
    return Landscape(descriptors, hull, sigma, landscape.goal, landscape.hours, sigma + shift, everywhere)


def _smooth(descriptors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a random function of standardized descriptors, of mean 0 and deviation 1: a sum of 300 cosines."""
    spread = descriptors.std(axis=0)
    varied = spread > 1e-9 * np.abs(descriptors).max(axis=0)
    scaled = descriptors[:, varied] / spread[varied]
    waves = rng.standard_normal((scaled.shape[1], 300)) / np.sqrt(scaled.shape[1])
    values = np.cos(scaled @ waves + rng.uniform(0, 2 * np.pi, 300)) @ rng.standard_normal(300)
    return (values - values.mean()) / values.std()


def measured(prior: ConductivityPrior | None, seed: int) -> Landscape:
    """Return the test split of OBELiX, all of it near the hull, in random order.

    Parameters
    ----------
    prior
        Learned from the training split; None for no prior.
    seed
        Of the order.
    """
    rows: list[Measurement] = list(read_measurements(OBELIX_TEST))
    rows = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    formulas = [one.formula for one in rows]
    descriptors = campaign_descriptors(amounts_of(formulas), ["Li"] * len(formulas))
    sigma = np.array([one.log10_sigma_S_cm + 3 for one in rows])
    hull, goal = np.zeros(len(rows)), Goal(100.0, 1.0)
    if prior is None:
        return Landscape(descriptors, hull, sigma, goal, [HOURS] * len(rows))
    said = prior.predict(formulas)
    expected = np.array([one.log10_sigma_S_cm + 3 for one in said])
    decades = np.array([one.deviation for one in said])
    return Landscape(descriptors, hull, sigma, goal, [HOURS] * len(rows), expected, decades)
