"""A Gaussian process that corrects what is expected of compositions by what was computed of some.

The deviation of a value from what was expected is, in units of its own standard deviation, the sum of a part that all
compositions share (the expectation may be off for the whole campaign), a part that similar ones share (a squared
exponential kernel of the distance of their descriptors), and a part of each alone. The shares are fixed: with the few
values that a campaign has, fitting them would be fitting noise. The length of the kernel is the likeliest of a few
fractions of the median distance. C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006),
chapters 2 and 5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SHARED, _SIMILAR, _OWN = 0.25, 0.6, 0.15
"""Shares of the variance; they sum to 1."""


@dataclass(frozen=True)
class Posterior:
    """What is known of a quantity of all compositions.

    Attributes
    ----------
    mean
        (n,).
    covariance
        (n, n).
    learnable
        (n, n), the part of it that values of other compositions would make smaller.
    """

    mean: Floats
    covariance: Floats
    learnable: Floats

    @property
    def deviation(self) -> Floats:
        """Standard deviation of each."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def draw(self, rng: np.random.Generator) -> Floats:
        """Return the quantity of all compositions as it may be, in line with everything known.

        What is each composition's own is left out: to compute one tells nothing of the others, so that to bet on it is
        no exploration.
        """
        values, vectors = np.linalg.eigh(self.learnable)
        return self.mean + vectors @ (np.sqrt(np.maximum(values, 0.0)) * rng.standard_normal(len(values)))


_LENGTHS = (1.0, 0.5, 0.25, 0.125)
"""Lengths of the kernel that are tried, in median distances; the first where there are too few values to tell."""
_FEW = 5
_SAME = 1e-9
"""Squared distances that are rounding."""


def distances(descriptors: Floats) -> Floats:
    """Return the squared distances of compositions, in units of their median.

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
    """Return what is known of all compositions once some have values.

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
    lengths = _LENGTHS if len(known) >= _FEW else _LENGTHS[:1]
    scale = np.outer(deviation, deviation)
    own = np.diag(_OWN * deviation**2)
    learnable = [scale * _kernel(apart, length) for length in lengths]
    if not len(known):
        return Posterior(mean, learnable[0] + own, learnable[0])
    surprise = values - mean[known]
    inner = [kernel[np.ix_(known, known)] + own[np.ix_(known, known)] + np.diag(noise**2) for kernel in learnable]
    likeliest = max(range(len(lengths)), key=lambda place: _log_likelihood(inner[place], surprise))
    kernel, seen = learnable[likeliest], inner[likeliest]
    total = kernel + own
    return Posterior(
        mean + total[:, known] @ np.linalg.solve(seen, surprise),
        total - total[:, known] @ np.linalg.solve(seen, total[known]),
        kernel - kernel[:, known] @ np.linalg.solve(seen, kernel[known]),
    )


def _kernel(apart: Floats, length: float) -> Floats:
    """Return what compositions share, as a share of the variance."""
    return _SHARED + _SIMILAR * np.exp(-apart / (2 * length**2))


def _log_likelihood(covariance: Floats, surprise: Floats) -> float:
    """Return the logarithm of the likelihood of deviations, without its constant."""
    factor = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(factor, surprise)
    return float(-0.5 * whitened @ whitened - np.log(np.diag(factor)).sum())
