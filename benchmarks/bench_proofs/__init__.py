"""Proofs for realistic spaces, beside free integer-programming solvers and simulated annealing."""
