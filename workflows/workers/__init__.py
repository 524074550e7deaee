"""Processes that do the work of a campaign."""
