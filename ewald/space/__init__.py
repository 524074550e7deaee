"""Which ions may sit where: sites, energies, symmetry and counts."""
