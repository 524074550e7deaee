"""Which composition's work is worth most: its chance of becoming a conductor over the core hours that this takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy
from numpy.typing import NDArray

from ewald.numbers import significant
from screening.choice.known import Known
from screening.choice.surrogate import Posterior, condition, distances, value_of_bound
from screening.decision import Stage
from screening.value import Value

Floats = NDArray[np.float64]

HULL_MEV = (60.0, 80.0)
"""Energy above the hull expected of a doped crystal before any is known, with its standard deviation (meV/atom)."""
_FEW = 5
"""Energies above the hull below which those expectations stand."""
_HULL_NOISE_MEV = 2.0
_DRAWN_DECADES, _DRAWN_MEV = 0.2, 10.0
"""How sharply a drawn value passes or fails; a step would leave most draws alike."""
NO_PRIOR_DECADES = (-1.0, 1.5)
"""Conductivity expected without a model of compositions: this far from the threshold, with its standard deviation."""


@dataclass(frozen=True)
class Goal:
    """Criteria for a conductor.

    Attributes
    ----------
    hull_meV_per_atom
        Largest energy above the hull.
    sigma_mS_cm
        Least conductivity.
    """

    hull_meV_per_atom: float
    sigma_mS_cm: float


@dataclass(frozen=True)
class Hours:
    """Core hours of one composition.

    Attributes
    ----------
    hull
        Of all stages up to the hull.
    short_md, long_md
        Of these stages.
    """

    hull: float
    short_md: float
    long_md: float


@dataclass(frozen=True)
class Option:
    """A composition that may be computed.

    Attributes
    ----------
    id
        Id of the composition.
    descriptors
        Numbers by which compositions are compared, see :func:`~screening.choice.descriptors.campaign_descriptors`.
    hours
        What its stages cost.
    log10_mS_cm, decades
        Conductivity expected from its composition, with the standard deviation; None without a prior.
    known
        What was found out about it.
    """

    id: str
    descriptors: tuple[float, ...]
    hours: Hours
    log10_mS_cm: float | None = None
    decades: float = NO_PRIOR_DECADES[1]
    known: Known = field(default_factory=Known)


class Outlook(Value):
    """Expected outcome and cost of a composition, given the results so far.

    Attributes
    ----------
    id, stage
        The composition, and the last stage that has decided about it.
    probability_hull, probability_sigma
        That it is near the hull, and that its conductivity reaches the threshold.
    core_hours
        What a verdict on it still takes on average; it ends early where it fails early.
    gain
        Conductors per core hour.
    score
        By which the strategy orders.
    """

    id: str
    stage: Stage
    probability_hull: float
    probability_sigma: float
    core_hours: float
    gain: float
    score: float

    @property
    def probability(self) -> float:
        """That it is a conductor."""
        return self.probability_hull * self.probability_sigma

    @property
    def reason(self) -> str:
        """Why it is where it is in the order, in words."""
        chances = (self.probability, self.probability_hull, self.probability_sigma)
        all_of_it, hull, sigma = (significant(100 * chance, 2) for chance in chances)
        return (
            f"{all_of_it} % to be a conductor (hull {hull} %, conductivity {sigma} %) for "
            f"{significant(self.core_hours, 2)} core hours"
        )


def outlooks(options: Sequence[Option], goal: Goal, *, method: str, seed: int) -> tuple[Outlook, ...]:
    """Return the outlook of each composition that is still open, the one to compute next first.

    Parameters
    ----------
    options
        All compositions of the campaign, with what is known of each.
    goal
        What makes a conductor.
    method
        `thompson`, `ptr`, `random` or `all` (the order of the options).
    seed
        Of what is drawn.
    """
    if not options:
        return ()
    apart = distances(np.array([option.descriptors for option in options]))
    hull, sigma = _hull_energies(options, apart), _conductivities(options, goal, apart)
    chance_hull = _settled(options, Stage.HULL, _below(hull.mean, goal.hull_meV_per_atom, hull.deviation))
    chance_sigma = _above(sigma.mean, goal, sigma.deviation)
    hours = _hours(options, chance_hull, chance_sigma)
    gain = chance_hull * chance_sigma / hours
    drawing = _Drawing(options, goal, hull, sigma, gain)
    scores = _SCORES[method](drawing, np.random.default_rng(seed))
    order = sorted(range(len(options)), key=lambda index: (-scores[index], index))
    return tuple(
        Outlook(
            id=options[index].id,
            stage=options[index].known.stage,
            probability_hull=float(chance_hull[index]),
            probability_sigma=float(chance_sigma[index]),
            core_hours=float(hours[index]),
            gain=float(gain[index]),
            score=float(scores[index]),
        )
        for index in order
        if options[index].known.passed is None
    )


@dataclass(frozen=True)
class _Drawing:
    """What scores are made of."""

    options: Sequence[Option]
    goal: Goal
    hull: Posterior
    sigma: Posterior
    gain: Floats


def _thompson(drawing: _Drawing, rng: np.random.Generator) -> Floats:
    """Return the gain if the hull energies and conductivities were as drawn.

    The hours are those of the draw as well: with the expected ones, what is expected to fail early, and so to cost
    little, would come first whenever it is drawn as a conductor.
    """
    hull, sigma = drawing.hull.draw(rng), drawing.sigma.draw(rng)
    near = _settled(drawing.options, Stage.HULL, _below(hull, drawing.goal.hull_meV_per_atom, _DRAWN_MEV))
    fast = _above(sigma, drawing.goal, _DRAWN_DECADES)
    return near * fast / _hours(drawing.options, near, fast)


_SCORES: Mapping[str, Callable[[_Drawing, np.random.Generator], Floats]] = {
    "all": lambda drawing, _: -np.arange(len(drawing.options), dtype=float),
    "ptr": lambda drawing, _: drawing.gain,
    "random": lambda drawing, rng: rng.random(len(drawing.options)),
    "thompson": _thompson,
}
METHODS = tuple(_SCORES)


def _hull_energies(options: Sequence[Option], apart: Floats) -> Posterior:
    known = np.array([i for i, option in enumerate(options) if option.known.hull_meV_per_atom is not None], dtype=int)
    values = np.array([options[i].known.hull_meV_per_atom for i in known], dtype=float)
    mean, deviation = HULL_MEV
    if len(known) >= _FEW:
        mean, deviation = float(values.mean()), max(float(values.std()), _DRAWN_MEV)
    everywhere = np.ones(len(options))
    return condition(
        apart, mean * everywhere, deviation * everywhere,
        known=known, values=values, noise=np.full(len(known), _HULL_NOISE_MEV),
    )  # fmt: skip


def _conductivities(options: Sequence[Option], goal: Goal, apart: Floats) -> Posterior:
    known = np.array([i for i, option in enumerate(options) if option.known.log10_mS_cm is not None], dtype=int)
    fallback = np.log10(goal.sigma_mS_cm) + NO_PRIOR_DECADES[0]
    mean = np.array([fallback if option.log10_mS_cm is None else option.log10_mS_cm for option in options])
    deviation = np.array([option.decades for option in options])
    values = np.array([options[i].known.log10_mS_cm for i in known], dtype=float)
    noise = np.array([options[i].known.decades for i in known], dtype=float)
    bound = np.array([options[i].known.bound for i in known], dtype=bool)
    below = known[bound]
    values[bound], noise[bound] = value_of_bound(values[bound], mean[below], deviation[below])
    return condition(apart, mean, deviation, known=known, values=values, noise=noise)


def _below(value: Floats, threshold: float, width: Floats | float) -> Floats:
    return np.asarray(scipy.special.ndtr((threshold - value) / width))


def _above(log10_mS_cm: Floats, goal: Goal, width: Floats | float) -> Floats:
    return np.asarray(scipy.special.ndtr((log10_mS_cm - np.log10(goal.sigma_mS_cm)) / width))


def _settled(options: Sequence[Option], stage: Stage, chance: Floats) -> Floats:
    """Return 1 where the stage has let the composition through, and the chance elsewhere."""
    through = (stage, Stage.SHORT_MD, Stage.LONG_MD)
    done = [option.known.stage in through and option.known.passed is not False for option in options]
    return np.where(done, 1.0, chance)


def _hours(options: Sequence[Option], chance_hull: Floats, chance_sigma: Floats) -> Floats:
    return np.array([_remaining(*each) for each in zip(options, chance_hull, chance_sigma, strict=True)])


def _remaining(option: Option, chance_hull: float, chance_sigma: float) -> float:
    """Return the core hours that are still to be spent on a composition on average."""
    hours = option.hours
    if option.known.stage in (Stage.SHORT_MD, Stage.LONG_MD):
        return hours.long_md
    md = hours.short_md + chance_sigma * hours.long_md
    return md if option.known.stage is Stage.HULL else hours.hull + chance_hull * md
