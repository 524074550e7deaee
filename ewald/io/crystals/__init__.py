"""Crystal files as they are published."""
