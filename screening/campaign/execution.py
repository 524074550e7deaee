"""Where and with what a campaign runs: engine, database, workers."""

from typing import Any, Literal

from pydantic import Field

from screening.campaign.section import Section


class EngineChoice(Section):
    """The code that relaxes structures and runs MD."""

    preset: str = Field(description="Name of a shipped preset (configs/engines) or path of a preset file")
    settings: dict[str, Any] = Field(default_factory=dict, description="Settings that override the preset's")


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
    """Local workers of `ionsieve run`."""

    workers: int = Field(2, ge=1, description="Local worker processes")
    threads_per_worker: int = Field(1, ge=1, description="Threads that one worker may use")
    max_reruns: int = Field(2, ge=0, description="How often lost or failed work is repeated before it is given up")
