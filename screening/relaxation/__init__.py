"""Relaxed structures and whether they are sound."""
