"""What was made of a file's occupancies."""

import pytest

from ewald.space.approximant import Approximant, CountChange, composition_change

CUBE = ((2, 0, 0), (0, 1, 0), (0, 0, 1))


def crystal(lithium=3, dopant=1):
    return Approximant(
        CUBE,
        (
            CountChange("Li", "Li+", 4, 3.2, lithium),
            CountChange("Li", "vacancy", 4, 0.8, 4 - lithium),
            CountChange("M", "Ti4+", 2, 1.4, 2 - dopant),
            CountChange("M", "Al3+", 2, 0.6, dopant),
        ),
        {"Li": 3.2, "Ti": 1.4, "Al": 0.6, "O": 5.0},
        {"Li": lithium, "Ti": 2 - dopant, "Al": dopant, "O": 5},
    )


def test_changes_are_measured_in_occupancies_and_atomic_fractions():
    one = crystal()
    assert one.formula == "Li3 Ti1 Al1 O5"
    assert one.ions == 10
    assert one.largest_occupancy_change == pytest.approx(0.2)
    fractions = [abs(3 / 10 - 3.2 / 10.2), abs(1 / 10 - 1.4 / 10.2), abs(1 / 10 - 0.6 / 10.2), abs(5 / 10 - 5 / 10.2)]
    assert one.composition_change == pytest.approx(sum(fractions))
    assert composition_change({"Na": 2, "Cl": 2}, {"Na": 1, "Cl": 1}) == 0
    assert not one.exact


def test_people_read_each_number_beside_the_files_and_what_vanished():
    lines = list(crystal(dopant=0).describe())
    assert lines[0].startswith(
        "nearest neutral crystal: Li3 Ti2 O5 (10 ions, supercell 2 1 1); composition changed by "
    )
    assert "  Li (4 sites): Li+ 3.200 -> 3, vacancy 0.800 -> 1" in lines
    assert lines[-1] == "WARNING: too few for one ion in this supercell, left out: Al3+ of M; allow more --ions"


def test_a_species_that_is_no_rounding_was_left_out_for_its_charge():
    many = CountChange("M", "Al3+", 12, 1.8, 0)
    (line,) = Approximant(CUBE, (many,), {"Al": 1.8, "O": 5.0}, {"Al": 0, "O": 5})._left_out()
    assert line.startswith("WARNING: left out: Al3+ of M: no other ion of the file can balance the charge")


def test_the_document_has_every_number():
    document = crystal().to_document()
    assert document["supercell"] == [[2, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert document["counts"][0] == {
        "sublattice": "Li", "species": "Li+", "sites": 4, "in_file": 3.2, "taken": 3, "occupancy_change": -0.05
    }  # fmt: skip
    assert document["elements"] == {"Li": 3, "Ti": 1, "Al": 1, "O": 5}


def test_numbers_of_the_file_need_no_words():
    same = Approximant(CUBE, (CountChange("Li", "Li+", 4, 3.0, 3),), {"Li": 3.0}, {"Li": 3})
    assert same.exact
    assert list(same.describe()) == []


@pytest.mark.parametrize(("lithium", "warned"), [(3, False), (1, True)])
def test_another_composition_is_a_warning(lithium, warned):
    one = Approximant(
        CUBE, (CountChange("Li", "Li+", 40, 3.2, lithium),), {"Li": 3.2, "O": 60}, {"Li": lithium, "O": 60}
    )
    assert any("another composition than the file's" in line for line in one.describe()) is warned
