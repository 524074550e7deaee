"""What the commands do: submit, read results, report progress."""
