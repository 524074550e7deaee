"""Engines: each turns a structure and settings into a relaxed structure or an MD segment with one code."""
