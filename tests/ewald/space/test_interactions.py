import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.constants import COULOMB_eV_A
from ewald.errors import StructureError
from ewald.pairs import PairModel
from ewald.search import brute_force
from ewald.search.screen import screen
from ewald.space.matrix import ewald_matrix
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from ewald.space.symmetry import SymmetryGroup
from tests.ewald.pairs.direct_sum import short_range_eV

CUBE = np.argwhere(np.ones((2, 2, 2))) / 2
MODEL = {
    "cutoff_A": 6.5,
    "permittivity": 1.7,
    "charges": {"Na": 0.8, "Ag": 0.8, "Cl": -0.8},
    "terms": [
        {"between": ["Na", "Cl"], "born_mayer": {"A_eV": 900, "rho_A": 0.33}},
        {"between": ["Ag+", "Cl-"], "buckingham": {"A_eV": 1500, "rho_A": 0.30, "C_eV_A6": 8.0}},
        {"between": ["Ag", "Ag"], "morse": {"D_eV": 0.2, "a_per_A": 1.4, "r0_A": 2.9}},
        {"between": ["Na", "Ag"], "table": {"r_A": [1, 3, 5], "energy_eV": [3, 0.4, -0.1]}, "cutoff_A": 4.5},
        {"between": ["K", "Na"], "lennard_jones": {"epsilon_eV": 0.05, "sigma_A": 2.8}},
        {"between": ["Cl", "Cl"], "inverse_power": {"B_eV": 40, "n": 9}},
        {"between": ["K", "K"], "inverse_power": {"B_eV": 9, "n": 6}},
    ],
}


def salt(cations=(3, 2, 1, 2), cell=None, pairs=MODEL, min_distance_A=0.0, **more):
    """Eight cation sites with Na, Ag, K and vacancies on them, and as many anion sites."""
    ions = sum(cations[:3])
    sublattices = (
        Sublattice("M", range(8), ("Na+", "Ag+", "K+", "vacancy"), (1, 1, 1, 0), cations),
        Sublattice("X", range(8, 16), ("Cl-", "vacancy"), (-1, 0), (ions, 8 - ions)),
    )
    lattice = np.diag([5.7, 6.1, 5.4]) + 0.1 if cell is None else np.asarray(cell)
    model = None if pairs is None else PairModel.parse(pairs | {"charges": {}} if cations[2] else pairs)
    coords = np.concatenate([CUBE, CUBE + 0.25])
    return ConfigurationSpace(lattice, coords, sublattices, min_distance_A, pairs=model, **more)


def slow_energy_eV(space, occupation):
    names = space.species_of(occupation)
    model = space.pairs or PairModel()
    charges = [model.charge(n, q) for n, q in zip(names, space.charges_of(occupation), strict=True)]
    coulomb = 0.5 * np.dot(charges, ewald_matrix(space.lattice, space.frac_coords) @ charges) / model.permittivity
    return coulomb + short_range_eV(space, occupation)


def some_occupations(form, number=6):
    generator = np.random.default_rng(3)
    blocks = [np.repeat(np.arange(len(s.counts)), s.counts) for s in form.sublattices]
    return [np.concatenate([generator.permutation(b) for b in blocks]).astype(np.int8) for _ in range(number)]


@pytest.mark.parametrize("cations", [(3, 2, 1, 2), (4, 3, 0, 1), (0, 5, 0, 3), (2, 4, 2, 0)])
def test_energies_are_those_of_a_direct_sum(cations):
    space = salt(cations)
    for occupation in some_occupations(space.form, 3):
        slow = slow_energy_eV(space, space.full_occupation(occupation))
        assert space.form.energy(occupation) == pytest.approx(slow, abs=1e-9)


