"""The command line `ionsieve`, one file per group of commands."""
