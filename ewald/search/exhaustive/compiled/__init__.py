"""Compiled kernels of the exhaustive search."""
