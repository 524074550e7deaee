"""Everything that IonSieve changes in FireWorks, each with its reason; nothing of FireWorks is replaced elsewhere.

FireWorks offers no hooks for these, and a later release may undo one of them without an error. So it is pinned below
2.2, and `tests/workflows/launchpad/test_patches.py` fails as soon as the source of a function differs that a patch
replaces or relies on. Then read what changed there, adapt the patch, and note the new checksum and line.

:func:`install` changes the process that calls it. FireWorks' own commands, which run in theirs, are left as they are.
"""

import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workflows.launchpad.guard import guarded
from workflows.launchpad.heartbeat import PING_EVERY_S
from workflows.launchpad.lock import OwnedLock

FIREWORKS = "2.1.4"
"""The release whose lines the patches name."""


@dataclass(frozen=True)
class Patch:
    """One thing of FireWorks that IonSieve overrides, exchanges or relies on though it is private.

    Attributes
    ----------
    name
        What it is, as `module:name` below `fireworks`.
    line
        Line of `source` in its file, in release :data:`FIREWORKS`.
    sha256
        First 16 digits of the checksum of `source`.
    reason
        Why.
    reader
        Of a value: the function that looks it up.
    """

    name: str
    line: int
    sha256: str
    reason: str
    reader: str = ""

    @property
    def source(self) -> str:
        """The function or class whose source must stay as it is."""
        return self.reader or self.name


#: Methods of FireWorks' LaunchPad that :class:`~workflows.launchpad.launchpad.CampaignLaunchPad` overrides.
OVERRIDDEN = (
    Patch(
        "core.launchpad:LaunchPad._get_a_fw_to_run",
        1118,
        "d4d37278dbcb8c5c",
        "Loads whatever a document names, and an unreadable one stops every worker: foreign ones are put aside.",
    ),
    Patch(
        "core.launchpad:LaunchPad.checkout_fw",
        1475,
        "81af65c968ffb196",
        "Does not say which process took a Firework, which may be killed before its task begins.",
    ),
    Patch(
        "core.launchpad:LaunchPad.run_exists",
        884,
        "648a32939874914e",
        "The loops of `rlaunch` ask this alone before they go on: a process that was told to end takes no more work.",
    ),
    Patch(
        "core.launchpad:LaunchPad.future_run_exists",
        893,
        "fc64714744b411c5",
        "The same for `--nlaunches infinite`; and for a sender of jobs, running work leads to more.",
    ),
    Patch(
        "core.launchpad:LaunchPad.recover_offline",
        1961,
        "20a16a91a0669c9e",
        "Takes a state over whose results are lost, and calls a job running that waits in the queue.",
    ),
    Patch(
        "core.launchpad:LaunchPad.complete_launch",
        1570,
        "d138b21d8a56e45a",
        "Notes a run as failed whose database was away for a moment.",
    ),
    Patch(
        "core.launchpad:LaunchPad.set_reservation_id",
        1464,
        "69041aea51505750",
        "Does not say whose job it is; a queue hides the jobs of other users, who would then find them lost.",
    ),
    Patch(
        "core.launchpad:LaunchPad._refresh_wf",
        1819,
        "1913c4ec39130512",
        "Notes a Firework as failed when the database goes away while states are written.",
    ),
    Patch(
        "core.launchpad:LaunchPad._update_wf",
        1849,
        "240eb560e40f9fab",
        "A kill between its writes leaves Fireworks ready whose workflow does not know them; it overwrites the lock.",
    ),
    Patch(
        "core.launchpad:LaunchPad.rerun_fw",
        1711,
        "745ed62f11332677",
        "Sets paused followers to WAITING, so that a hull would not wait for its reference phases.",
    ),
    Patch(
        "core.launchpad:LaunchPad.add_wf",
        377,
        "596ec779b4e86990",
        "Makes the roots READY before their workflow is written: a kill in between leaves work that belongs to none.",
    ),
)

