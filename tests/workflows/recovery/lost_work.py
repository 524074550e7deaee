"""What a process that is gone left behind, made by hand."""

import os

from fireworks import FWorker

from workflows.process.owner import Owner

DEAD = Owner(os.uname().nodename, 999_999, 1)


def states(launchpad):
    return {row["spec"]["key"]: row["state"] for row in launchpad.fireworks.find({}, {"spec.key": 1, "state": 1})}


def take(launchpad, results, owner, key="ewald:Na3SbS4-W0.5-vac"):
    """Check a Firework out as another process would."""
    query = {"spec.campaign": results.entry.name, "spec.key": key}
    return launchpad.checkout_fw(FWorker(name=owner.name, query=query), str(results.entry.folder))


def fizzle(launchpad, results, key="reference:Na2S"):
    _, launch_id = take(launchpad, results, DEAD, key=key)
    launchpad.mark_fizzled(launch_id)
