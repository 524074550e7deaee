import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.errors import StructureError
from ewald.pairs import InversePower, Tabulated, pair_sums

# Per ion: A_6 of the face-centred cubic lattice, in units of the nearest distance (J. E. Lennard-Jones and A. E.
# Ingham, Proc. R. Soc. A 107, 636 (1925)).
FCC_12 = 12.13188


def test_the_sum_of_the_face_centred_cubic_lattice():
    coords = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    [total] = pair_sums(np.sqrt(2) * np.eye(3), coords, [(InversePower(B_eV=1, n=12), 9.0)])
    assert total.sum(axis=1) == pytest.approx(FCC_12, abs=2e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), cutoff_A=st.floats(2, 9))
def test_sums_are_those_of_a_loop_over_images(seed, cutoff_A):
    generator = np.random.default_rng(seed)
    lattice = np.diag(generator.uniform(2.5, 6, 3)) + generator.uniform(-0.8, 0.8, (3, 3))
    coords = generator.uniform(-1, 2, (4, 3))
    function = InversePower(B_eV=2.0, n=1)
    grid = np.stack(np.meshgrid(*[np.arange(-9, 10)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    slow = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            r = np.linalg.norm((coords[j] - coords[i] + grid) @ lattice, axis=1)
            near = r[(r > 1e-6) & (r < cutoff_A)]
            slow[i, j] = (2.0 / near).sum()
    if min(np.linalg.norm((coords[0] - coords[1:]) @ lattice, axis=1)) < 0.01:
        return
    [fast] = pair_sums(lattice, coords, [(function, cutoff_A)])
    assert fast == pytest.approx(slow, abs=1e-9)
    [rows] = pair_sums(lattice, coords, [(function, cutoff_A)], rows=np.array([2, 0]))
    assert rows == pytest.approx(slow[[2, 0]], abs=1e-9)


def test_pairs_left_out_are_left_out_only_where_they_are_near():
    coords = np.array([[0, 0, 0], [0.1, 0, 0]])
    skipped = (np.array([[0, 1]]), 1.0)
    [total] = pair_sums(5.0 * np.eye(3), coords, [(InversePower(B_eV=1, n=1), 5.2)], skipped=skipped)
    assert total[0, 1] == pytest.approx(1 / 4.5 + 4 / np.hypot(0.5, 5), abs=1e-12)
    assert total[0, 0] == pytest.approx(6 / 5)


def test_pairs_nearer_than_a_table_begins_are_refused():
    with pytest.raises(StructureError, match="sites 0 and 1"):
        pair_sums(5.0 * np.eye(3), np.array([[0, 0, 0], [0.1, 0, 0]]), [(Tabulated(r_A=(1, 2), energy_eV=(1, 0)), 2.0)])
