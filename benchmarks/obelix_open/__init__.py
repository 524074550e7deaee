"""Opening published crystal files without options: what becomes of each."""
