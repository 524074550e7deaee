"""The supercell nearest to a cube with about so many ions, over all integer matrices, not only diagonal ones."""

from screening.plan import describe_supercell, find_supercell
from screening.shipped import shipped_structure

crystal = shipped_structure("mothers", "Na3SbS4_tet_derived").get_primitive_structure()
lattice = crystal.lattice.matrix
print(f"primitive cell: {len(crystal)} ions, {crystal.lattice.volume:.0f} A3")

for target in (64, 128, 200):
    # Doping of 1/8 on one Sb a cell asks for a multiple of eight cells.
    found = find_supercell(lattice, len(crystal), target_ions=target, max_ions=256, multiple=8)
    print(
        f"about {target}: {found.cells * len(crystal)} ions, matrix {found.matrix}, "
        f"nearest image {found.minimum_image_A:.1f} A, cubicity {found.cubicity:.3f}"
    )

plain = describe_supercell(lattice, ((2, 0, 0), (0, 2, 0), (0, 0, 2)))
print(f"2 x 2 x 2: nearest image {plain.minimum_image_A:.1f} A, cubicity {plain.cubicity:.3f}")
