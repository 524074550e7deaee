"""Lower bounds of the exact search."""
