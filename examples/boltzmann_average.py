"""Thermal averages over every arrangement of a space: mean energy, entropy, heat capacity.

Point charges exaggerate differences of energy several times over, so read the trend, not the temperatures.
"""

import math

import numpy as np

import ewald
from ewald.constants import BOLTZMANN_eV_K
from screening.shipped import shipped_structure

crystal = shipped_structure("mothers", "Na3SbS4_tet_derived")
crystal.replace_species({"Sb5+": {"Sb5+": 0.75, "W6+": 0.25}, "Na+": {"Na+": 11 / 12}})
space = ewald.ConfigurationSpace.from_structure(crystal, supercell="2 2 1", couple=["Na"])
result = ewald.screen(space, keep=1, method="exhaustive", workers=1)

# The search gives averages at a few temperatures itself ...
for row in result.statistics["thermal"]:
    print(f"{row['temperature_K']:6.0f} K  mean {row['mean_energy_eV']:.4f} eV  entropy {row['entropy_kB']:.3f} kB")
print(f"   all equally likely: entropy {math.log(space.configurations):.3f} kB")

# ... and a histogram, from which one makes one's own.
counts = np.array(result.histogram.counts, dtype=float)
energies_eV = result.histogram.low_eV + (np.arange(len(counts)) + 0.5) * result.histogram.width_eV
weights = counts * np.exp(-(energies_eV - energies_eV[0]) / (BOLTZMANN_eV_K * 2000))
print(f"  2000 K  mean {weights @ energies_eV / weights.sum():.4f} eV, from the histogram")
