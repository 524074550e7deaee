"""A Gaussian process that corrects what is expected of compositions by what was computed of some.

The deviation of a value from what was expected is, in units of its own standard deviation, the sum of a part that all
compositions share (the expectation may be off for the whole campaign), a part that similar ones share (a squared
exponential kernel of the distance of their descriptors), and a part of each alone. The length of the kernel and the
share of the last part are the likeliest of a few: with the few values of a campaign, fitting more would be fitting
noise. C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006),
chapters 2 and 5.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SHARED = 0.25
"""Share of the variance that all compositions have in common."""
_OWN = (0.15, 0.05, 0.35)
"""Shares that each has alone, of which the likeliest is taken; the first where there are too few values to tell."""


@dataclass(frozen=True)
class Posterior:
    """Gaussian posterior of a quantity for all compositions.

    Attributes
    ----------
    mean
        (n,).
    covariance
        (n, n).
    shared
        (n, n), what compositions had in common before any value was known.
    known
        Indices of the compositions with values.
    factor
        (k, k), lower Cholesky factor of the covariance of those values.
    """

    mean: Floats
    covariance: Floats
    shared: Floats
    known: NDArray[np.int64]
    factor: Floats

    @property
    def deviation(self) -> Floats:
        """Standard deviation of each."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @cached_property
    def learnable(self) -> Floats:
        """(n, n), the part of the covariance that values of other compositions would make smaller."""
        if not len(self.known):
            return self.shared
        part = scipy.linalg.solve_triangular(self.factor, self.shared[self.known], lower=True)
        return self.shared - part.T @ part

    def draw(self, rng: np.random.Generator) -> Floats:
        """Return the quantity of all compositions as it may be, in line with everything known.

        What is each composition's own is left out: to compute one tells nothing of the others, so that to bet on it is
        no exploration.

        Parameters
        ----------
        rng
            Source of the random numbers.
        """
        rounding = _ROUNDING * float(np.trace(self.shared)) / len(self.mean)
        factor = np.linalg.cholesky(self.learnable + rounding * np.eye(len(self.mean)))
        return self.mean + factor @ rng.standard_normal(len(self.mean))


_ROUNDING = 1e-8
"""Share of the variance that is added before it is factorised: similar compositions make it singular."""
_LENGTHS = (1.0, 0.5, 0.25, 0.125)
"""Lengths of the kernel that are tried, in median distances; the first where there are too few values to tell."""
_FEW = 5
_SAME = 1e-9
"""Squared distances that are rounding."""


def distances(descriptors: Floats) -> Floats:
    """Return the squared distances of compositions, in units of their median.

    Parameters
    ----------
    descriptors
        (n, d), one row for each composition. The result is (n, n).

    Examples
    --------
    >>> distances(np.array([[0.0], [0.0], [3.0]]))
    array([[0., 0., 1.],
           [0., 0., 1.],
           [1., 1., 0.]])
    """
    squares = (descriptors**2).sum(axis=1)
    found = np.maximum(squares[:, None] + squares[None, :] - 2 * descriptors @ descriptors.T, 0.0)
    found[found < _SAME] = 0.0
    apart = found[found > 0]
    return found / np.median(apart) if apart.size else found


def condition(
    apart: Floats, mean: Floats, deviation: Floats, *, known: NDArray[np.int64], values: Floats, noise: Floats
) -> Posterior:
    """Return the posterior of a quantity for all compositions, given its values for some.

    Parameters
    ----------
    apart
        (n, n), by :func:`distances`.
    mean, deviation
        (n,), what was expected of each.
    known
        Indices of those with values.
    values, noise
        Their values and the standard deviations of those.
    """
    scale = np.outer(deviation, deviation)
    kinds = list(product(_LENGTHS, _OWN)) if len(known) >= _FEW else [(_LENGTHS[0], _OWN[0])]
    among = np.ix_(known, known)
    factors = [
        np.asarray(np.linalg.cholesky(_covariance(apart[among], scale[among], *kind) + np.diag(noise**2)))
        for kind in kinds
    ]
    surprise = values - mean[known]
    likeliest = max(range(len(kinds)), key=lambda place: _log_likelihood(factors[place], surprise))
    factor, total = factors[likeliest], _covariance(apart, scale, *kinds[likeliest])
    shared = total - np.diag(kinds[likeliest][1] * deviation**2)
    part = scipy.linalg.solve_triangular(factor, total[known], lower=True)
    return Posterior(
        mean + scipy.linalg.solve_triangular(factor, surprise, lower=True) @ part,
        total - part.T @ part,
        shared,
        known,
        factor,
    )


def _covariance(apart: Floats, scale: Floats, length: float, own: float) -> Floats:
    """Return the covariance of compositions, of which a share is each one's own."""
    similar = _SHARED + (1 - _SHARED - own) * np.exp(-apart / (2 * length**2))
    return np.asarray(scale * (similar + own * np.eye(len(apart))))


def _log_likelihood(factor: Floats, surprise: Floats) -> float:
    """Return the logarithm of the likelihood of deviations, without its constant."""
    whitened = scipy.linalg.solve_triangular(factor, surprise, lower=True)
    return float(-0.5 * whitened @ whitened - np.log(np.diag(factor)).sum())


def value_of_bound(bound: Floats, mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """Return values with noise that say as much as upper bounds do: they never raise what was expected.

    A normal distribution with such a value becomes the one with mean and variance of the distribution cut off at the
    bound (T. Minka, Expectation propagation for approximate Bayesian inference, UAI 2001). A bound far above what was
    expected says nothing: its noise is large.

    Parameters
    ----------
    bound
        Upper bounds.
    mean, deviation
        What was expected of each.

    Examples
    --------
    >>> value, noise = value_of_bound(np.array([0.0, 9.0]), np.array([0.0, 0.0]), np.array([1.0, 1.0]))
    >>> value[0].round(2), noise.round(2)
    (np.float64(-1.25), array([ 0.76, 99.99]))
    """
    z = np.maximum((bound - mean) / deviation, -_FAR_ABOVE)
    pull = np.exp(-0.5 * z**2 - scipy.special.log_ndtr(z)) / np.sqrt(2 * np.pi)
    kept = np.clip(1 - pull * (z + pull), _LEAST_KEPT, 1 - _LEAST_SAID)
    precision = (1 / kept - 1) / deviation**2
    cut = np.minimum(mean - deviation * pull, bound)
    return mean + (cut - mean) / (1 - kept), 1 / np.sqrt(precision)


_FAR_ABOVE = 8.0
"""Deviations above a bound beyond which nothing more is learned from it."""
_LEAST_KEPT, _LEAST_SAID = 1e-3, 1e-4
"""Least share of a variance that a bound leaves, and that it takes."""
