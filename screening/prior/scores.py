"""How predictions compare with what was measured."""

from collections.abc import Sequence

import numpy as np

from screening.prior.bounds import excess
from screening.prior.measured import Measurement
from screening.prior.model import HeldOut, Prediction
from screening.rank_correlation import rank_correlation
from screening.value import Value

BOUND_IN_OBELIX = -15.0
"""What the authors of OBELiX put for every upper bound, as decimal logarithm of S/cm."""


class Scores(Value):
    """Errors of predictions in decades.

    Attributes
    ----------
    measurements, bounds
        How many there are, and how many of them are upper bounds.
    mae
        Mean absolute error; a prediction below an upper bound has none.
    mae_obelix
        The same with 1e-15 S/cm for every upper bound, as in the figures of OBELiX.
    mae_at_bound
        The same with every upper bound taken as the value.
    spearman
        Rank correlation, upper bounds below all values.
    held90
        Share of measurements that the 90 % intervals hold.
    """

    measurements: int
    bounds: int
    mae: float
    mae_obelix: float
    mae_at_bound: float
    spearman: float
    held90: float


def score(predictions: Sequence[Prediction], measurements: Sequence[Measurement]) -> Scores:
    """Compare predictions with measurements, one for one.

    Parameters
    ----------
    predictions, measurements
        In the same order.
    """
    values = np.array([one.log10_sigma_S_cm for one in measurements])
    bound = np.array([one.bound for one in measurements])
    low = np.array([one.low90 for one in predictions])
    high = np.array([one.high90 for one in predictions])
    middle = np.array([one.log10_sigma_S_cm for one in predictions])
    return _scores(HeldOut(values, bound, middle, high - middle, np.arange(len(values))), low, high)


def score_held_out(held_out: HeldOut) -> Scores:
    """Score the cross-validation of a model by its own intervals, each scaled by the other publications.

    Parameters
    ----------
    held_out
        Predictions of the cross-validation.
    """
    width = held_out.scale() * held_out.spread
    return _scores(held_out, held_out.predicted - width, held_out.predicted + width)


def _scores(found: HeldOut, low: np.ndarray, high: np.ndarray) -> Scores:
    errors = excess(found.predicted, found.measured, found.bound)
    as_published = np.where(found.bound, BOUND_IN_OBELIX, found.measured)
    held = np.where(found.bound, low <= found.measured, (low <= found.measured) & (found.measured <= high))
    return Scores(
        measurements=len(errors),
        bounds=int(found.bound.sum()),
        mae=float(errors.mean()),
        mae_obelix=float(np.abs(found.predicted - as_published).mean()),
        mae_at_bound=float(np.abs(found.predicted - found.measured).mean()),
        spearman=rank_correlation(found.predicted.tolist(), as_published.tolist()),
        held90=float(held.mean()),
    )
