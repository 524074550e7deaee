import numpy as np
import pytest

from screening.prior.measured import Measurement
from screening.prior.model import Prediction
from screening.prior.scores import score


def test_scores_equal_those_counted_by_hand():
    values = [(-3, False), (-5, False), (-10, True)]
    said = [(-4, -6, -2), (-4.5, -4.8, -4), (-11, -13, -9)]
    measurements = [Measurement(formula="LiI", mobile="Li", log10_sigma_S_cm=v, bound=b) for v, b in values]
    predictions = [
        Prediction(formula="LiI", mobile="Li", log10_sigma_S_cm=m, low90=low, high90=high) for m, low, high in said
    ]
    found = score(predictions, measurements)
    assert (found.measurements, found.bounds) == (3, 1)
    assert found.mae == pytest.approx((1 + 0.5 + 0) / 3)
    assert found.mae_at_bound == pytest.approx((1 + 0.5 + 1) / 3)
    assert found.mae_obelix == pytest.approx((1 + 0.5 + 4) / 3)
    assert found.held90 == pytest.approx(2 / 3)
    assert found.spearman == pytest.approx(1)
    assert np.isfinite(found.mae)
