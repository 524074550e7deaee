"""Disorder groups against writing out which group is where."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.io.read import from_file
from ewald.io.structure import read_structure
from ewald.io.write_space import space_text

HEAD = """data_x
_cell_length_a 10
_cell_length_b 10
_cell_length_c 11
_cell_angle_alpha 90
_cell_angle_beta 95
_cell_angle_gamma 90
_symmetry_space_group_name_H-M '{group}'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
_atom_site_disorder_assembly
_atom_site_disorder_group
"""
SODIUM = "Na1 Na 0 0 0 1 . .\nNa2 Na .5 .5 .5 1 . .\nNa3 Na .2 .7 .8 1 . .\n"
# Two orientations of a group of two atoms, far from one another and from their copies.
FIRST = "Cl{k} Cl .1 .2 .1 {x} {a} {g}\nBr{k} Br .3 .2 .4 {x} {a} {g}\n"
SECOND = "Cl{k} Cl .4 .45 .1 {x} {a} {g}\nBr{k} Br .1 .45 .35 {x} {a} {g}\n"


@pytest.fixture
def crystal(tmp_path):
    def written(*rows, group="P -1"):
        path = tmp_path / "disorder.cif"
        path.write_text(HEAD.format(group=group) + "".join(rows))
        return path

    return written


def full(crystal, assembly="A"):
    first = FIRST.format(k=1, x=0.5, a=assembly, g=1)
    return crystal(SODIUM, first, SECOND.format(k=2, x=0.5, a=assembly, g=2))


@pytest.mark.parametrize("cells", [1, 2])
def test_a_full_assembly_holds_exactly_one_of_its_groups_whole(crystal, cells):
    """Half of the 2 assemblies of each cell hold one group, half the other: nothing else is left to choose."""
    space = from_file(full(crystal), supercell=f"1 1 {cells}")
    assert "atoms of different disorder groups (A1, A2) exclude one another" in space.notes
    assert space.configurations == math.comb(2 * cells, cells)
    assert sum("one by one" in note for note in space.notes) == 0


def test_without_an_assembly_only_atoms_that_touch_exclude_one_another(crystal):
    assert not full(crystal, ".").exists() or not read_structure(full(crystal, ".")).properties.get("alternatives")
    near = "Cl1 Cl .1 .2 .1 .5 . 1\nCl2 Cl .1 .35 .1 .5 . 2\nCl3 Cl .4 .2 .4 .5 . 1\nCl4 Cl .4 .35 .4 .5 . 2\n"
    pairs = read_structure(crystal(SODIUM, near)).properties["alternatives"]
    labels = read_structure(crystal(SODIUM, near)).labels
    assert {frozenset((labels[i], labels[j])) for i, j, _ in pairs} == {
        frozenset({"Cl1", "Cl2"}),
        frozenset({"Cl3", "Cl4"}),
    }


def test_what_cannot_be_told_by_exclusions_is_said(crystal):
    half = crystal(SODIUM, FIRST.format(k=1, x=0.25, a="A", g=1), SECOND.format(k=2, x=0.5, a="A", g=2))
    assert any("placed one by one" in note for note in read_structure(half).properties["notes"])
    crowded = crystal(SODIUM, FIRST.format(k=1, x=0.75, a="A", g=1), SECOND.format(k=2, x=0.5, a="A", g=2))
    structure = read_structure(crowded)
    assert "alternatives" not in structure.properties
    assert any("add up to more than 1" in note for note in structure.properties["notes"])
    special = crystal(SODIUM, FIRST.format(k=1, x=0.5, a="A", g=-1))
    assert any("symmetry copies of a disorder group" in note for note in read_structure(special).properties["notes"])
    alone = crystal(SODIUM, FIRST.format(k=1, x=0.5, a="A", g=1))
    assert any("without an alternative" in note for note in read_structure(alone).properties["notes"])


def test_a_space_file_says_it_all(crystal, tmp_path):
    space = from_file(full(crystal), supercell="1 1 2")
    (tmp_path / "space.yaml").write_text(space_text(space))
    again = from_file(tmp_path / "space.yaml")
    assert len(again.apart) == len(space.apart)
    assert again.configurations == space.configurations
    assert again.distinct_configurations() == space.distinct_configurations()


@st.composite
def assemblies(draw):
    """The rows of a crystal whose only disorder is one full assembly, and how often each group is there."""
    group, copies = draw(st.sampled_from([("P 1", 1), ("P -1", 2), ("P 2", 2)]))
    cells = draw(st.integers(1, 2)) * (2 if copies == 1 else 1)
    number = copies * cells
    taken = draw(st.lists(st.integers(1, number), min_size=2, max_size=3).filter(lambda n: sum(n) == number))
    # Two atoms of a group are two ions; atoms of two groups may be as near as they like.
    atoms = draw(st.integers(1, 2))
    coordinate = st.sampled_from([5, 15, 25, 35, 45])
    places = draw(st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=6, max_size=6, unique=True))
    rows = [f"Na{m} Na .2 .7 .{7 + m} 1 . .\n" for m in range(atoms)]
    for k, n in enumerate(taken):
        for x, y, z in places[atoms * k : atoms * (k + 1)]:
            rows.append(f"Cl{k}_{x} Cl {x / 100} {y / 100} {z / 100} {n / number} A {k + 1}\n")
    return HEAD.format(group=group) + "".join(rows), cells, taken


@settings(max_examples=60, deadline=None)
@given(assemblies())
def test_counts_are_those_of_giving_every_assembly_one_of_its_groups(tmp_path_factory, case):
    text, cells, taken = case
    path = tmp_path_factory.mktemp("random") / "random.cif"
    path.write_text(text)
    space = from_file(path, supercell=f"1 1 {cells}", mobile="none")
    ways = math.factorial(sum(taken)) // math.prod(map(math.factorial, taken))
    assert space.configurations == ways
    pairs = {frozenset(pair) for pair in space.forbidden.tolist()}
    for permutation in space.group.permutations:
        assert {frozenset((permutation[i], permutation[j])) for i, j in pairs} == pairs
