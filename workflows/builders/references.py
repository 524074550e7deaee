"""The workflow of the reference phases: relax each, then start the hulls that wait for them."""

from collections.abc import Sequence

from fireworks import Workflow

from workflows.builders.composition import metadata
from workflows.builders.firework import firework
from workflows.spec import REFERENCES, StageSpec
from workflows.store.entry import CampaignEntry


def references_workflow(entry: CampaignEntry, names: Sequence[str]) -> Workflow:
    """Build the workflow of the reference phases.

    Parameters
    ----------
    names
        Names of the phases that the campaign's compositions compete with.
    """
    scope = {"campaign": entry.name, "revision": entry.revision, "composition": REFERENCES}
    phases = [
        firework(StageSpec(**scope, stage="reference", subject=name), f"relax reference {name}") for name in names
    ]
    done = firework(
        StageSpec(**scope, stage="references_done", subject=REFERENCES),
        "start the hulls",
        allow_failed_parents=True,
        parents=phases,
    )
    return Workflow([*phases, done], name=f"{entry.name}: reference phases", metadata=metadata(entry, REFERENCES))
