"""Replays of campaigns whose results are known: how soon a strategy finds the best compositions."""
