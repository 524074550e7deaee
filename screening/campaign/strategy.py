"""Which compositions of a campaign are computed, in which order, and when to stop."""

from pathlib import PurePosixPath
from typing import Literal, Self

from pydantic import Field, model_validator

from screening.campaign.section import Section

Method = Literal["all", "thompson", "ptr", "random", "physbo", "blox", "command", "nimo"]


class Strategy(Section):
    """Order in which a campaign computes its compositions, and when it stops; it does not change any result."""

    method: Method = Field(
        "all",
        description="Order of the compositions. all: that of the plan; ptr: probability of being a conductor, per core "
        "hour; thompson: the same, with values drawn from the posterior; random; physbo, blox: these methods of NIMO; "
        "command: a program of your own; nimo: only what `ionsieve nimo loop` or `import` asks for",
    )
    batch: int = Field(4, ge=1, description="Compositions started but not yet at the hull, at the same time")
    prior: bool | None = Field(
        None,
        description="Predict conductivities from compositions (extra prior), use them as a prior, and compare them "
        "with the results; null: if the method needs them and the extra is installed",
    )
    budget_core_hours: float | None = Field(None, gt=0, description="Core hours after which no new work is started")
    least_gain: float | None = Field(
        None, gt=0, description="Expected conductors per core hour below which work on a composition is paused"
    )
    command: tuple[str, ...] = Field(
        (),
        description="Program of method `command`, by absolute path, with its arguments; called with candidates.csv and "
        "proposals.csv (NIMO's formats), of which it writes the second",
    )

    @property
    def program(self) -> bool:
        """Whether another program proposes compositions."""
        return self.method in ("physbo", "blox", "command")

    @property
    def waits(self) -> bool:
        """Whether compositions are begun only when somebody proposes them."""
        return self.method == "nimo"

    @property
    def predicts(self) -> bool:
        """Whether conductivities are predicted before anything is computed."""
        return self.chooses if self.prior is None else self.prior

    @property
    def chooses(self) -> bool:
        """Whether compositions are submitted a few at a time."""
        return self.method != "all"

    @model_validator(mode="after")
    def _command_named(self) -> Self:
        if (self.method == "command") != bool(self.command):
            raise ValueError("`command` is the program of method `command`: give both or none")
        if self.command and not PurePosixPath(self.command[0]).is_absolute():
            raise ValueError(f"command: {self.command[0]} must be an absolute path")
        return self
