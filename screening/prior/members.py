"""The regressors whose mean is the prediction, and how far apart they are.

Chosen by cross-validation on the shipped table alone, whole publications held out: the three together are better than
each of them (`benchmarks/composition_prior`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TREES = 150


class Members:
    """Three regressors: a random forest, boosted trees of least absolute error, and similarity of compositions.

    Parameters
    ----------
    shares
        Columns of the descriptors that hold the shares of elements; the similarity is one of their square roots.
    seed
        Of all random choices.
    """

    def __init__(self, shares: slice, seed: int) -> None:
        self._shares = shares
        self._seed = seed

    def fit(self, descriptors: Floats, values: Floats) -> "Members":
        """Fit all members to the same values."""
        from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
        from sklearn.svm import SVR

        self._forest = RandomForestRegressor(
            _TREES, min_samples_leaf=2, max_features=0.3, random_state=self._seed, oob_score=True
        ).fit(descriptors, values)
        self._boosted = HistGradientBoostingRegressor(
            loss="absolute_error",
            max_iter=200,
            learning_rate=0.06,
            max_leaf_nodes=15,
            min_samples_leaf=8,
            l2_regularization=1.0,
            max_features=0.3,
            random_state=self._seed,
        ).fit(descriptors, values)
        self._similar: Any = SVR(C=10.0, epsilon=0.3, gamma=2.0).fit(np.sqrt(descriptors[:, self._shares]), values)
        return self

    def predict(self, descriptors: Floats) -> tuple[Floats, Floats]:
        """Return the prediction and the spread: of the trees and among the members, never zero."""
        trees = np.array([tree.predict(descriptors) for tree in self._forest.estimators_])
        each = np.array(
            [
                trees.mean(axis=0),
                self._boosted.predict(descriptors),
                self._similar.predict(np.sqrt(descriptors[:, self._shares])),
            ]
        )
        return each.mean(axis=0), np.sqrt(trees.var(axis=0) + each.var(axis=0)) + _LEAST_SPREAD


def out_of_bag(descriptors: Floats, values: Floats, seed: int) -> Floats:
    """Return what trees that did not see a measurement predict for it.

    Parameters
    ----------
    descriptors, values
        Of all measurements.
    seed
        Of the forest.
    """
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(_TREES, min_samples_leaf=2, max_features=0.3, random_state=seed, oob_score=True)
    return np.asarray(forest.fit(descriptors, values).oob_prediction_, dtype=np.float64)


_LEAST_SPREAD = 0.3
"""Decades by which measurements of one composition differ between laboratories, about."""
