"""Crystal structure prediction on grids with proofs: Table 1 of V. V. Gusev et al., Nature 619, 68 (2023)."""
