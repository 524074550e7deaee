"""Molecular dynamics in segments: schedule, runs, repair."""
