"""The regressors whose mean is the prediction, and how far apart they are.

Chosen by cross-validation on the shipped table alone, whole publications held out: the two together are better than
each of them, and than with a random forest as third (docs/topics/closed-loop.md).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from screening.prior.descriptors import PROPERTIES, properties

Floats = NDArray[np.float64]
_TREES = 150
_ALIKE = 5.0
"""Difference of Mendeleev numbers by which the likeness of two elements falls to 1/e."""


class Members:
    """Boosted trees of least absolute error and a support vector regression on the similarity of compositions.

    The similarity is one of the square roots of the elements' shares, where elements of close Mendeleev numbers count
    as nearly the same: Ge instead of Si changes less than La does. A random forest only tells how uncertain they are.

    Parameters
    ----------
    elements
        Those whose shares are the last columns of the descriptors.
    seed
        Of all random choices.
    """

    def __init__(self, elements: Sequence[str], seed: int) -> None:
        places = np.array([properties(symbol)[PROPERTIES.index("mendeleev_number")] for symbol in elements])
        likeness = np.exp(-np.abs(places[:, None] - places[None, :]) / _ALIKE)
        self._coordinates = np.linalg.cholesky(likeness + _ROUNDING * np.eye(len(places)))
        self._seed = seed

    def fit(self, descriptors: Floats, values: Floats) -> "Members":
        """Fit both, and the forest, to the same values."""
        from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
        from sklearn.svm import SVR

        self._forest = RandomForestRegressor(_TREES, min_samples_leaf=2, max_features=0.3, random_state=self._seed).fit(
            descriptors, values
        )
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
        self._similar: Any = SVR(C=10.0, epsilon=0.1, gamma=8.0).fit(self._placed(descriptors), values)
        return self

    def predict(self, descriptors: Floats) -> tuple[Floats, Floats]:
        """Return the prediction and the spread: of the forest's trees and among all three, never zero."""
        trees = np.array([tree.predict(descriptors) for tree in self._forest.estimators_])
        boosted, similar = self._boosted.predict(descriptors), self._similar.predict(self._placed(descriptors))
        apart = np.var([trees.mean(axis=0), boosted, similar], axis=0)
        return (boosted + similar) / 2, np.sqrt(trees.var(axis=0) + apart) + _LEAST_SPREAD

    def _placed(self, descriptors: Floats) -> Floats:
        """Return points whose distances are those of the compositions."""
        first = descriptors.shape[1] - len(self._coordinates)
        return np.asarray(np.sqrt(descriptors[:, first:]) @ self._coordinates)


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


_ROUNDING = 1e-9
"""Added to the diagonal before it is factorised: isotopes are at one place."""
_LEAST_SPREAD = 0.3
"""Decades by which measurements of one composition differ between laboratories, about."""