def test_images_within_the_cutoff_are_summed_however_small_the_cell():
    lattice = np.array([[3.1, 0, 0], [0.4, 3.3, 0], [0, 0.2, 5.0]])
    sublattices = (
        Sublattice("M", (0, 1), ("Na+", "Ag+"), (1, 1), (1, 1)),
        Sublattice("X", (2, 3), ("Cl-",), (-1,), (2,)),
    )
    coords = [[0, 0, 0], [0, 0.1, 0.5], [0.5, 0.5, 0.2], [0.5, 0.5, 0.7]]
    space = ConfigurationSpace(lattice, coords, sublattices, pairs=PairModel.parse(MODEL | {"cutoff_A": 12}))
    for occupation in ([0, 1], [1, 0]):
        slow = slow_energy_eV(space, space.full_occupation(occupation))
        assert space.form.energy(occupation) == pytest.approx(slow, abs=1e-9)


def test_effective_charges_and_permittivity_alone_keep_one_column_per_site():
    pairs = {"permittivity": 3.0, "charges": {"Na": 0.5, "Ag": 0.5, "Cl": -0.5}}
    space = salt((4, 3, 0, 1), pairs=pairs)
    assert space.form.one_column_per_site
    bare = salt((4, 3, 0, 1), pairs=None)
    for occupation in some_occupations(space.form, 3):
        assert space.form.energy(occupation) == pytest.approx(bare.form.energy(occupation) / 12, abs=1e-10)


def test_effective_charges_must_be_neutral():
    with pytest.raises(StructureError, match="effective charges"):
        _ = salt(pairs={"charges": {"Na": 0.5}}, cations=(4, 3, 0, 1)).form


def test_species_of_equal_charge_are_told_apart_only_where_a_term_does():
    alike = salt((4, 3, 0, 1), pairs={"terms": MODEL["terms"][5:6]})
    assert alike.form.one_column_per_site
    apart = salt((4, 3, 0, 1))
    assert not apart.form.one_column_per_site
    one, other = (np.array(o, dtype=np.int8) for o in ([0, 0, 0, 0, 1, 1, 1, 3], [1, 0, 0, 0, 0, 1, 1, 3]))
    anions = np.array([0] * 7 + [1], dtype=np.int8)
    energies = [[s.form.energy(np.concatenate([o, anions])) for o in (one, other)] for s in (alike, apart)]
    assert energies[0][0] == pytest.approx(energies[0][1], abs=1e-9)
    assert abs(energies[1][0] - energies[1][1]) > 1e-3


def test_site_energies_count_and_break_symmetry():
    cubic = np.eye(3) * 5.6
    energies = np.zeros(16)
    energies[0] = -0.3
    plain, biased = salt(cell=cubic), salt(cell=cubic, site_energies_eV={"Na": energies})
    assert plain.group.order > biased.group.order > 1
    for occupation in some_occupations(plain.form):
        shift = -0.3 if occupation[0] == 0 else 0.0
        assert biased.form.energy(occupation) == pytest.approx(plain.form.energy(occupation) + shift, abs=1e-9)
    assert plain.problem_hash != biased.problem_hash != salt(cell=cubic, pairs=None).problem_hash


@pytest.mark.parametrize("energies", [np.zeros(15), np.full(16, np.nan)])
def test_site_energies_are_one_finite_number_a_site(energies):
    with pytest.raises(StructureError, match="site_energies_eV of Na"):
        salt(site_energies_eV={"Na": energies})


def test_symmetry_copies_have_equal_energies():
    space = salt(cell=np.diag([5.6, 5.6, 6.0]))
    assert space.group.order > 8
    for occupation in some_occupations(space.form, 2):
        energies = [space.form.energy(occupation[row]) for row in space.group.permutations]
        assert np.ptp(energies) < 1e-9


