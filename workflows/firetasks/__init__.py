"""Firetasks: one thin file per stage. Read the spec, call the science or the engine, write the result."""
