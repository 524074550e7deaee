"""Commands about what is known already, and what to compute next."""
