"""Who does what in a campaign, and what it will cost, as far as the engines' presets know what a step costs."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ewald.numbers import counted
from screening.campaign.campaign import Campaign
from screening.campaign.stages import MDStage
from screening.decision import Stage
from screening.plan.composition import Composition
from workflows.builders.resources import resources_of
from workflows.engines.cache import choices_of
from workflows.engines.registry import read_settings
from workflows.md.schedule import schedule
from workflows.spec import STAGES

#: Force calls of a usual relaxation; few reach `max_steps`.
_RELAX_STEPS = 100
_USUAL_CATEGORIES = {kind.category for kind in STAGES.values()}


@dataclass(frozen=True)
class StageCost:
    """The work of one engine at one stage.

    Attributes
    ----------
    stage
        Of the funnel.
    engine
        Name of the engine.
    runs
        Relaxations, or MD runs, if no candidate is rejected before.
    core_hours
        What they take on one core; None when the preset does not say what a step costs.
    queue
        What its jobs ask of a queue, in the words of its template.
    steps
        Steps of one MD run that uses its whole budget; None for other work.
    category, priority, at_most
        Workers that take its jobs, how urgent they are, and how many run at the same time; None for any number.
    points
        Whether the engine only gives energies of structures that another one relaxed.
    in_turn
        Whether arrangements of a composition take turns, so that most runs are spared where the first ones pass.
    """

    stage: str
    engine: str
    runs: int
    core_hours: float | None
    queue: dict[str, Any]
    steps: int | None = None
    category: str = ""
    priority: int = 0
    at_most: int | None = None
    points: bool = False
    in_turn: bool = False


def stage_costs(campaign: Campaign, base_dir: Path, compositions: Iterable[Composition]) -> tuple[StageCost, ...]:
    """Return the work of every engine at every stage, in the order of the funnel.

    Parameters
    ----------
    campaign, base_dir
        The campaign, and the folder of its file.
    compositions
        Those of its plan.
    """
    choices = choices_of(campaign, base_dir)
    per_ion_ms = {name: read_settings(choice)[1].cost_ms_per_ion for name, choice in choices.items()}
    ions = [composition.ions for composition in compositions]

    def cost(stage: Stage, engine: str, runs_each: int, steps: float) -> StageCost:
        known = per_ion_ms[engine]
        hours = None if known is None else sum(ions) * runs_each * steps * known / 3.6e6
        asked = resources_of(campaign, str(stage), engine)
        limit = campaign.resources(str(stage), engine).at_most
        return StageCost(
            str(stage),
            engine,
            runs_each * len(ions),
            hours,
            asked.get("_queueadapter", {}),
            category=asked["_category"],
            priority=asked["_priority"],
            at_most=limit,
        )

    steps = min(campaign.relax.max_steps, _RELAX_STEPS)
    chain = campaign.engine_chain("relax")
    found = [cost(Stage.RELAX, name, campaign.ewald.keep, steps) for name in chain]
    if campaign.relax.point:
        found[-1] = dataclasses.replace(cost(Stage.RELAX, chain[-1], campaign.ewald.keep, 1), points=True)
    for stage, settings in ((Stage.SHORT_MD, campaign.short_md), (Stage.LONG_MD, campaign.long_md)):
        runs = campaign.hull.keep_per_composition * len(settings.temperatures_K)
        item = cost(stage, campaign.engine_chain(str(stage))[0], runs, _steps(settings))
        found.append(dataclasses.replace(item, steps=_steps(settings), in_turn=campaign.hull.in_turn))
    if campaign.validation is not None:
        found.append(
            cost(
                Stage.VALIDATION,
                campaign.validation.engine,
                campaign.hull.keep_per_composition,
                campaign.validation.frames,
            )
        )
    return tuple(found)


def _steps(stage: MDStage) -> int:
    """Return the steps of a run that uses its whole budget."""
    plan = schedule(stage)
    return plan.parts * plan.steps


def work_lines(costs: Sequence[StageCost]) -> Iterator[str]:
    """Yield who does what, a line for each engine at each stage."""
    for item in costs:
        cost = "cost not known" if item.core_hours is None else _hours(item.core_hours, usual=item.stage == Stage.RELAX)
        asked = [f"{name} {value}" for name, value in item.queue.items()]
        asked += [] if item.at_most is None else [f"at most {item.at_most} at a time"]
        noun = {Stage.RELAX: "relaxation", Stage.VALIDATION: "candidate"}.get(Stage(item.stage), "run")
        runs = f"{item.runs} energies" if item.points else counted(item.runs, noun)
        steps = "" if item.steps is None else f" of {item.steps:,} steps"
        turns = "; the arrangements of a composition in turn, until one passes long MD" if item.in_turn else ""
        workers = "" if item.category in _USUAL_CATEGORIES else f"; workers of category {item.category}"
        yield f"{Stage(item.stage).words} by {item.engine}: up to {runs}{steps}, {cost}{turns}{workers}" + (
            f"; queue: {', '.join(asked)}" if asked else ""
        )


def _hours(hours: float, *, usual: bool = False) -> str:
    """Write core hours with two figures: those of work of the usual length, or else of the whole budget.

    Examples
    --------
    >>> _hours(0.004), _hours(1234.5), _hours(12.3, usual=True)
    ('at most 0.1 core hours', 'at most 1,200 core hours', 'about 12 core hours')
    """
    rounded = float(f"{max(hours, 0.1):.2g}")
    most = "about" if usual and hours > 0.1 else "at most"
    return f"{most} {rounded:,.0f} core hours" if rounded >= 10 else f"{most} {rounded:g} core hours"
