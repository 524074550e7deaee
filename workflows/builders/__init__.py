"""Builders of workflows: one per composition, one for the reference phases, parts added as decisions fall."""
