"""The first of all symmetry copies."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search import brute_force as reference
from tests.ewald.cells import random_space


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_canonical_form_is_the_orbits_first_and_its_size(seed):
    space = random_space(seed)
    rng = np.random.default_rng(seed)
    everything = list(reference.arrangements(space.form))
    occupation = everything[rng.integers(len(everything))]
    canonical, multiplicity = space.group.canonical(occupation)
    orbit = {occupation[p].tobytes() for p in space.group.permutations}
    assert canonical.tobytes() == min(orbit)
    assert multiplicity == len(orbit)
    assert multiplicity * len(space.group.stabiliser(occupation)) == space.group.order
