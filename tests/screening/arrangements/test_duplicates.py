import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from screening.arrangements.candidate import Candidate
from screening.arrangements.duplicates import equal_arrangements, same_crystal, siblings
from screening.arrangements.stage import screen_composition
from screening.campaign import Campaign
from screening.plan.plan import build_plan
from screening.relaxation.relaxation import RelaxedStructure
from tests.overlapping_campaign import overlapping
from tests.screening.hull.phases import phase


@pytest.fixture(scope="module")
def compositions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overlap")
    return build_plan(Campaign.model_validate(overlapping(folder)), folder).compositions


def test_siblings_share_mother_and_formula_and_come_before(compositions):
    first, second = compositions
    assert first.formula == second.formula
    assert siblings(second, compositions) == [first]
    assert siblings(first, compositions) == []
    assert siblings(second.model_copy(update={"mother": "another"}), compositions) == []


def test_oxidation_states_do_not_make_a_crystal_another_one(compositions, tmp_path):
    stage = Campaign.model_validate(overlapping(tmp_path)).ewald
    _, (first, *_) = screen_composition(compositions[0], stage, tmp_path)
    bare = first.structure.copy()
    bare.remove_oxidation_states()
    other = first.model_copy(update={"id": "b", "composition_id": "other", "structure": bare})
    assert equal_arrangements([first, other]) == {"b": first.id}


def in_layers(stacking: list[int], *, axis: int, name: str, energy_eV: float) -> Candidate:
    """CsCl with two kinds of cations, in layers along one axis of a cell of 4 x 4 x 2 formula units."""
    cubic = Structure(Lattice.cubic(4), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    cubic.make_supercell([4, 4, 2])
    for number, site in enumerate(cubic):
        layer = round(site.frac_coords[axis] * 4) % len(stacking)
        if site.species_string == "Cs" and stacking[layer]:
            cubic.replace(number, "Rb")
    return Candidate(
        id=name,
        composition_id="halves",
        mother="CsCl",
        formula="CsRbCl2",
        rank=1,
        ewald_energy_eV=energy_eV,
        multiplicity="2",
        certified=True,
        structure=cubic,
        mobile="Cs",
    )


def test_arrangements_that_only_the_supercell_tells_apart_are_one_crystal():
    along_x = in_layers([0, 1], axis=0, name="x", energy_eV=-10.0)
    along_y = in_layers([0, 1], axis=1, name="y", energy_eV=-10.0 - 1e-9)
    pairs = in_layers([0, 0, 1, 1], axis=1, name="pairs", energy_eV=-10.0)
    assert equal_arrangements([along_x, along_y, pairs]) == {"y": "x"}
    assert equal_arrangements([along_x, along_y.model_copy(update={"ewald_energy_eV": -9.9})]) == {}


def relaxed_of(structure: Structure, energy_eV: float = -100.0) -> RelaxedStructure:
    return phase("NaCl", 0.0, "x").model_copy(update={"structure": structure, "energy_eV": energy_eV})


@pytest.fixture
def with_vacancies() -> Structure:
    """Rock salt of 64 sites, two of its sodium ions missing."""
    rocksalt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    rocksalt.make_supercell([2, 2, 2])
    rocksalt.remove_sites([0, 3])
    return rocksalt


def test_symmetry_and_a_little_noise_leave_a_crystal_the_same(with_vacancies: Structure):
    turned = Structure(
        with_vacancies.lattice,
        with_vacancies.species[::-1],
        (with_vacancies.frac_coords[::-1] @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]]) + [0.25, 0.5, 0.1]) % 1,
    )
    turned.perturb(0.05)
    turned.scale_lattice(turned.volume * 1.002)
    assert same_crystal(relaxed_of(with_vacancies), relaxed_of(turned, -100.01))


def test_one_ion_on_another_site_makes_another_crystal(with_vacancies: Structure):
    other = with_vacancies.copy()
    moved = next(i for i, site in enumerate(other) if site.specie.symbol == "Na")
    other.translate_sites([moved], [0.25, 0.25, 0.25])
    assert not same_crystal(relaxed_of(with_vacancies), relaxed_of(other))


@pytest.mark.parametrize(("energy_eV", "volume"), [(-99.9, 1.0), (-100.0, 1.02)])
def test_another_energy_or_volume_is_another_crystal(with_vacancies: Structure, energy_eV: float, volume: float):
    other = with_vacancies.copy()
    other.scale_lattice(other.volume * volume)
    assert not same_crystal(relaxed_of(with_vacancies), relaxed_of(other, energy_eV))
