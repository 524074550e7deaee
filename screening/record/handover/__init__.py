"""What passed, handed over to other workflow programs: structures with their labels, and a jobflow Flow."""
