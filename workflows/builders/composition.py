"""The workflow of one composition: screen, then relax its lowest arrangements, then the hull."""

from collections.abc import Sequence

from fireworks import Workflow

from workflows.builders.firework import firework
from workflows.spec import StageSpec
from workflows.store.entry import CampaignEntry


def workflow_key(entry: CampaignEntry, name: str) -> str:
    """Return the unique key of one workflow of a campaign."""
    return f"{entry.name}/{entry.revision}/{name}"


def metadata(entry: CampaignEntry, composition: str, **more: str) -> dict[str, str]:
    """Return the metadata of a workflow, by which `lpad get_wflows -q` and the dashboard filter."""
    return {
        "campaign": entry.name,
        "revision": entry.revision,
        "composition": composition,
        "key": workflow_key(entry, composition),
    } | more


def composition_workflow(entry: CampaignEntry, composition_id: str, formula: str, *, hull_waits: bool) -> Workflow:
    """Build the workflow of a composition as it is submitted; the screen adds the relaxations that it calls for.

    Parameters
    ----------
    composition_id, formula
        Of the composition.
    hull_waits
        Hold the hull back until the reference phases are relaxed.
    """
    scope = {"campaign": entry.name, "revision": entry.revision, "composition": composition_id}
    screen = firework(StageSpec(**scope, stage="ewald", subject=composition_id), f"Ewald screen {composition_id}")
    hull = firework(
        StageSpec(**scope, stage="hull", subject=composition_id),
        f"hull {composition_id}",
        allow_failed_parents=True,
        parents=[screen],
        state="PAUSED" if hull_waits else "WAITING",
    )
    return Workflow(
        [screen, hull],
        name=f"{entry.name}: {composition_id}",
        metadata=metadata(entry, composition_id, formula=formula),
    )


def waiting_hull(hull: StageSpec) -> Workflow:
    """Build the hull that takes the place of one that was started before the reference phases were done."""
    spec = hull.model_copy(update={"attempt": hull.attempt + 1})
    name = f"hull {hull.composition} after the references"
    return Workflow([firework(spec, name, allow_failed_parents=True, state="PAUSED")], name=name)


def screen_again(hull: StageSpec) -> Workflow:
    """Build the screen that nobody can account for once more, and the hull after it."""
    attempt = hull.attempt + 1
    spec = hull.model_copy(update={"stage": "ewald", "attempt": attempt})
    screen = firework(spec, f"Ewald screen {hull.composition} again")
    after = firework(
        hull.model_copy(update={"attempt": attempt}),
        f"hull {hull.composition} after its screen",
        allow_failed_parents=True,
        parents=[screen],
    )
    return Workflow([screen, after], name=f"{hull.composition} again")


def relaxations(entry: CampaignEntry, composition_id: str, candidates: Sequence[str]) -> list[Workflow]:
    """Build the relaxations of a composition's arrangements, to be slipped in between its screen and its hull."""
    scope = {"campaign": entry.name, "revision": entry.revision, "composition": composition_id}
    return [
        Workflow(
            [firework(StageSpec(**scope, stage="relax", subject=name), f"relax {readable(name)}")],
            name=f"relax {readable(name)}",
        )
        for name in candidates
    ]


def next_link(spec: StageSpec) -> Workflow:
    """Build the relaxation by the next of several engines."""
    following = spec.model_copy(update={"link": spec.link + 1, "attempt": 0})
    name = f"relax {readable(spec.subject)} with engine {following.link + 1}"
    return Workflow([firework(following, name)], name=name)


def readable(candidate_id: str) -> str:
    """Write a candidate's id for people.

    Examples
    --------
    >>> readable("Na3SbS4-W0.25-vac_a1")
    'Na3SbS4-W0.25-vac a1'
    """
    composition, _, arrangement = candidate_id.rpartition("_")
    return f"{composition} {arrangement}" if composition else candidate_id
