"""Landscapes to replay: made up with known truth, the measured conductivities of OBELiX, a finished campaign."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import norm

from benchmarks.closed_loop.replay import Landscape
from screening.arrangements.candidate import composition_of
from screening.choice import Expectation, Goal, Hours, campaign_descriptors, known_of
from screening.prior import ConductivityPrior, Measurement, read_measurements, shipped_measurements
from screening.prior.descriptors import describe
from screening.prior.measured import composition_of_formula
from screening.prior.model import INTERVAL
from screening.record import read_record

OBELIX_TEST = Path(__file__).parents[1] / "composition_prior" / "obelix_test.csv"
FINISHED = Path(__file__).parents[2] / "examples" / "finished_campaign"
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
    if prior is None:
        return _pool(rows)
    said = prior.predict([one.formula for one in rows])
    return _pool(rows, [one.log10_sigma_S_cm for one in said], [one.deviation for one in said])


def measured_in_training(prior: ConductivityPrior, seed: int) -> Landscape:
    """Return as many random rows of the training split, with predictions that have not seen their publications.

    Parameters
    ----------
    prior
        Learned from the training split.
    seed
        Of the choice of rows.
    """
    rows = shipped_measurements()
    chosen = np.random.default_rng(seed).permutation(len(rows))[: len(read_measurements(OBELIX_TEST))]
    held_out = prior.held_out
    deviation = held_out.scale() * held_out.spread / norm.ppf((1 + INTERVAL) / 2)
    return _pool([rows[i] for i in chosen], held_out.predicted[chosen], deviation[chosen])


def _pool(
    rows: Sequence[Measurement], predicted: Sequence[float] | None = None, deviation: Sequence[float] | None = None
) -> Landscape:
    """Return measured conductivities as a campaign for 1 mS/cm."""
    amounts = amounts_of([one.formula for one in rows])
    return Landscape(
        campaign_descriptors(amounts, ["Li"] * len(rows)),
        np.zeros(len(rows)),
        np.array([one.log10_sigma_S_cm + 3 for one in rows]),
        Goal(100.0, 1.0),
        [HOURS] * len(rows),
        None if predicted is None else np.asarray(predicted) + 3,
        None if deviation is None else np.asarray(deviation),
    )


def finished(prior: ConductivityPrior | None, seed: int) -> Landscape:
    """Return the shipped finished campaign: what it found of its compositions, in random order.

    Parameters
    ----------
    prior
        None for no prior.
    seed
        Of the order.
    """
    record = read_record(FINISHED)
    known = known_of(record.decisions, {one.subject: composition_of(one.subject) for one in record.decisions})
    found = [one for one in record.compositions if known[one.id].log10_mS_cm is not None]
    found = [found[i] for i in np.random.default_rng(seed).permutation(len(found))]
    formulas, rule = [one.formula for one in found], record.campaign.verdict
    landscape = Landscape(
        campaign_descriptors(amounts_of(formulas), ["Na"] * len(found)),
        np.array([known[one.id].hull_meV_per_atom for one in found]),
        np.array([known[one.id].log10_mS_cm for one in found]),
        Goal(record.campaign.hull.threshold_meV_per_atom, rule.threshold_mS_cm),
        [HOURS] * len(found),
    )
    if prior is None:
        return landscape
    said = [
        Expectation(composition=one.formula, log10_mS_cm=one.log10_sigma_S_cm + 3, decades=max(one.deviation, 2.0))
        .at(rule.temperature_K or 300.0)
        for one in prior.predict(formulas, "Na")
    ]  # fmt: skip
    return replace(
        landscape,
        expected=np.array([one.log10_mS_cm for one in said]),
        decades=np.array([one.decades for one in said]),
    )
