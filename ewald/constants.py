"""Physical constants and conversions of units, each in one place, named with its unit.

Values are the CODATA 2022 recommended values (P. J. Mohr et al., Rev. Mod. Phys. 97, 025002 (2025);
https://physics.nist.gov/cuu/Constants). The elementary charge, the Boltzmann and the Avogadro constant define the SI
and are exact; the others follow from them, the atomic mass constant, the vacuum permittivity, the Hartree energy and
the Bohr radius.
"""

ELEMENTARY_CHARGE_C = 1.602176634e-19
BOLTZMANN_J_K = 1.380649e-23
ATOMIC_MASS_KG = 1.66053906892e-27
AVOGADRO_PER_MOL = 6.02214076e23
BOLTZMANN_eV_K = BOLTZMANN_J_K / ELEMENTARY_CHARGE_C

COULOMB_eV_A = 14.399645468667815
"""e^2 / (4 pi eps0): the energy of two elementary charges at a distance of 1 A, times that distance."""

HARTREE_eV = 27.211386245981
BOHR_A = 0.529177210544
HARTREE_BOHR_eV_A = HARTREE_eV / BOHR_A
"""The atomic unit of force."""

MD_TIME_fs = 10.180505717871194
"""sqrt(amu A^2 / eV): the unit of time where energies are in eV, lengths in A and masses in amu."""

GPa_PER_eV_A3 = 160.2176634
