"""Lost work: found, given back, repeated."""
