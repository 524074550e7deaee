"""Survivors for other workflow programs: structures with their labels, and a jobflow Flow."""
