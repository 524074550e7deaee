"""What a machine, not a campaign, allows: read from the environment of the process that does the work."""

import os
import pwd

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

#: Packages whose calculators a campaign may name. A worker widens the list through its environment, never a campaign.
_KNOWN_PACKAGES = (
    "workflows.engines",
    "ase.calculators",
    "sevenn",
    "chgnet",
    "mace",
    "matgl",
    "orb_models",
    "mattersim",
    "fairchem",
    "gpaw",
    "tblite",
    "xtb",
    "dftd4",
    "nep_adapters",
)


class MachineSettings(BaseSettings):
    """Variables of the environment, each named `IONSIEVE_` and the field."""

    model_config = SettingsConfigDict(env_prefix="IONSIEVE_")

    calculator_packages: str = Field(
        "", description="More packages whose calculators may be imported, separated by commas"
    )
    trusted_users: str = Field("", description="Users whose campaigns may be run beside one's own, by commas")

    @property
    def allowed_packages(self) -> tuple[str, ...]:
        """Every package a calculator may come from."""
        return _KNOWN_PACKAGES + tuple(_names(self.calculator_packages))

    def user_ids(self) -> frozenset[int]:
        """Return the numbers of the users: oneself, root and those named."""
        known = {user.pw_name: user.pw_uid for user in pwd.getpwall()}
        return frozenset({os.getuid(), 0} | {known[name] for name in _names(self.trusted_users) if name in known})


def _names(text: str) -> list[str]:
    """Return the names in a text that separates them by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]
