"""Commands about what to compute next: `predict`."""
