"""Exact search: branch and bound that proves which arrangements are lowest."""

from ewald.search.exact.search import search

__all__ = ["search"]
