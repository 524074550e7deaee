import csv
import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from ewald.errors import UserError
from screening.plan.plan import build_plan
from workflows.campaign.campaign_file import open_campaign
from workflows.cli import plan
from workflows.operations.meaning import meaning

QUICKSTART = Path(__file__).parents[3] / "configs" / "quickstart.yaml"


def run(*arguments):
    app = typer.Typer()
    plan.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_plan_as_json_holds_exact_counts():
    document = json.loads(run("plan", QUICKSTART, "--json").output)
    first = document["compositions"][1]
    assert {
        "mother",
        "formula",
        "supercell",
        "ions",
        "compensation",
        "configurations",
        "distinct_configurations",
    } <= set(first)
    assert (first["formula"], first["configurations"]) == ("Na2.75Sb0.75W0.25S4", 48)
    assert document["totals"]["configurations"] == sum(c["configurations"] for c in document["compositions"])


def test_the_plan_as_a_table_and_csv(tmp_path):
    result = run("plan", QUICKSTART, "--csv", tmp_path / "sub" / "plan.csv")
    assert result.exit_code == 0
    assert "Oxidation states of Na3SbS4: Na+, S2-, Sb5+ (from the file)" in result.output
    assert "3 compositions" in result.output
    rows = list(csv.DictReader((tmp_path / "sub" / "plan.csv").read_text().splitlines()))
    assert [row["id"] for row in rows] == ["Na3SbS4-undoped", "Na3SbS4-W0.25-vac", "Na3SbS4-W0.5-vac"]


def test_the_screen_writes_the_lowest_arrangements_and_goes_on_where_it_was(tmp_path):
    first = json.loads(run("screen", QUICKSTART, "--out", tmp_path, "--json").stdout)
    assert all(entry["certified"] for entry in first["compositions"])
    lowest = first["compositions"][1]["lowest"]
    assert [entry["energy_eV"] for entry in lowest] == sorted(entry["energy_eV"] for entry in lowest)
    assert (tmp_path / lowest[0]["file"]).exists()
    rows = list(csv.DictReader((tmp_path / "lowest.csv").read_text().splitlines()))
    assert len(rows) == sum(len(entry["lowest"]) for entry in first["compositions"])
    assert json.loads(run("screen", QUICKSTART, "--out", tmp_path, "--json").stdout) == first


REFINED = """data_global
_journal_name_full 'A journal'

data_300K
_chemical_formula_sum 'Li3 In Cl6'
_space_group_name_H-M_alt 'C 1 2/m 1'
_space_group_IT_number 12
_cell_length_a 6.414(1)
_cell_length_b 11.104(2)
_cell_length_c 6.377(1)
_cell_angle_alpha 90
_cell_angle_beta 109.83(2)
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0 0.167(3) 0.5 1
Li2 Li 0 0 0.5 0.83(4)
In1 In 0 0.333 0 0.118(6)
Li3 Li 0 0.333 0 0.22(3)
In2 In 0 0 0 0.780(5)
Cl1 Cl 0.25 0 0.25 1
Cl2 Cl 0.26 0.16 0.76 1
"""


def test_a_refined_file_of_several_blocks_may_be_the_mother(tmp_path):
    """Of the type of Li3InCl6: refined numbers of ions are not neutral."""
    blocks = REFINED + REFINED[REFINED.index("data_300K") :].replace("data_300K", "data_100K").replace(
        "0.83(4)", "0.90"
    )
    (tmp_path / "refined.cif").write_text(blocks)
    path = tmp_path / "halide.yaml"
    path.write_text(
        "name: halide\nmothers: [{structure: refined.cif, name: Li3InCl6, mobile: Li}]\n"
        "doping: [{site: In, dopants: [Zr4+], levels: [1/4], compensation: [vacancy]}]\n"
        "supercell: {target_ions: 80, max_ions: 240}\nengine: {preset: toy}\n"
    )
    changed = "refined Li6.54In2.032Cl12, taken as the nearest neutral"
    sentences = "\n".join(meaning(open_campaign(str(path))))
    assert changed in sentences
    assert "the file has 2 structures (300K, 100K); 300K is read" in sentences
    document = json.loads(run("plan", path, "--json").output)
    assert [one["compensation"] for one in document["compositions"]] == ["none", "Li vacancies"]
    assert all(one["configurations"] > 10**9 for one in document["compositions"])
    opened = open_campaign(str(path))
    doped = build_plan(opened.campaign, opened.base_dir, count_distinct=False).compositions[1]
    (shared,) = (group for group in doped.groups if "Zr4+" in group.species)
    only = dict(shared.only)
    # In is on two orbits, one of them shared with Li: Zr on both, and nowhere else.
    assert only["Zr4+"] == only["In3+"]
    assert len(only["Zr4+"]) == 6
    assert not set(shared.sites) <= set(only["Li+"])
    assert changed in document["mothers"][0]["charges_from"]
    path.write_text(path.read_text().replace("name: Li3InCl6,", "name: Li3InCl6, block: 100K,"))
    other = json.loads(run("plan", path, "--json").output)
    assert "refined Li6.68In2.032Cl12" in other["mothers"][0]["charges_from"]


def test_a_missing_campaign_is_a_users_mistake():
    result = run("plan", "nowhere.yaml")
    assert isinstance(result.exception, UserError)
    assert "nowhere.yaml" in str(result.exception)


def test_the_plan_lists_the_kinds_of_voids(tmp_path):
    path = tmp_path / "silicon.yaml"
    path.write_text(
        "name: silicon\nmothers: [{structure: Na3PS4_tet_exp, name: Na3PS4, mobile: Na}]\n"
        "doping: [{site: P, dopants: [Si4+, W6+], levels: [1/2]}]\n"
        "supercell: {target_ions: 32, max_ions: 40}\nengine: {preset: toy}\n"
    )
    document = json.loads(run("plan", path, "--json").output)
    assert [(kind["sites"], kind["anion"], round(kind["anion_distance_A"], 1)) for kind in document["voids"]] == [
        (8, "S", 2.1),
        (8, "S", 2.2),
    ]
    assert document["voids"] == sorted(document["voids"], key=lambda kind: kind["site_energy_eV"])
    table = run("plan", path).output
    assert "Void sites for interstitial ions" in table
    assert "S 2.15 A" in table
    path.write_text(path.read_text().replace("Si4+, W6+", "W6+"))
    assert json.loads(run("plan", path, "--json").output)["voids"] == []
