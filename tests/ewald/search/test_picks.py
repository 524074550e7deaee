import numpy as np
import pytest

from ewald.search import brute_force
from ewald.search.picks import Picks
from ewald.space.symmetry import SymmetryGroup
from tests.ewald.space.test_interactions import salt


@pytest.mark.parametrize("near", [0.0, 2.8])
@pytest.mark.parametrize("cations", [(1, 1, 1, 5), (0, 4, 2, 2), (2, 1, 3, 2)])
def test_the_rewritten_form_has_the_same_arrangements_and_energies(cations, near):
    space = salt(cations, cell=np.diag([5.6, 5.6, 6.0]), min_distance_A=near)
    form, trivial = space.form, SymmetryGroup.trivial(space.form.n)
    picks = Picks.of(form, space.group)
    assert picks.form.one_column_per_site
    allowed = {o.tobytes() for o in brute_force.arrangements(form) if form.allowed(o)}
    generator = np.random.default_rng(1)
    seen = 0
    for key in sorted(allowed)[:: max(len(allowed) // 40, 1)]:
        occupation = np.frombuffer(key, dtype=np.int8)
        picked = _picked(picks, occupation)
        assert picks.form.allowed(picked)
        assert picks.occupation(picked).tobytes() == key
        assert picks.form.energy(picked) == pytest.approx(form.energy(occupation), abs=1e-9)
        row = int(generator.integers(space.group.order))
        moved = picks.occupation(picked[picks.group.permutations[row]])
        assert moved.tobytes() == occupation[space.group.permutations[row]].tobytes()
        seen += 1
    assert seen or near
    assert trivial.order == 1


def test_two_ions_on_one_site_are_forbidden():
    picks = Picks.of(salt((1, 1, 1, 5)).form, SymmetryGroup.trivial(16))
    picked = picks.form.reference_occupation()
    for k in range(2):
        picked[picks.form.members(k)] = [0, *[1] * 7]
    assert not picks.form.allowed(picked)


def _picked(picks, occupation):
    """The rewritten form's occupation that stands for an old one, written down by hand."""
    result = np.zeros(picks.form.n, dtype=np.int8)
    for k, block in enumerate(picks.blocks):
        old = occupation[picks.old.members(block.old)]
        result[picks.form.members(k)] = old if block.pick is None else np.where(old == block.pick, 0, 1)
    return result
