import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import UserError
from screening.shipped import shipped_structure
from workflows.campaign.campaign_file import open_campaign, plan_of
from workflows.references.reference_phases import own_structures, reference_names, reference_structure


@pytest.fixture
def opened(campaign, tmp_path):
    def make(*files, **hull):
        return open_campaign(str(campaign(hull={"reference_structures": list(files), **hull})))

    return make


def rock_salt(path, species=("Na", "Sb")):
    Structure.from_spacegroup("Fm-3m", Lattice.cubic(6.0), species, [[0, 0, 0], [0.5, 0.5, 0.5]]).to(
        str(path), fmt="cif"
    )
    return path.name


def test_own_structures_are_relaxed_beside_the_shipped_ones(opened, tmp_path):
    file = opened(rock_salt(tmp_path / "mine.cif"))
    names = reference_names(file.campaign, plan_of(file).compositions)
    assert {"mine", "Na2S", "el_Na"} <= set(names)
    assert list(names) == sorted(names)
    assert reference_structure(file.campaign, file.base_dir, "mine").composition.reduced_formula == "NaSb"
    assert reference_structure(file.campaign, file.base_dir, "Na2S") == shipped_structure("references", "Na2S")
    assert reference_structure(file.campaign, file.base_dir, "NaBiS2") == shipped_structure("mothers", "NaBiS2")


def test_with_a_file_of_entries_only_own_structures_are_relaxed(opened, tmp_path):
    file = opened(rock_salt(tmp_path / "mine.cif"), references="file", references_file="entries.json")
    assert reference_names(file.campaign, plan_of(file).compositions) == ("mine",)


def test_what_is_wrong_with_a_file_is_said(opened, tmp_path):
    def refused(match, *files):
        file = opened(*files)
        with pytest.raises(UserError, match=match):
            own_structures(file.campaign, file.base_dir)

    refused(r"none\.cif.*no such file", "none.cif")
    (tmp_path / "broken.cif").write_text("data_x")
    refused(r"broken\.cif.*no structure that can be read", "broken.cif")
    refused(r"Na2S\.cif.*another reference has the same name", rock_salt(tmp_path / "Na2S.cif"))
    twice = rock_salt(tmp_path / "mine.cif")
    refused("another reference has the same name", twice, twice)
    refused("partly occupied", rock_salt(tmp_path / "half.cif", ({"Na": 0.5}, "S")))
