"""The VASP engine: pymatgen input sets, errors mended by custodian."""
