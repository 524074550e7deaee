"""The Ewald energy as a surrogate, against a plain recount."""

import pytest
from scipy.stats import spearmanr

from screening.report.sections.surrogate import measure_surrogate
from tests.campaign_record import make_record

RECORD = make_record()


def test_surrogate_rank_correlation_of_one_composition():
    found = measure_surrogate(RECORD)
    composition = next(iter(found.by_composition))
    relaxed = {r.id: r.energy_eV for r in RECORD.relaxed if r.converged}
    pairs = [
        (c.ewald_energy_eV, relaxed[c.id])
        for c in RECORD.candidates
        if c.composition_id == composition and c.id in relaxed
    ]
    expected = spearmanr([a for a, _ in pairs], [b for _, b in pairs]).statistic
    assert found.by_composition[composition] == pytest.approx(expected)
    assert sum(p.ewald_meV_per_atom for p in found.points) == pytest.approx(0, abs=1e-6)


def test_a_perfect_surrogate_has_correlation_one():
    relaxed = {r.id: r for r in RECORD.relaxed}
    perfect = RECORD.model_copy(
        update={
            "relaxed": tuple(
                relaxed[c.id].model_copy(update={"energy_eV": 2 * c.ewald_energy_eV, "converged": True})
                for c in RECORD.candidates
                if c.id in relaxed
            )
        }
    )
    found = measure_surrogate(perfect)
    assert found.mean == pytest.approx(1.0)
    assert found.lowest_found == len({p.composition for p in found.points})
