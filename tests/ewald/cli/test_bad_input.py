"""Mistakes of users: one line that names file, field, value and fix, and exit code 2."""

from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from ewald.__main__ import main

CASES = "screening/data/structures/ewald_cases"

CELL = """
lattice: [[6, 0, 0], [0, 6, 0], [0, 0, 6]]
charges: {Na: 1, Cl: -1}
sublattices:
  - {name: Na, frac_coords: [[0, 0, 0], [0.5, 0, 0]], counts: {Na: 1, vacancy: 1}}
  - {name: Cl, frac_coords: [[0.5, 0.5, 0.5]], counts: {Cl: 1}}
"""

CIF = """data_cell
_cell_length_a 6
_cell_length_b 6
_cell_length_c 6
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_type_symbol
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""


def na3sbs4(folder, na, sb):
    """Write Na3SbS4 with given occupants of the Na and Sb sites."""
    path = folder / "doped.cif"
    coords = [[0, 0.5, 0.5], [0, 0, 0], [0.187] * 3]
    Structure.from_spacegroup("I-43m", Lattice.cubic(7.19), [na, sb, "S2-"], coords).to(str(path), fmt="cif")
    return str(path)


def yaml_file(folder, text):
    path = folder / "space.yaml"
    path.write_text(text)
    return str(path)


def cif_file(folder, *atoms):
    path = folder / "cell.cif"
    path.write_text(CIF + "\n".join(atoms) + "\n")
    return str(path)


def refusal(capsys, *arguments):
    """Run the command, which must refuse, and return its one line."""
    assert main(list(arguments)) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    return message.rstrip("\n")


def test_occupancies_that_give_no_whole_numbers_name_the_supercells(tmp_path, capsys):
    path = na3sbs4(tmp_path, {"Na+": 0.95}, {"Sb5+": 0.85, "W6+": 0.15})
    assert refusal(capsys, "count", path, "--strict") == (
        f"ewald: {path}: sublattice Na: its occupancies give 5.700 Na+, 0.300 vacancies on 6 sites, not whole numbers "
        '(tolerance 0.005 in occupancy) (fix: --supercell "1 2 5", "1 1 13", "1 1 17" would do)'
    )
    for cell in ("1 2 5", "1 1 13", "1 1 17"):
        assert main(["count", path, "--supercell", cell, "--json"]) == 0
        assert '"neutral": true' in capsys.readouterr().out


def test_rounded_occupancies_are_taken_and_said(tmp_path, capsys):
    path = na3sbs4(tmp_path, {"Na+": 0.917}, {"Sb5+": 0.75, "W6+": 0.25})
    assert main(["count", path, "--supercell", "1 1 2"]) == 0
    assert (
        "sublattice Na: occupancy Na+ 0.9170 taken as 11/12 = 0.9167, vacancy 0.0830 taken as 1/12 = 0.0833"
        in capsys.readouterr().out
    )


def test_a_charged_cell(tmp_path, capsys):
    path = na3sbs4(tmp_path, {"Na+": 1.0}, {"Sb5+": 0.75, "W6+": 0.25})
    assert refusal(capsys, "screen", path, "--supercell", "1 1 2", "--strict") == (
        f"ewald: {path}: total charge = '+1 e': the cell is not neutral: Na +12, Sb/W +21, S -32 "
        "(fix: change the charges or the counts so that they add up to zero)"
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (
            "Li10GeP2S12",
            "sublattice Li0: its occupancies give 5.144 Li+, 2.856 vacancies on 8 sites",
        ),
        (
            "Li7La3Zr2O12_cubic",
            "sublattice Li1: its occupancies give 22.560 Li+, 1.440 vacancies on 24 sites",
        ),
    ],
)
def test_files_whose_sublattices_must_share_their_ions(request, capsys, name, found):
    path = str(request.config.rootpath / CASES / f"{name}.cif")
    assert refusal(capsys, "count", path, "--strict") == (
        f"ewald: {path}: {found}, not whole numbers (tolerance 0.005 in occupancy) "
        "(fix: --couple Li, so that its sublattices share their ions)"
    )


def test_split_sites(tmp_path, capsys):
    path = yaml_file(tmp_path, CELL.replace("[0.5, 0, 0]", "[0.1, 0, 0]"))
    line = (
        f"ewald: {path}: sites: sites 0 (Na) and 1 (Na) are 0.600 A apart: two ions on one position "
        "(fix: for split sites --min-distance 0.7 keeps one of the two vacant)"
    )
    assert refusal(capsys, "screen", path) == line
    assert refusal(capsys, "count", path) == line
    assert main(["screen", path, "--min-distance", "0.7"]) == 0


def test_split_sites_of_llzo(request, capsys):
    path = str(request.config.rootpath / CASES / "Li7La3Zr2O12_cubic.cif")
    assert refusal(capsys, "count", path, "--couple", "Li", "--min-distance", "0") == (
        f"ewald: {path}: sites: sites 0 (Li) and 66 (Li) are 0.607 A apart: two ions on one position "
        "(fix: for split sites --min-distance 0.7 keeps one of the two vacant)"
    )
    assert main(["count", path, "--couple", "Li", "--min-distance", "0.7"]) == 0


def test_two_ions_on_one_spot(tmp_path, capsys):
    path = cif_file(tmp_path, "Na1+ Na1 0 0 0 1", "Cl1- Cl1 0 0 0.005 1")
    assert refusal(capsys, "screen", path, "--charges", "Na=1,Cl=-1") == (
        f"ewald: {path}: atom Na1: occupancies of the site add up to 2, more than one ion (Na+ 1, Cl- 1) "
        "(fix: correct the occupancies: rows Na1, Cl1 are one position by the symmetry of the file, and every position "
        "holds one ion at most)"
    )


def test_a_species_without_a_charge(tmp_path, capsys):
    path = yaml_file(tmp_path, CELL.replace(", Cl: -1}", "}"))
    assert refusal(capsys, "screen", path) == (
        f"ewald: {path}: charges = 'Cl': a species without a charge (fix: add Cl to charges)"
    )
    path = cif_file(tmp_path, "Na Na1 0 0 0 1", "Mg Mg1 0.5 0.5 0.5 1")
    assert refusal(capsys, "screen", path) == (
        f"ewald: {path}: charges = 'Na, Mg': the contents Na1 Mg1 contradict neutrality: the common charges that come "
        "nearest (Na+, Mg2+) leave +1.50 e per ion (fix: correct the occupancies, or give --charges "
        "Na=<charge>,Mg=<charge>)"
    )


def test_an_empty_sublattice(tmp_path, capsys):
    path = yaml_file(tmp_path, CELL.replace("[[0, 0, 0], [0.5, 0, 0]]", "[]"))
    assert refusal(capsys, "screen", path) == (
        f"ewald: {path}: sublattices.0: an empty sublattice: give it frac_coords"
    )


def test_a_cell_of_one_site(tmp_path, capsys):
    path = cif_file(tmp_path, "Na Na1 0 0 0 1")
    for command in ("count", "screen"):
        assert refusal(capsys, command, path, "--charges", "Na=1") == (
            f"ewald: {path}: sites: a cell of one site leaves nothing to arrange "
            "(fix: give a --supercell or more sites)"
        )


@pytest.mark.parametrize("value", ["nan", ".", "?", "inf"])
def test_coordinates_that_are_no_numbers(tmp_path, capsys, value):
    path = cif_file(tmp_path, "Na Na1 0 0 0 1", f"Cl Cl1 0.5 {value} 0.5 1")
    assert refusal(capsys, "count", path, "--charges", "Na=1,Cl=-1") == (
        f"ewald: {path}: _atom_site_fract_y, atom Cl1 = '{value}': not a finite number "
        "(fix: give the atom a coordinate, or remove it)"
    )
    path = yaml_file(tmp_path, CELL.replace("[0.5, 0, 0]", "[.nan, 0, 0]"))
    assert refusal(capsys, "count", path) == (
        f"ewald: {path}: lattice or frac_coords: not a finite number (fix: correct the coordinates)"
    )


def test_coordinates_with_their_uncertainty_are_numbers(tmp_path, capsys):
    path = cif_file(tmp_path, "Na Na1 0 0 0 1", "Cl Cl1 0.5(1) 0.4987(12) 0.5 1")
    assert main(["count", path, "--charges", "Na=1,Cl=-1"]) == 0


def test_a_directory_that_cannot_be_written(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a long path would be shortened in the message
    path = Path(yaml_file(tmp_path, CELL)).name
    assert refusal(capsys, "screen", path, "--out", "/proc/nowhere") == (
        "ewald: --out = '/proc/nowhere': cannot write there (No such file or directory) "
        "(fix: choose a directory you may write)"
    )
    assert refusal(capsys, "screen", path, "--out", path) == (
        f"ewald: --out = '{path}': cannot write there (File exists) (fix: choose a directory you may write)"
    )


def test_a_directory_and_a_missing_file_as_input(tmp_path, capsys):
    assert refusal(capsys, "count", str(tmp_path)) == (
        f"ewald: {tmp_path}: is a directory, not a file (fix: name a structure file or a YAML space file in it)"
    )
    missing = tmp_path / "nowhere.cif"
    assert refusal(capsys, "count", str(missing)) == f"ewald: {missing}: no such file (fix: check the path)"
