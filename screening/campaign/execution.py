"""Where and with what a campaign runs: engine, database, workers."""

import re
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from screening.campaign.resources import STAGES_WITH_JOBS, QueueSystem, Resources
from screening.campaign.section import Section
from screening.hashed import hashed

#: Settings of engines that say where and how fast a code runs, and change no result. `arguments` holds one of them.
MACHINE_SETTINGS = frozenset(
    {
        "command", "gamma_command", "executable", "launcher", "ranks", "cores", "threads", "checkpoint_every_s",
        "check_every_s", "relax_walltime_s", "scf_walltime_s", "extra",
        "command_line_flags", "cost_ms_per_ion", "device", "cells_at_once",
    }
)  # fmt: skip


#: What an engine may ask of its queue job: names of FireWorks' queue templates. Anything else there, such as the lines
#: before the program, would be a way to run programs.
QUEUE_KEYS = frozenset(
    {
        "nodes", "ntasks", "ntasks_per_node", "cpus_per_task", "gpus", "gpus_per_node", "gpus_per_task", "gres",
        "constraint", "mem", "mem_per_cpu", "qos", "queue", "account", "walltime", "nnodes", "ppnode", "pmem",
    }
)  # fmt: skip
QUEUE_VALUE = re.compile(r"[\w.:=,@&+\-]*\Z")


class EngineChoice(Section):
    """A code that relaxes structures and runs MD, and what its jobs ask of a queue."""

    preset: str = Field(description="Name of a shipped preset (configs/engines) or path of a preset file")
    settings: dict[str, Any] = Field(default_factory=dict, description="Settings that override the preset's")
    seal: dict[str, str] = Field(
        default_factory=dict,
        description="Checksums of the engine's own files, filled in from them; one that is given is compared",
    )
    queue: dict[str, str | int] = Field(
        default_factory=dict,
        description="Of its jobs in a queue, over my_qadapter.yaml: ntasks, gpus, mem, walltime, queue and the like",
    )
    category: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Workers that take its jobs (`category` of a my_fworker.yaml); `dft` and `md` by stage if left out",
    )

    @property
    def is_file(self) -> bool:
        """Whether the preset is a file of the user's."""
        return self.preset.endswith((".yaml", ".yml"))

    @property
    def plain_name(self) -> str:
        """The preset's name, without a path."""
        return PurePosixPath(self.preset).stem

    def science(self) -> dict[str, Any]:
        """Return what can change a result: without cores, launchers, queues and the like.

        Examples
        --------
        >>> EngineChoice(preset="vasp", settings={"cores": 32, "md_encut_eV": 300}).science()["settings"]
        {'md_encut_eV': 300}
        """
        kept = hashed(self, exclude={"queue", "category"})
        return kept | {"settings": _without_machine(self.settings)}

    @field_validator("queue")
    @classmethod
    def _harmless(cls, value: dict[str, str | int]) -> dict[str, str | int]:
        for name, asked in value.items():
            if name not in QUEUE_KEYS:
                raise ValueError(f"{name} is not one of {', '.join(sorted(QUEUE_KEYS))}")
            if not QUEUE_VALUE.match(str(asked)):
                raise ValueError(f"{name} = {asked!r} may hold letters, digits and . : = , @ & + - only")
        return value


def _without_machine(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_machine(value) if isinstance(value, dict) else value
        for name, value in settings.items()
        if name not in MACHINE_SETTINGS
    }


class DatabaseChoice(Section):
    """Which MongoDB holds the workflows and results."""

    mode: Literal["private", "launchpad"] = Field(
        "private", description="A private server of this campaign's folder, or the one named in a my_launchpad.yaml"
    )
    launchpad_file: str | None = Field(
        None, description="my_launchpad.yaml of mode `launchpad`; FireWorks' own search when left out"
    )
    name: str = Field("ionsieve", description="Name of the database on a private server")


class Execution(Section):
    """How work is spread: local workers of `ionsieve run`, ranks of the Ewald screen, repetitions."""

    workers: int = Field(2, ge=1, description="Local worker processes")
    threads_per_worker: int = Field(1, ge=1, description="Threads that one worker may use")
    max_reruns: int = Field(2, ge=0, description="How often lost or failed work is repeated before it is given up")
    mpi_launcher: tuple[str, ...] = Field(
        (),
        description="Command that starts the ranks of one Ewald screen, its program by absolute path, such as "
        "[/opt/venv/bin/mpiexec, -n, '16']; left out, one process screens",
    )
    mpi_ranks: int = Field(1, ge=1, description="Ranks that mpi_launcher starts; another number found is an error")
    queue_system: QueueSystem = Field("slurm", description="Queue that `resources` are written for: slurm, pbs or sge")
    resources: dict[str, Resources] = Field(
        default_factory=dict,
        description="What jobs request from the queue, by name of an engine or a stage ("
        + ", ".join(STAGES_WITH_JOBS)
        + "); "
        "a stage's values come before those of its engine",
    )
    priorities: dict[str, int] = Field(
        default_factory=dict,
        description="Added to the priority of the work of a composition or a candidate, by its id",
    )

    @model_validator(mode="after")
    def _places_for_resources(self) -> Self:
        for name, asked in self.resources.items():
            try:
                asked.for_queue(self.queue_system)
            except ValueError as error:
                raise ValueError(f"resources.{name}: {error}") from None
        return self

    @model_validator(mode="after")
    def _launcher_named(self) -> Self:
        if self.mpi_ranks > 1 and not self.mpi_launcher:
            raise ValueError("mpi_ranks needs mpi_launcher")
        # Several packages bring an mpiexec, and the wrong one starts copies that do not know of each other.
        if self.mpi_launcher and not PurePosixPath(self.mpi_launcher[0]).is_absolute():
            raise ValueError(f"mpi_launcher: {self.mpi_launcher[0]} must be an absolute path")
        return self