#: Names in FireWorks' modules that :func:`exchange` replaces.
EXCHANGED = (
    Patch(
        "utilities.fw_serializers:load_object",
        320,
        "8a5c960eed7c71ad",
        "Imports and runs any class that a document names; only IonSieve's Firetasks may come to life.",
    ),
    Patch(
        "utilities.fw_serializers:DECODE_MONTY",
        117,
        "a68459183d9e5d09",
        "A second way to have any class imported.",
        "utilities.fw_serializers:_recursive_load",
    ),
    Patch(
        "core.launchpad:WFLock",
        89,
        "929ae2df66b98132",
        "Does not say who holds it, so that the lock of a killed process is never given back.",
    ),
    Patch(
        "core.rocket:PING_TIME_SECS",
        55,
        "67b92249a21b7237",
        "Pings once an hour: a lost run looked like a living one for as long.",
        "core.rocket:ping_launch",
    ),
    Patch(
        "core.rocket:PRINT_FW_JSON",
        120,
        "509c2d5738d21897",
        "Writes each Firework's document into the folder of its launch, which nobody reads.",
        "core.rocket:Rocket.run",
    ),
    Patch(
        "core.rocket:zopen",
        120,
        "509c2d5738d21897",
        "Offline mode calls monty's `zopen` without the mode that monty demands by now.",
        "core.rocket:Rocket.run",
    ),
    Patch(
        "queue.queue_launcher:setup_offline_job",
        345,
        "62688108a197f032",
        "The files of an offline job hold its spec alone; a stage needs the campaign and earlier results as well.",
    ),
    Patch(
        "scripts.rlaunch_run:LaunchPad",
        48,
        "dc9737173499435b",
        "FireWorks' commands make a LaunchPad of their own class.",
        "scripts.rlaunch_run:rlaunch",
    ),
    Patch(
        "scripts.rlaunch_run:launch_multiprocess",
        48,
        "dc9737173499435b",
        "Hands tasks a plain LaunchPad, whose locks nobody gives back: `multi` locked every workflow.",
        "scripts.rlaunch_run:rlaunch",
    ),
    Patch(
        "queue.queue_launcher:launch_rocket_to_queue",
        177,
        "b388eb076c054699",
        "One job that the queue refuses ends `qlaunch rapidfire`.",
        "queue.queue_launcher:rapidfire",
    ),
    Patch("scripts.qlaunch_run:LaunchPad", 40, "5cae0d732ffb8816", "The same.", "scripts.qlaunch_run:do_launch"),
    Patch("scripts.lpad_run:LaunchPad", 113, "1e98ee2b74b83eb4", "The same.", "scripts.lpad_run:get_lp"),
)

#: Private functions of FireWorks that the overriding methods call.
RELIED_ON = (
    Patch("core.launchpad:LaunchPad._upsert_fws", 1672, "d5a6355dd747baa4", "Numbers and writes Fireworks."),
    Patch(
        "core.firework:Workflow._reassign_ids",
        1196,
        "7b19430bb8812850",
        "Gives a workflow the numbers that were assigned.",
    ),
)


def find(name: str) -> Any:
    """Return what a name like `core.launchpad:LaunchPad._refresh_wf` stands for in FireWorks."""
    module, _, path = name.partition(":")
    return functools.reduce(getattr, path.split("."), importlib.import_module(f"fireworks.{module}"))


def exchange(name: str, value: Any) -> None:
    """Replace one of the names in :data:`EXCHANGED`, in this process.

    Raises
    ------
    KeyError
        When the name is not on the list.
    """
    if name not in {patch.name for patch in EXCHANGED}:
        raise KeyError(name)
    module, _, attribute = name.partition(":")
    setattr(importlib.import_module(f"fireworks.{module}"), attribute, value)


def install() -> None:
    """Change what every process of IonSieve needs changed; calling it again changes nothing."""
    load_object = find("utilities.fw_serializers:load_object")
    if getattr(load_object, "guarded", False):
        return
    exchange("utilities.fw_serializers:load_object", guarded(load_object))
    exchange("utilities.fw_serializers:DECODE_MONTY", False)
    exchange("core.launchpad:WFLock", OwnedLock)
    exchange("core.rocket:PING_TIME_SECS", PING_EVERY_S)
    exchange("core.rocket:PRINT_FW_JSON", False)
    exchange("core.rocket:zopen", with_default_mode(find("core.rocket:zopen")))


def with_default_mode(zopen: Callable[..., Any]) -> Callable[..., Any]:
    """Give monty's `zopen` the mode `rt` that FireWorks' offline mode leaves out."""

    @functools.wraps(zopen)
    def zopen_with_mode(filename: Any, mode: str = "rt", **options: Any) -> Any:
        if "b" not in mode:
            options.setdefault("encoding", "utf-8")
        return zopen(filename, mode, **options)

    return zopen_with_mode
