"""Visits every configuration of a space; see :func:`ewald.search.exhaustive.search.search`."""
