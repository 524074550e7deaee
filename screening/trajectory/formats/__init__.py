"""What other programs write: one module for each family of files, and how a file is recognised."""
