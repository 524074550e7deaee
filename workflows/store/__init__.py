"""What a campaign has found out, in MongoDB: campaigns, results and the ledger of decisions.

Every result has one key: campaign, revision, subject, stage, hash of its inputs. The first one written under a key
stays, so a stage may be run twice without harm; one with other inputs supersedes it and the old one is kept as
history. Bulk data stay in files; documents hold their paths, sizes and checksums.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflows.store.entry import CampaignEntry, Failure, OtherVersionError, StoredResult
    from workflows.store.results import CampaignResults, Results, required
    from workflows.store.store import SCHEMA_VERSION, Store

_HOME = {
    "CampaignEntry": "entry",
    "CampaignResults": "results",
    "Failure": "entry",
    "OtherVersionError": "entry",
    "Results": "results",
    "SCHEMA_VERSION": "store",
    "Store": "store",
    "StoredResult": "entry",
    "required": "results",
}

__all__ = [
    "SCHEMA_VERSION",
    "CampaignEntry",
    "CampaignResults",
    "Failure",
    "OtherVersionError",
    "Results",
    "Store",
    "StoredResult",
    "required",
]


def __getattr__(name: str) -> Any:
    """Import the module of a public name when the name is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'workflows.store' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"workflows.store.{_HOME[name]}"), name)
