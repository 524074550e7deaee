import pytest
from monty.serialization import dumpfn
from pymatgen.core import Lattice, Structure
from pymatgen.entries.computed_entries import ComputedEntry

from ewald.errors import UserError
from screening.shipped import shipped_structure
from workflows.campaign.campaign_file import open_campaign, plan_of
from workflows.references.gaps import reference_gaps, require_bound_cations


def halide(tmp_path, campaign, **hull):
    """A campaign of one mother, Li3YCl6, doped with zirconium."""
    li3ycl6 = {"structure": "Li3YCl6.cif", "mobile": "Li", "charges": {"Li": 1, "Y": 3, "Cl": -1}}
    shipped_structure("references", "Li3YCl6").to(str(tmp_path / "Li3YCl6.cif"), fmt="cif")
    doping = [{"site": "Y", "dopants": ["Zr4+"], "levels": ["1/3"], "compensation": ["vacancy"]}]
    supercell = {"target_ions": 30, "max_ions": 30}
    path = campaign(mothers=[li3ycl6], doping=doping, supercell=supercell, hull=hull, include_undoped=True)
    file = open_campaign(str(path))
    return file, plan_of(file).compositions


def gaps(file, plan):
    return reference_gaps(file.campaign, file.base_dir, plan)


def test_halides_have_their_competing_phases(tmp_path, campaign):
    file, plan = halide(tmp_path, campaign, electrode_window=True)
    found = gaps(file, plan)
    assert len(plan) == found.compositions == 2
    assert (dict(found.unbound), dict(found.compounds), dict(found.window_compounds)) == ({}, {}, {})
    assert list(found.lines()) == ["every known compound that competes at a composition has a reference"]
    require_bound_cations(file.campaign, file.base_dir, plan)


def test_missing_compounds_are_named_with_the_compositions_that_need_them(tmp_path, campaign):
    excluded = ["ZrCl4", "Y2Cl3", "Li2ZrCl6"]
    file, plan = halide(tmp_path, campaign, exclude_references=excluded, electrode_window=True)
    found = gaps(file, plan)
    (doped,) = (composition.id for composition in plan if "Zr4+" in composition.totals())
    (undoped,) = (composition.id for composition in plan if composition.id != doped)
    assert found.compounds == {"ZrCl4": (doped,)}
    assert found.window_compounds == {"Y2Cl3": (undoped,)}
    first, second = found.lines()
    assert first.startswith("1 of 2 compositions lack competing phases")
    assert "ZrCl4 (1)" in first
    assert second.startswith("the window of 1 more compositions is withheld: no reference of Y2Cl3 (1)")


def test_a_cation_without_any_compound_of_the_anion_is_refused(tmp_path, campaign):
    excluded = ["YCl3", "Y2Cl3", "Li3YCl6"]
    file, plan = halide(tmp_path, campaign, exclude_references=excluded)
    with pytest.raises(UserError, match=r"no reference combines Y with an anion of .*allow_missing_references: true"):
        require_bound_cations(file.campaign, file.base_dir, plan)
    allowed, plan = halide(tmp_path, campaign, exclude_references=excluded, allow_missing_references=True)
    require_bound_cations(allowed.campaign, allowed.base_dir, plan)
    assert set(gaps(allowed, plan).unbound) == {"Y"}
    assert any("their hull energies would be meaningless" in line for line in gaps(allowed, plan).lines())


def test_own_structures_fill_the_gap(tmp_path, campaign):
    excluded = ["YCl3", "Y2Cl3", "Li3YCl6"]
    rock_salt = Structure.from_spacegroup("Pm-3m", Lattice.cubic(4.0), ["Y", "Cl"], [[0, 0, 0], [0.5, 0, 0]])
    rock_salt.to(str(tmp_path / "mine.cif"), fmt="cif")
    file, plan = halide(tmp_path, campaign, exclude_references=excluded, reference_structures=["mine.cif"])
    require_bound_cations(file.campaign, file.base_dir, plan)
    assert gaps(file, plan).compounds == {}


def test_a_file_that_is_complete_by_its_own_word_lacks_nothing(tmp_path, campaign):
    entries = [ComputedEntry(name, -1.0) for name in ("Li", "Y", "Zr", "Cl", "LiCl")]
    for systems, missing in ([], {"YCl3", "ZrCl4"}), (["Cl-Li-Y-Zr"], set()):
        dumpfn({"energy_key": "x", "systems": systems, "entries": entries}, tmp_path / "entries.json")
        file, plan = halide(tmp_path, campaign, references="file", references_file="entries.json")
        assert set(gaps(file, plan).compounds) == missing
