"""From crystal files and space files to a configuration space, and back to ordered CIF files."""
