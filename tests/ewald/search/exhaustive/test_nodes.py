"""Cutting the tree of picks into work units."""

from ewald.search.exhaustive.search import search
from tests.ewald.search.exhaustive.small_spaces import rock_salt


def test_number_of_nodes_stays_bounded(monkeypatch):
    """Few nodes allowed: units grow, and still every configuration is visited once."""
    from ewald.search.exhaustive import nodes

    monkeypatch.setattr(nodes, "MOST_NODES", 20)
    space = rock_salt()
    found = search(space.form, space.group, keep=3, use_symmetry=False, progress=False, unit_configurations=10)
    assert found.evaluated == space.configurations
    assert sum(found.histogram.counts) == space.configurations
