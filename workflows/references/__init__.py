"""Reference entries of the hull."""
