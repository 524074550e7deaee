"""The conductivity expected from a composition alone, with a calibrated interval.

The interval is conformal (J. Lei et al., J. Am. Stat. Assoc. 113, 1094 (2018), section 5.2): the errors of
cross-validation, in which whole publications and compositions are held out, are divided by the spread of the
prediction, and the 90 % quantile of the ratios scales the spread of a new one. Each publication counts once, however
many compositions it holds (R. Dunn, L. Wasserman, A. Ramdas, J. Am. Stat. Assoc. 118, 2491 (2023)), since a new
composition is of a new publication, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from ewald.errors import DependencyError, install_extra
from screening.prior.bounds import excess, expected_below
from screening.prior.descriptors import describe
from screening.prior.groups import held_out_groups
from screening.prior.measured import Measurement, PriorError, anions_of, composition_of_formula, mobile_of
from screening.prior.members import Floats, Members, out_of_bag
from screening.value import Value

INTERVAL = 0.90
"""Share of measurements that the intervals are meant to hold."""

FOLDS = 8
_FEWEST = 40
"""Measurements below which nothing can be learned and calibrated."""
_FEWEST_OF_ELEMENT = 3
"""Measurements that an element is in before its share is a descriptor."""


class Prediction(Value):
    """Conductivity predicted for a composition.

    Attributes
    ----------
    formula, mobile
        The composition and its mobile element.
    log10_sigma_S_cm, low90, high90
        Decimal logarithm of the conductivity near room temperature in S/cm, and the interval that holds 90 % of
        measurements.
    outside
        Why the composition is unlike those that the model knows; empty where it is not. The interval does not hold
        there.
    """

    formula: str
    mobile: str
    log10_sigma_S_cm: float
    low90: float
    high90: float
    outside: str = ""

    @property
    def deviation(self) -> float:
        """Standard deviation in decades of the normal distribution with this interval."""
        return (self.high90 - self.low90) / (2 * float(scipy.special.ndtri((1 + INTERVAL) / 2)))

    def probability_above(self, sigma_S_cm: float) -> float:
        """Return the probability that the conductivity exceeds a threshold.

        Parameters
        ----------
        sigma_S_cm
            Threshold in S/cm.

        Examples
        --------
        >>> Prediction(formula="Li3N", mobile="Li", log10_sigma_S_cm=-3, low90=-5, high90=-1).probability_above(1e-3)
        0.5
        """
        return float(scipy.special.ndtr((self.log10_sigma_S_cm - np.log10(sigma_S_cm)) / self.deviation))


@dataclass(frozen=True)
class HeldOut:
    """Predictions of measurements that the model had not seen: neither their publication nor their composition.

    Attributes
    ----------
    measured, bound
        Decimal logarithms, and where they are upper bounds.
    predicted, spread
        What the members said.
    groups
        A number for each, equal for those that were held out together.
    """

    measured: Floats
    bound: NDArray[np.bool_]
    predicted: Floats
    spread: Floats
    groups: NDArray[np.int64]

    def to_document(self) -> dict[str, list[float]]:
        """Return plain lists, see :meth:`from_document`."""
        return {field.name: getattr(self, field.name).tolist() for field in fields(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, list[float]]) -> Self:
        """Read what :meth:`to_document` wrote."""
        return cls(**{field.name: np.array(document[field.name]) for field in fields(cls)})

    def scale(self, interval: float = INTERVAL) -> float:
        """Return the factor on the spread with which intervals hold a given share of the measurements."""
        ratios = excess(self.predicted, self.measured, self.bound) / self.spread
        _, group, size = np.unique(self.groups, return_inverse=True, return_counts=True)
        order = np.argsort(ratios)
        share = np.cumsum(1 / size[group][order]) / (len(size) + 1)
        place = int(np.searchsorted(share, interval))
        return float(ratios[order[min(place, len(ratios) - 1)]])


class ConductivityPrior:
    """A model of conductivities fitted to measured ones; see :func:`fit_prior`.

    Attributes
    ----------
    held_out
        How it does on publications and compositions that it has not seen.
    """

    def __init__(
        self, members: Members, elements: tuple[str, ...], held_out: HeldOut, measurements: Sequence[Measurement]
    ) -> None:
        self.held_out = held_out
        self._members = members
        self._elements = elements
        self._scale = held_out.scale()
        self._mobile = frozenset(one.mobile for one in measurements)
        self._anions = frozenset[str]().union(*(anions_of(one.formula) for one in measurements))

    def predict(self, formulas: Iterable[str], mobile: str | Sequence[str] | None = None) -> tuple[Prediction, ...]:
        """Predict the conductivity of compositions.

        Parameters
        ----------
        formulas
            Such as ``Li6PS5Cl``.
        mobile
            Element of the mobile ion, of all formulas or of each; the alkali metal of each when left out.

        Raises
        ------
        PriorError
            When one is no formula, or does not hold the mobile ion.
        """
        known = [(formula, composition_of_formula(formula)) for formula in formulas]
        if not known:
            return ()
        named = [mobile] * len(known) if mobile is None or isinstance(mobile, str) else mobile
        moving = [element or mobile_of(amounts, text) for element, (text, amounts) in zip(named, known, strict=True)]
        for (formula, amounts), element in zip(known, moving, strict=True):
            if element not in amounts:
                raise PriorError(f"holds no {element}", value=formula, fix="name its mobile ion with --mobile")
        pairs = zip(known, moving, strict=True)
        middle, spread = self._members.predict(
            np.array([describe(amounts, element, self._elements) for (_, amounts), element in pairs])
        )
        return tuple(
            Prediction(
                formula=formula,
                mobile=element,
                log10_sigma_S_cm=float(value),
                low90=float(value - self._scale * width),
                high90=float(value + self._scale * width),
                outside=self._outside(amounts, element),
            )
            for (formula, amounts), element, value, width in zip(known, moving, middle, spread, strict=True)
        )

    def _outside(self, amounts: dict[str, float], mobile: str) -> str:
        """Say why a composition is unlike all that was learned from."""
        reasons = []
        if mobile not in self._mobile:
            reasons.append(f"the training data contain no conductor of {mobile}")
        anions = sorted(anions_of("".join(amounts)))
        unseen = [symbol for symbol in anions if symbol not in self._anions]
        if unseen or not anions:
            reasons.append(f"the training data do not contain the anion {unseen[0]}" if unseen else "it has no anion")
        cations = [symbol for symbol in amounts if symbol not in {*anions, mobile, *self._elements}]
        if cations:
            reasons.append(f"{', '.join(sorted(cations))} in fewer than {_FEWEST_OF_ELEMENT} measurements")
        return "; ".join(reasons)


def fit_prior(
    measurements: Sequence[Measurement], *, seed: int = 1, held_out: HeldOut | None = None
) -> ConductivityPrior:
    """Fit the model to measured conductivities and calibrate its intervals; some 20 s of one core for 500.

    Parameters
    ----------
    measurements
        At least 40, of several sources.
    seed
        Of all random choices.
    held_out
        Calibration of an earlier fit to the same measurements, which makes this one a matter of 3 s.

    Raises
    ------
    DependencyError
        When scikit-learn is not installed.
    PriorError
        When there are too few measurements.
    """
    require_scikit_learn()
    if len(measurements) < _FEWEST:
        raise PriorError(f"needs at least {_FEWEST} measurements", value=len(measurements), fix="add some")
    elements = _common_elements(measurements)
    descriptors = np.array([describe(composition_of_formula(m.formula), m.mobile, elements) for m in measurements])
    values = np.array([m.log10_sigma_S_cm for m in measurements])
    bound = np.array([m.bound for m in measurements])
    targets = _targets(descriptors, values, bound, seed)
    if held_out is None:
        predicted, spread = np.zeros(len(values)), np.zeros(len(values))
        groups = held_out_groups(measurements)
        for learned, tested in _folds(groups, seed):
            members = Members(elements, seed).fit(descriptors[learned], targets[learned])
            predicted[tested], spread[tested] = members.predict(descriptors[tested])
        held_out = HeldOut(values, bound, predicted, spread, np.array(groups))
    return ConductivityPrior(Members(elements, seed).fit(descriptors, targets), elements, held_out, measurements)


def require_scikit_learn() -> None:
    """Raise an error if scikit-learn is not installed.

    Raises
    ------
    DependencyError
        When it is not.
    """
    import importlib.util

    if importlib.util.find_spec("sklearn") is None:
        raise DependencyError("predictions from compositions need scikit-learn", fix=install_extra("prior"))


def _common_elements(measurements: Sequence[Measurement]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for one in measurements:
        for symbol in composition_of_formula(one.formula):
            counts[symbol] = counts.get(symbol, 0) + 1
    return tuple(sorted(symbol for symbol, count in counts.items() if count >= _FEWEST_OF_ELEMENT))


def _targets(descriptors: Floats, values: Floats, bound: NDArray[np.bool_], seed: int) -> Floats:
    """Return what is fitted: measured values, and for upper bounds what is to be expected below them."""
    if not bound.any() or bound.all():
        return values
    predicted = out_of_bag(descriptors, values, seed)
    deviation = float(np.std((predicted - values)[~bound]))
    return np.where(bound, expected_below(values, predicted, deviation), values)


def _folds(groups: Sequence[int], seed: int) -> Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    from sklearn.model_selection import GroupKFold

    folds = min(FOLDS, len(set(groups)))
    if folds < 2:
        raise PriorError("all measurements have one source", field="source", fix="name the source of each")
    yield from GroupKFold(folds, shuffle=True, random_state=seed).split(np.zeros(len(groups)), groups=groups)
