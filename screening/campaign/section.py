"""The base of every section of a campaign file."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a campaign: immutable, with unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
