"""Where more MD of an undecided candidate is worth its steps: at which temperatures, or nowhere.

The conductivity at the threshold's temperature is mostly extrapolated, and its variance is a sum over the runs: the
variance of ln D of each times its squared leverage on the line. A run of length t adds v with v proportional to 1 / t,
so a further picosecond of it takes away v / t. The coldest run, with the fewest hops and the longest lever, mostly
holds nearly all of it.
"""

from collections.abc import Sequence

from screening.campaign.stages import VerdictRule
from screening.transport.arrhenius import JudgedConductivity
from screening.transport.conductivity import TransportResult

WORTH_EXTENDING = 0.5
"""A run goes on when a picosecond of it takes away at least this share of what one of the best run does."""


def temperatures_to_extend(
    results: Sequence[TransportResult], judged: JudgedConductivity, rule: VerdictRule
) -> tuple[float, ...]:
    """Return the temperatures, in K, at which an undecided candidate should run on.

    Parameters
    ----------
    results
        One result for each temperature that was run.
    judged
        The conductivity that follows from them, see :func:`screening.transport.arrhenius.judged_conductivity`.
    rule
        With the `close_factor` within which nothing more is run.

    Returns
    -------
    tuple
        Empty when the conductivity is known to lie within the rule's `close_factor` of the threshold. Runs that give
        only a bound, because they are not yet diffusive, always go on.
    """
    ordered = sorted(results, key=lambda result: result.temperature_K)
    if judged.close_enough(rule):
        return ()
    if not any(judged.variances):
        return tuple(result.temperature_K for result in ordered)
    gains = [v / max(r.length_ps, 1e-9) for v, r in zip(judged.variances, ordered, strict=True)]
    least = WORTH_EXTENDING * max(gains)
    return tuple(
        result.temperature_K for gain, result in zip(gains, ordered, strict=True) if gain >= least or not result.sound
    )
