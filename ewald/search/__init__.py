"""The searches for the arrangements of lowest energy."""
