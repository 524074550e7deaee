"""The ASE engine: any ASE calculator, among them the machine-learned potentials."""
