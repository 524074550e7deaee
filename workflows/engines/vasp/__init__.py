"""The VASP engine: pymatgen input sets, errors fixed by custodian."""
