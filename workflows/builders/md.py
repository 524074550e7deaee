"""The Fireworks of MD: segments at each temperature, and a look (interim analysis) after each round of them."""

from collections.abc import Collection, Mapping

from fireworks import Workflow

from screening.campaign.stages import MDStage
from screening.decision import Stage
from workflows.builders.composition import readable
from workflows.builders.firework import firework
from workflows.md.schedule import MDStageName, parts_of, schedule
from workflows.spec import StageSpec

#: Attempts of repeated segments are counted from here, apart from those that continue a segment after a walltime.
REPEAT = 1000


def md_start(scope: StageSpec, stage_name: MDStageName, candidate_id: str, stage: MDStage) -> Workflow:
    """Build the first segments of a candidate's MD, up to and with the first look; of the hottest run alone if asked.

    Parameters
    ----------
    scope
        Any spec of the same composition.
    """
    first = schedule(stage).first_look
    if stage.begins_hot:
        hottest = max(stage.temperatures_K)
        parts = {temperature: range(first * (temperature == hottest)) for temperature in stage.temperatures_K}
        return _round(scope, stage_name, candidate_id, parts, 0)
    parts = {temperature: range(first) for temperature in stage.temperatures_K}
    return _round(scope, stage_name, candidate_id, parts, first)


def md_others(look: StageSpec, stage_name: MDStageName, stage: MDStage) -> Workflow:
    """Build the first segments of the runs that waited for the hottest, and the look at all of them.

    Parameters
    ----------
    look
        Spec of the look at the hottest run alone.
    """
    first = schedule(stage).first_look
    parts = {temperature: range(done, max(done, first)) for temperature, done in parts_of(look, stage).items()}
    return _round(look, stage_name, look.subject, parts, first)


def md_extension(
    look: StageSpec, stage_name: MDStageName, stage: MDStage, temperatures_K: Collection[float]
) -> Workflow:
    """Build one more segment at some temperatures, and the look after it.

    Parameters
    ----------
    look
        Spec of the look that found more MD to be needed.
    """
    parts = {
        temperature: range(done, done + (temperature in temperatures_K))
        for temperature, done in parts_of(look, stage).items()
    }
    return _round(look, stage_name, look.subject, parts, look.part + 1)


def validation_work(look: StageSpec) -> Workflow:
    """Build the comparison of a candidate's runs with the better engine.

    Parameters
    ----------
    look
        Spec of the look that decided about its long MD; the comparison is of the segments that it knew.
    """
    changes = {"stage": str(Stage.VALIDATION), "temperature_K": None}
    name = f"validate {readable(look.subject)}"
    return Workflow([firework(look.model_copy(update=changes), name)], name=name)


def md_repeat(look: StageSpec, stage_name: MDStageName, damaged: Mapping[float, int]) -> Workflow:
    """Build what runs damaged trajectories again and then repeats the look that found them.

    Parameters
    ----------
    look
        Spec of the look.
    damaged
        Temperatures of the damaged runs with their numbers of segments; running the last segment again also
        restores those before it.
    """
    words = f"{Stage(stage_name).words} {readable(look.subject)}"
    attempt = look.attempt + 1
    repeated = []
    for temperature, parts in damaged.items():
        run = {"stage": stage_name, "temperature_K": temperature, "part": parts - 1, "parts": ()}
        spec = look.model_copy(update={**run, "attempt": REPEAT + attempt})
        name = f"{words} {temperature:g} K, damaged, again"
        repeated.append(firework(spec, name, allow_failed_parents=True))
    again = look.model_copy(update={"attempt": attempt})
    judge = firework(again, f"judge {words} after part {look.part} again", parents=repeated, allow_failed_parents=True)
    return Workflow([*repeated, judge], name=f"{words} again")


def _round(
    scope: StageSpec, stage_name: MDStageName, candidate_id: str, parts: Mapping[float, range], number: int
) -> Workflow:
    """Build the segments of every temperature, and look number `number` after all of them."""
    base = StageSpec(
        campaign=scope.campaign,
        revision=scope.revision,
        composition=scope.composition,
        stage=stage_name,
        subject=candidate_id,
    )
    words = f"{Stage(stage_name).words} {readable(candidate_id)}"
    fireworks = []
    last = []
    for temperature, run in parts.items():
        parent = None
        for part in run:
            spec = base.model_copy(update={"temperature_K": temperature, "part": part})
            parent = firework(
                spec,
                f"{words} {temperature:g} K part {part + 1}",
                parents=[parent] if parent else [],
                allow_failed_parents=True,
            )
            fireworks.append(parent)
        if parent is not None:
            last.append(parent)
    of_each = tuple(run.stop for run in parts.values())
    # Left out where all are as long, so that looks read the same in every version.
    grown = of_each if set(of_each) != {number} else ()
    look = base.model_copy(update={"stage": f"{stage_name}_look", "part": number, "parts": grown})
    when = f"after part {number}" if number else "of the hottest run"
    fireworks.append(firework(look, f"judge {words} {when}", parents=last, allow_failed_parents=True))
    return Workflow(fireworks, name=words)
