"""Independent runs at one temperature: compared, and taken together.

Each run gives a rate with a gamma posterior: a number of events, and an exposure (events for a unit of the rate).
Events and exposures of independent runs add up. Where the runs differ by more than their own intervals allow, the
common interval is widened by their scatter (R. T. Birge, Phys. Rev. 40, 207 (1932)).
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import scipy

from ewald.errors import UserError
from ewald.numbers import estimate
from screening.estimated import Estimate
from screening.transport.arrhenius import gamma_of, pooled_bound
from screening.transport.conductivity import TransportResult

_JEFFREYS = 0.5
"""Shape of the posterior of a rate without an event."""

_MSD = ("msd_A2", "msd_low95_A2", "msd_high95_A2")

_SAME_RUN = 1e-3
"""Relative difference of the MSD of one run that is given twice, in two formats; those of two runs differ far more."""

_SAME_LAG = 0.01
"""Relative difference of lag times that are the same."""


def pool_estimates(estimates: Sequence[Estimate]) -> Estimate:
    """Return the common rate of independent runs.

    Examples
    --------
    >>> one = Estimate(mean=1.0, low95=0.48, high95=1.71)
    >>> both = pool_estimates([one, one])
    >>> round(both.mean, 2), both.high95 < one.high95
    (0.97, True)
    """
    if len(estimates) == 1:
        return estimates[0]
    shapes, scales = np.array([gamma_of(estimate) for estimate in estimates]).T
    bounded = np.array([estimate.bound is not None for estimate in estimates])
    if bounded.all():
        return pooled_bound(estimates)
    events = np.maximum(shapes - np.where(bounded, 1.0, _JEFFREYS), 0.0)
    exposure = float((1 / scales).sum())
    shape = float(events.sum()) + _JEFFREYS
    means, variances = (shapes * scales)[~bounded], (shapes * scales**2)[~bounded]
    scatter = float(((means - shape / exposure) ** 2 / variances).sum() / max(1, len(means) - 1))
    widened = shape / max(1.0, scatter)
    scale = shape / exposure / widened
    low, high = scale * scipy.special.gammaincinv(widened, [0.025, 0.975])
    return Estimate(mean=widened * scale, low95=float(low), high95=float(high))


def contradictions(results: Sequence[TransportResult], others: Sequence[TransportResult]) -> tuple[str, ...]:
    """Return a warning for each temperature at which two runs of one crystal exclude one another.

    The interval of a run knows only the state that the crystal was in. Where a crystal has two, with disorder that
    comes and goes more slowly than the run is long, runs with other initial velocities may see one each.

    Parameters
    ----------
    results, others
        Runs of the same crystal with the same potential. Runs whose framework broke are of another phase and left out.
    """
    return tuple(
        f"at {one.temperature_K:g} K another run of this crystal ({other.length_ps:.3g} ps) gave "
        f"{estimate(other.sigma_mS_cm)} mS/cm, which excludes the {estimate(one.sigma_mS_cm)} of this one: the crystal "
        "may have two states, of which a run sees one, or a time step is too long; run replicas, or longer"
        for one, other in product(results, others)
        if one.temperature_K == other.temperature_K
        and one.framework_intact
        and other.framework_intact
        and _disjoint(one.sigma_mS_cm, other.sigma_mS_cm)
    )


def _disjoint(one: Estimate, other: Estimate) -> bool:
    lowest = [0.0 if estimated.bound else estimated.low95 for estimated in (one, other)]
    return max(lowest) > min(one.high95, other.high95)


def pool_replicas(results: Sequence[TransportResult]) -> TransportResult:
    """Take independent runs of one species at one temperature together.

    Parameters
    ----------
    results
        Analysed runs; the first gives what is common to all.

    Raises
    ------
    UserError
        When species or temperature differ, or two are the same run.
    """
    first = results[0]
    if len(results) == 1:
        return first
    if any((r.species, r.temperature_K) != (first.species, first.temperature_K) for r in results):
        raise UserError("replicas are runs of one species at one temperature")
    _refuse_copies(results)
    lengths = np.array([result.length_ps for result in results])
    weights = lengths / lengths.sum()
    tensor = sum(w * np.array(result.tensor_cm2_s) for w, result in zip(weights, results, strict=True))
    diffusivity = pool_estimates([result.D_cm2_s for result in results])
    charges = [(r.D_charge_cm2_s, r.sigma_charge_interval_mS_cm, w) for r, w in zip(results, weights, strict=True)]
    resolved = [(D, s, w) for D, s, w in charges if D is not None and s is not None]
    charge = sum(D * w for D, _, w in resolved) / sum(w for *_, w in resolved) if resolved else None
    interval = pool_estimates([s for _, s, _ in resolved]) if resolved else None
    low, middle, high = np.linalg.eigvalsh(tensor)
    return first.model_copy(
        update={
            "D_cm2_s": diffusivity,
            "tensor_cm2_s": tuple(tuple(row) for row in np.asarray(tensor).tolist()),
            "eigenvalues_cm2_s": (float(high), float(middle), float(low)),
            "D_charge_cm2_s": charge,
            "haven_ratio": diffusivity.mean / charge if charge and diffusivity.bound is None else None,
            "sigma_mS_cm": pool_estimates([result.sigma_mS_cm for result in results]),
            "sigma_charge_mS_cm": interval.mean if interval else None,
            "sigma_charge_interval_mS_cm": interval,
            "warnings": tuple(
                dict.fromkeys(
                    f"replica {i}: {text}"
                    for i, result in enumerate(results, start=1)
                    for text in (*result.warnings, *contradictions([result], results[: i - 1]))
                )
            ),
            "sound": all(result.sound for result in results),
            "framework_intact": all(result.framework_intact for result in results),
            "length_ps": float(lengths.sum()),
            "frames": sum(result.frames for result in results),
            "ions_left": _most_left(results),
            "hops_per_ion": sum(result.hops_per_ion for result in results),
            "framework_msd_A2": float(weights @ [result.framework_msd_A2 for result in results]),
            **_common_msd(results, weights),
        }
    )


def _most_left(results: Sequence[TransportResult]) -> int | None:
    left = [result.ions_left for result in results if result.ions_left is not None]
    return max(left) if left else None


def _common_msd(results: Sequence[TransportResult], weights: np.ndarray) -> dict[str, tuple[float, ...]]:
    """Return the mean MSD where all runs have the same lags, else that of the longest run."""
    longest = max(results, key=lambda result: result.length_ps)
    times = [np.array(result.msd_time_ps) for result in results]
    if any(len(t) != len(times[0]) or not np.allclose(t, times[0], rtol=_SAME_LAG) for t in times):
        return {name: getattr(longest, name) for name in ("msd_time_ps", *_MSD)}
    msd, low, high = (np.array([getattr(result, name) for result in results]) for name in _MSD)
    mean = weights @ msd
    if low.shape != msd.shape:
        return {"msd_A2": tuple(mean.tolist())}
    # Half widths of independent runs add up in squares.
    below, above = (np.sqrt(weights**2 @ (edge - msd) ** 2) for edge in (low, high))
    return {name: tuple(v.tolist()) for name, v in zip(_MSD, (mean, mean - below, mean + above), strict=True)}


def _refuse_copies(results: Sequence[TransportResult]) -> None:
    for at, one in enumerate(results):
        for before, other in enumerate(results[:at]):
            same = len(one.msd_A2) == len(other.msd_A2) > 1
            if same and max(one.msd_A2) > 0 and np.allclose(one.msd_A2, other.msd_A2, rtol=_SAME_RUN, atol=0):
                raise UserError(
                    f"runs {before + 1} and {at + 1} at {one.temperature_K:g} K have the same displacements: "
                    "they are one run, given twice",
                    fix="give each run once; copies are no replicas",
                )
