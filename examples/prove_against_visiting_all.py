"""Two ways to the lowest arrangements: branch and bound with a proof, and every arrangement visited."""

import ewald
from screening.shipped import shipped_structure

crystal = shipped_structure("mothers", "Na3SbS4_tet_derived")
crystal.replace_species({"Sb5+": {"Sb5+": 0.75, "W6+": 0.25}, "Na+": {"Na+": 11 / 12}})
space = ewald.ConfigurationSpace.from_structure(crystal, supercell="2 2 1", couple=["Na"])

proven = ewald.screen(space, keep=5, method="exact", workers=1)
visited = ewald.screen(space, keep=5, method="exhaustive", workers=1)

print(f"{space.configurations} arrangements on {len(space)} sites")
print(f"exact      looked at {proven.evaluated} nodes, certified: {proven.certified}")
print(f"exhaustive looked at {visited.evaluated} arrangements, one of each set of symmetry copies where it can")
for one, other in zip(proven.lowest, visited.lowest, strict=True):
    print(f"{one.energy_eV:.6f} eV x {one.multiplicity}   {other.energy_eV:.6f} eV x {other.multiplicity}")
    if abs(one.energy_eV - other.energy_eV) > 1e-6 or one.multiplicity != other.multiplicity:
        raise SystemExit("the two disagree")
print("the same list both ways")
