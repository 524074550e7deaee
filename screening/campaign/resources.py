"""What the jobs of a stage or an engine ask of a cluster's queue, in the same words for every queue."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from screening.campaign.section import Section

QueueSystem = Literal["slurm", "pbs", "sge"]
#: Stages whose jobs may ask for resources; what is not among them takes seconds.
STAGES_WITH_JOBS = ("reference", "ewald", "relax", "short_md", "long_md", "validation", "check_md")
_NAME = r"^[\w.:,=@&+-]+$"


class Resources(Section):
    """Resources that one job requests; those left out are taken from my_qadapter.yaml."""

    cores: int | None = Field(None, ge=1, description="Cores of a job, over all its nodes")
    threads: int = Field(1, ge=1, description="Cores of each of its processes")
    nodes: int | None = Field(None, ge=1, description="Nodes of a job; one when `cores` are given")
    gpus: int | None = Field(None, ge=0, description="GPUs of a job")
    memory_GB: float | None = Field(None, gt=0, description="Memory of a job on each node")
    walltime_h: float | None = Field(None, gt=0, le=10_000, description="Walltime of a job in hours")
    queue: str | None = Field(None, pattern=_NAME, description="Queue (PBS, SGE) or partition (SLURM)")
    account: str | None = Field(None, pattern=_NAME, description="Account that is charged")
    qos: str | None = Field(None, pattern=_NAME, description="Quality of service (SLURM)")
    constraint: str | None = Field(None, pattern=_NAME, description="Features of nodes (SLURM)")
    category: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]+$", description="Workers that take its jobs (`category` of a my_fworker.yaml)"
    )
    priority: int | None = Field(
        None, ge=0, le=1000, description="The most urgent are run first; by default 40 to 95, later stages higher"
    )
    at_most: int | None = Field(None, ge=1, description="Jobs that run or are reserved at the same time, at most")

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        processes = self.threads * (self.nodes or 1)
        if self.cores is not None and self.cores % processes:
            raise ValueError(
                f"{self.cores} cores cannot be shared by processes of {self.threads} threads on {self.nodes or 1} nodes"
            )
        return self

    def over(self, below: "Resources") -> "Resources":
        """Return these resources, and those of `below` where these say nothing.

        Parameters
        ----------
        below
            Resources of lower precedence, such as those of the engine for a stage.
        """
        given = {name: getattr(self, name) for name in self.model_fields_set if getattr(self, name) is not None}
        return below.model_copy(update=given)

    def for_queue(self, system: QueueSystem) -> dict[str, str | int]:
        """Return the keys of FireWorks' queue template that ask for this.

        Parameters
        ----------
        system
            `slurm`, `pbs` or `sge`.

        Raises
        ------
        ValueError
            When the template of this queue has no place for something.

        Examples
        --------
        >>> asked = Resources(cores=32, threads=4, memory_GB=64, walltime_h=36, queue="long")
        >>> asked.for_queue("slurm") == {
        ...     "nodes": 1, "ntasks": 8, "cpus_per_task": 4, "mem": "65536M", "walltime": "36:00:00", "queue": "long"}
        True
        >>> Resources(cores=8, gpus=2, walltime_h=0.5).for_queue("pbs")
        {'nnodes': 1, 'ppnode': '8:gpus=2', 'walltime': '00:30:00'}
        """
        asked: dict[str, Any] = {"slurm": self._slurm, "pbs": self._pbs, "sge": dict}[system]()
        if system != "sge" and self.walltime_h is not None:
            seconds = round(3600 * self.walltime_h)
            asked["walltime"] = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        asked |= {"queue": self.queue, "account": self.account}
        placed = {
            "slurm": set(Resources.model_fields),
            "pbs": {"cores", "threads", "nodes", "gpus", "memory_GB", "walltime_h", "queue", "account"},
            "sge": {"queue", "account"},
        }[system] | {"category", "priority", "at_most"}
        for name in self.model_fields_set - placed:
            raise ValueError(f"FireWorks' template of {system} has no place for {name}; write it in my_qadapter.yaml")
        return {name: value for name, value in asked.items() if value is not None}

    def _slurm(self) -> dict[str, Any]:
        return {
            "nodes": self.nodes or (1 if self.cores else None),
            "ntasks": self.cores // self.threads if self.cores else None,
            "cpus_per_task": self.threads if self.cores else None,
            "gpus": self.gpus,
            "mem": None if self.memory_GB is None else f"{round(1024 * self.memory_GB)}M",
            "qos": self.qos,
            "constraint": self.constraint,
        }

    def _pbs(self) -> dict[str, Any]:
        nodes = self.nodes or 1
        each = None if self.cores is None else self.cores // nodes
        if each is None and (self.gpus or self.memory_GB):
            raise ValueError("the template of pbs counts GPUs and memory by cores: give `cores`, too")
        gpus = f":gpus={-(-self.gpus // nodes)}" if self.gpus else ""
        return {
            "nnodes": nodes if each or self.nodes else None,
            "ppnode": f"{each}{gpus}" if gpus else each,
            "pmem": None if self.memory_GB is None or each is None else f"{round(1024 * self.memory_GB / each)}mb",
        }
