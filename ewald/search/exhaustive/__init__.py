"""Visits every configuration of a space; see :func:`ewald.search.exhaustive.search.search`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewald.search.exhaustive.search import search

__all__ = ["search"]


def __getattr__(name: str) -> Any:
    """Import the search when it is first used: it loads numba."""
    if name != "search":
        raise AttributeError(f"module 'ewald.search.exhaustive' has no attribute {name!r}")
    from importlib import import_module

    return import_module("ewald.search.exhaustive.search").search
