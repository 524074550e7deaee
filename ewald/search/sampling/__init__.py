"""Tabu search from many starts, for spaces where no proof is in reach."""
