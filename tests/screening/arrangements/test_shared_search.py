import json

import numpy as np
import pytest
from pymatgen.analysis.ewald import EwaldSummation

import ewald
from ewald.pairs import PairModel
from screening.arrangements.shared_search import SEARCHES_FOLDER, read_shared, write_shared
from screening.arrangements.stage import screen_composition
from screening.campaign.stages import EwaldStage
from screening.plan.configuration_space import build_space, search_key
from screening.plan.plan import build_plan

STAGE = EwaldStage(keep=4, time_limit_s=30)


@pytest.fixture(scope="module")
def compositions(campaign, tmp_path_factory):
    """Half-doped, so that the order of the ions in their sublattice depends on their names: Mo before Sb before W."""
    made = campaign(
        "Na3SbS4_tet_derived",
        [{"site": "Sb", "dopants": ["W6+", "Mo6+", "Sn4+", "P5+", "As5+"], "levels": ["1/2"]}],
        supercell={"target_ions": 32, "max_ions": 40},
        mother_name="Na3SbS4",
        include_undoped=False,
    )
    plan = build_plan(made, tmp_path_factory.mktemp("plan"))
    return {composition.id.split("-")[1].rstrip("0.5"): composition for composition in plan.compositions}


def test_only_ions_of_the_same_charge_share_a_search(compositions):
    assert {name: composition.searched_with for name, composition in compositions.items()} == {
        "W": None,
        "Mo": compositions["W"].id,
        "Sn": None,
        "P": None,
        "As": compositions["P"].id,
    }


def test_other_settings_and_other_distances_are_another_search(compositions):
    space = build_space(compositions["W"])
    keys = {
        search_key(space, STAGE),
        search_key(space, STAGE.model_copy(update={"keep": 5})),
        search_key(build_space(compositions["W"], min_distance_A=1.0), STAGE),
        search_key(build_space(compositions["Sn"]), STAGE),
    }
    assert len(keys) == 4


def test_ions_of_one_charge_share_no_search_where_pair_terms_may_tell_them_apart(compositions):
    assert search_key(build_space(compositions["W"]), STAGE) == search_key(build_space(compositions["Mo"]), STAGE)
    pairs = PairModel.parse({"permittivity": 2})
    keys = {search_key(build_space(compositions[name], pairs=pairs), STAGE) for name in ("W", "Mo")}
    assert len(keys) == 2


def test_one_ion_on_two_sublattices_is_not_two_ions(compositions):
    """Sites that hold the same ion may be symmetry copies; sites of different ions of one charge are not."""
    lattice, coords = 5 * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0.5]]

    def key(first, second):
        fixed = [
            ewald.Sublattice(name, (site,), (ion,), (1.0,), (1,))
            for site, (name, ion) in enumerate({"A": first, "B": second}.items())
        ]
        anions = ewald.Sublattice("X", (2, 3), ("Cl-", "Br-"), (-1.0, -1.0), (1, 1))
        return search_key(ewald.ConfigurationSpace(lattice, coords, (*fixed, anions)), STAGE)

    assert key("Na+", "Na+") == key("K+", "K+") != key("Na+", "K+") == key("K+", "Na+")


def test_a_shared_search_gives_what_a_search_of_its_own_gives(compositions, tmp_path, monkeypatch):
    alone = screen_composition(compositions["Mo"], STAGE, tmp_path / "alone" / "Mo")
    first = screen_composition(compositions["W"], STAGE, tmp_path / "shared" / "W")
    monkeypatch.setattr(ewald, "screen", lambda *_, **__: pytest.fail("searched again"))
    shared = screen_composition(compositions["Mo"], STAGE, tmp_path / "shared" / "Mo")
    assert shared[0].energies_eV == first[0].energies_eV == pytest.approx(alone[0].energies_eV, rel=1e-12)
    assert [c.multiplicity for c in shared[1]] == [c.multiplicity for c in alone[1]]
    for candidate, of_first in zip(shared[1], first[1], strict=True):
        assert candidate.structure.composition == alone[1][0].structure.composition
        renamed = of_first.structure.copy()
        renamed.replace_species({"W6+": "Mo6+"})
        assert candidate.structure.matches(renamed)
        energy_eV = EwaldSummation(candidate.structure, acc_factor=15).total_energy
        assert candidate.ewald_energy_eV == pytest.approx(energy_eV, rel=1e-6)


def test_the_histogram_is_shared_too(compositions, tmp_path):
    stage = STAGE.model_copy(update={"method": "exhaustive"})
    first = screen_composition(compositions["W"], stage, tmp_path / "W")[0]
    second = screen_composition(compositions["Mo"], stage, tmp_path / "Mo")[0]
    assert sum(first.histogram_counts) == int(first.configurations)
    assert second.histogram_counts == first.histogram_counts
    assert second.histogram_edges_eV == first.histogram_edges_eV


@pytest.mark.parametrize("damage", ["", "[]", "flip"])
def test_a_damaged_file_is_not_believed(compositions, tmp_path, damage):
    screen_composition(compositions["W"], STAGE, tmp_path / "W")
    space = build_space(compositions["Mo"], min_distance_A=STAGE.min_distance_A)
    (path,) = (tmp_path / SEARCHES_FOLDER).iterdir()
    whole = path.read_text()
    assert read_shared(tmp_path, space, STAGE) is not None
    document = json.loads(whole)
    document["lowest"][0]["energy_eV"] -= 1.0
    path.write_text(json.dumps(document) if damage == "flip" else damage)
    assert read_shared(tmp_path, space, STAGE) is None


def test_what_is_written_is_read_back_for_the_same_ions(compositions, tmp_path):
    space = build_space(compositions["Sn"], min_distance_A=STAGE.min_distance_A)
    result = ewald.screen(space, keep=4)
    write_shared(tmp_path, space, STAGE, result)
    again = read_shared(tmp_path, space, STAGE)
    assert [a.energy_eV for a in again.lowest] == [a.energy_eV for a in result.lowest]
    assert [a.occupation.tolist() for a in again.lowest] == [a.occupation.tolist() for a in result.lowest]
    assert (again.certified, again.bound_eV, again.evaluated) == (result.certified, result.bound_eV, result.evaluated)
