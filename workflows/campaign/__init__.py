"""The files of one campaign: its YAML, its folders, the checksum of its settings."""
