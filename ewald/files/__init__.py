"""Files that are whole or absent, checked when read, and whose faults are told in one line."""
