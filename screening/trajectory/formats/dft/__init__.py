"""Molecular dynamics of density functional codes: VASP, Quantum ESPRESSO, CASTEP."""
