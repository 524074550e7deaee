"""The tracer diffusivity by kinisi: an independent check of our own estimate, and an estimator to choose instead.

Method: A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory Comput. 21, 79 (2025),
doi 10.1021/acs.jctc.4c01249.
"""

import importlib.util
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ewald.errors import DependencyError, install_extra
from screening.estimated import Estimate
from screening.transport.diffusivity import A2_PER_PS_TO_CM2_PER_S, Diffusivity, Posterior, tensor_of
from screening.transport.displacement import MAX_LAGS

Floats = NDArray[np.float64]

KINISI_LEAST_PS = 5.0
"""kinisi fits lags from 1 ps on and needs several of them."""

NORMAL_97_5 = 1.959964


def require_estimator(name: str, *, field: str = "verdict.estimator", file: object | None = None) -> None:
    """See that the estimator is installed, without the seconds of its import.

    Parameters
    ----------
    name
        `gls` or `kinisi`.
    field, file
        Where it was chosen, for the message.

    Raises
    ------
    DependencyError
        When kinisi is chosen and the extra of that name is not installed.
    """
    if name == "kinisi" and not all(importlib.util.find_spec(package) for package in ("kinisi", "scipp")):
        raise DependencyError(
            "kinisi is not installed", file=file, field=field, value=name, fix=install_extra("kinisi")
        )


def by_kinisi(found: Diffusivity, positions_A: Floats, frame_fs: float) -> Diffusivity:
    """Return a diffusivity whose tracer part is kinisi's; without a hop, or too short for kinisi, ours stays.

    kinisi gives no tensor of its own here: the one that was found is scaled to its mean.

    Parameters
    ----------
    found
        By :func:`screening.transport.diffusivity.fit_diffusivity`.
    positions_A
        (n, 3, F), see :func:`kinisi_diffusivity`.
    """
    if found.tracer.events == 0 or positions_A.shape[2] * frame_fs / 1000 < KINISI_LEAST_PS:
        return found
    theirs = kinisi_diffusivity(positions_A, frame_fs)
    spread = (theirs.high95 - theirs.low95) / (2 * NORMAL_97_5)
    if theirs.mean <= spread or spread <= 0:
        return found
    # A gamma distribution of kinisi's mean and width; its shape is half an event above the number of events.
    shape = (theirs.mean / spread) ** 2
    tracer = Posterior(theirs.mean * (shape - 0.5) / shape, shape - 0.5)
    return replace(
        found,
        tracer=tracer,
        tensor_cm2_s=tensor_of(found.tensor_cm2_s, tracer.mean),
        resolved=theirs.mean / spread,
        doubt=0.0,
    )


def kinisi_diffusivity(
    positions_A: Floats, frame_fs: float, *, start_ps: float = 1.0, draws: int = 500, seed: int = 1
) -> Estimate:
    """Return kinisi's tracer diffusivity in cm2/s.

    kinisi reads wrapped positions and unwraps them itself, which fails when frames are far apart; so the mean squared
    displacements of positions that are unwrapped already are handed to its regression.

    Parameters
    ----------
    positions_A
        (n, 3, F) unwrapped positions of the mobile ions, see :func:`screening.transport.displacement.mobile_positions`.
    start_ps
        Shortest lag of the fit.
    draws, seed
        Length and seed of the Markov chain.

    Raises
    ------
    DependencyError
        When kinisi is not installed.
    """
    require_estimator("kinisi")
    import scipp
    from kinisi.diffusion import Diffusion

    ions, _, frames = positions_A.shape
    lags = np.unique(np.rint(np.linspace(1, frames - 1, MAX_LAGS)).astype(int))
    squares = [((positions_A[:, :, lag:] - positions_A[:, :, :-lag]) ** 2).sum(axis=1) for lag in lags]
    samples = ions * (frames - 1) / lags
    values = scipp.Variable(
        dims=["time interval"],
        values=np.array([square.mean() for square in squares]),
        variances=np.array([square.var(ddof=1) for square in squares]) / samples,
        unit=scipp.units.angstrom**2,
    )
    coordinates = {
        "time interval": scipp.array(dims=["time interval"], values=lags * frame_fs / 1000, unit="ps"),
        "n_samples": scipp.array(dims=["time interval"], values=samples),
    }
    group = scipp.DataGroup(
        {"da": scipp.DataArray(data=values, coords=coordinates), "dimensionality": 3 * scipp.units.dimensionless}
    )
    state = np.random.get_state()  # noqa: NPY002 - kinisi seeds numpy's global generator; it is put back below
    try:
        regression = Diffusion(group)
        regression.bayesian_regression(
            start_dt=scipp.scalar(start_ps, unit="ps"),
            n_samples=draws,
            n_burn=draws // 2,
            progress=False,
            random_state=np.random.RandomState(seed),
        )
    finally:
        np.random.set_state(state)  # noqa: NPY002
    slope = np.asarray(regression.gradient.values) / 6 * A2_PER_PS_TO_CM2_PER_S
    low, high = np.quantile(slope, [0.025, 0.975])
    return Estimate(mean=float(slope.mean()), low95=float(low), high95=float(high))
