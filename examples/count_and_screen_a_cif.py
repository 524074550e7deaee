"""How many arrangements does a doped crystal have, and which lie lowest? From a CIF with partial occupancies."""

import warnings
from pathlib import Path

import ewald
from screening.shipped import shipped_structure

warnings.filterwarnings("ignore", module="pymatgen")  # two ions that share a site share its label in the CIF

# Half of the P is W6+; one Na of every six leaves, so that the cell stays neutral.
crystal = shipped_structure("mothers", "Na3PS4_tet_exp")
crystal.replace_species({"P5+": {"P5+": 0.5, "W6+": 0.5}, "Na+": {"Na+": 5 / 6}})
crystal.to(filename="doped.cif", fmt="cif")

# Na occupies two kinds of sites; `couple` lets them share their vacancies.
space = ewald.ConfigurationSpace.from_file("doped.cif", supercell="1 1 2", couple=["Na"])
print(f"{space.configurations} arrangements, {space.distinct_configurations()} of them distinct by symmetry")

result = ewald.screen(space, keep=3, method="exact", out="lowest", workers=1)
print("certified" if result.certified else f"not proven; gap {result.gap_eV} eV")
for found in result.lowest:
    print(f"{found.energy_eV:.4f} eV, {found.multiplicity} symmetry copies, {found.file}")
print("written:", sorted(path.name for path in Path("lowest").glob("*.cif")))
