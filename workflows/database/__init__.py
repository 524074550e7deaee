"""The MongoDB behind a campaign: a private server, its connection file, backup and restore."""
