"""Positions of the ions over time, read from segments or from files of other programs."""