def test_a_forbidden_pair_has_no_energy_however_near():
    coords = np.array([[0, 0, 0], [0.15, 0, 0], [0.5, 0.5, 0.5], [0.65, 0.5, 0.5], [0.5, 0, 0]])
    sublattices = (
        Sublattice("M", (0, 1, 2, 3), ("Na+", "Ag+", "vacancy"), (1, 1, 0), (1, 1, 2)),
        Sublattice("X", (4,), ("S2-",), (-2,), (1,)),
    )
    pairs = PairModel.parse({"terms": [{"between": ["Na", "Ag"], "table": {"r_A": [2, 9], "energy_eV": [1, 0]}}]})
    space = ConfigurationSpace(7 * np.eye(3), coords, sublattices, 1.2, pairs=pairs)
    found = brute_force.search(space.form, SymmetryGroup.trivial(4), 8)
    assert found.evaluated == 8
    assert found.lowest[0][0] == pytest.approx(
        slow_energy_eV(space, space.full_occupation(found.lowest[0][2])), abs=1e-9
    )
    with pytest.raises(StructureError, match="closer than the first point of the pair function"):
        _ = ConfigurationSpace(7 * np.eye(3), coords, sublattices, 0.1, pairs=pairs).form


@settings(max_examples=8, deadline=None)
@given(
    cations=st.sampled_from([(3, 2, 1, 2), (2, 2, 2, 2), (4, 3, 0, 1), (0, 3, 3, 2)]),
    seed=st.integers(0, 1000),
    near=st.sampled_from([0.0, 2.9]),
)
def test_all_searches_agree_with_brute_force(cations, seed, near):
    generator = np.random.default_rng(seed)
    lattice = np.diag([5.6, 5.6, 6.0 + generator.random()])
    full = salt(cations, lattice, min_distance_A=near)
    anions = Sublattice("X", range(8, 16), ("Cl-",), (-sum(cations[:3]) / 8,), (8,))
    pairs = full.pairs.model_copy(update={"charges": {}})
    space = ConfigurationSpace(lattice, full.frac_coords, (full.sublattices[0], anions), near, pairs=pairs)
    group = SymmetryGroup.trivial(8) if seed % 2 else space.group
    truth = brute_force.search(space.form, group, 4)
    if not truth.lowest:
        return
    from ewald.search.enumeration.search import search as enumerate_all
    from ewald.search.exact.search import search as exact
    from ewald.search.exhaustive.search import search as exhaustive
    from ewald.search.sampling.search import search as sample

    keep = len(truth.lowest)
    outcomes = [
        exact(space.form, group, keep=keep, workers=1),
        exhaustive(space.form, group, keep=keep, use_symmetry=group.order > 1),
    ]
    outcomes.append(enumerate_all(space.form, group, keep=keep))
    if group.order > 1:
        outcomes.append(sample(space.form, group, keep))
    for found in outcomes:
        assert [e for e, _, _ in found.lowest] == pytest.approx([e for e, _, _ in truth.lowest], abs=1e-9)
        assert [m for _, m, _ in found.lowest] == [m for _, m, _ in truth.lowest]
        if group.order > 1:
            assert [o.tobytes() for _, _, o in found.lowest] == [o.tobytes() for _, _, o in truth.lowest]
    visited = exhaustive(space.form, group, keep=keep, use_symmetry=False)
    assert visited.statistics["configurations_counted"] == truth.evaluated


def test_screen_proves_a_space_of_pairs():
    result = screen(salt((2, 4, 2, 0), cell=np.diag([5.6, 5.6, 6.0])), keep=3, method="exact")
    assert result.certified
    assert result.lowest[0].energy_eV <= result.lowest[1].energy_eV


def test_rock_salt_of_born_mayer_is_madelung_and_neighbours():
    a, A, rho = 5.64, 1256.3, 0.321
    coords = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    coords = np.concatenate([coords, np.add(coords, [0.5, 0, 0])])
    sublattices = (
        Sublattice("Na", range(4), ("Na+",), (1,), (4,)),
        Sublattice("Cl", range(4, 8), ("Cl-",), (-1,), (4,)),
    )
    term = {"between": ["Na", "Cl"], "born_mayer": {"A_eV": A, "rho_A": rho}, "cutoff_A": 0.6 * a}
    space = ConfigurationSpace(a * np.eye(3), coords, sublattices, pairs=PairModel.parse({"terms": [term]}))
    madelung = -1.7475645946 * COULOMB_eV_A / (a / 2)
    assert space.form.energy([]) / 4 == pytest.approx(madelung + 6 * A * np.exp(-a / 2 / rho), abs=1e-8)
