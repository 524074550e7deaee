"""FireWorks' launch pad, made safe against crashes."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflows.launchpad.connection import connect, connect_private, open_launchpad, prepare, private_server
    from workflows.launchpad.launchpad import CampaignLaunchPad

_HOME = {
    "CampaignLaunchPad": "launchpad",
    "connect": "connection",
    "connect_private": "connection",
    "open_launchpad": "connection",
    "prepare": "connection",
    "private_server": "connection",
}

__all__ = ["CampaignLaunchPad", "connect", "connect_private", "open_launchpad", "prepare", "private_server"]


def __getattr__(name: str) -> Any:
    """Import the module of a public name when the name is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'workflows.launchpad' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"workflows.launchpad.{_HOME[name]}"), name)
