"""The command ``ewald``."""
