"""Replica exchange, for spaces where no proof is in reach."""
