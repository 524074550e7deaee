"""The files of one campaign: its YAML, its folders, the settings it was submitted with."""
