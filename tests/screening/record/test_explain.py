import pytest

from screening.decision import Stage
from screening.hull.conduction import product_conduction
from screening.hull.result import ElectrodeReaction
from screening.record.audit import filter_recall, recall_sentence
from screening.record.explain import UnknownCandidateError, explain_candidate
from screening.record.history import histories
from tests.campaign_record import make_record

RECORD = make_record()


def test_the_story_follows_the_funnel():
    found = next(d for d in histories(RECORD).values() if d.reached() is Stage.LONG_MD)
    story = explain_candidate(RECORD, found.id)
    places = [story.index(f"\n{title}\n") for title in ("Ewald screen", "Relaxation", "Hull", "Short MD", "Long MD")]
    assert places == sorted(places)
    for decision in found.decisions:
        assert decision.reason in story
        assert decision.inputs_hash in story
    for run in found.md:
        assert all(name in story for name in run.trajectory_files)
    assert "toy 1.0" in story
    assert "threshold 1 mS/cm" in story
    assert "IonSieve 0.1.0" in story


def test_a_candidate_that_failed_says_where():
    failed = next(d for d in histories(RECORD).values() if d.failed_at() is Stage.HULL)
    story = explain_candidate(RECORD, failed.id)
    assert f"In short: stopped at Hull: {failed.hull.hull_energy_meV_per_atom:.0f} meV/atom above the hull." in story


def test_a_stable_candidate_is_not_said_to_lie_above_the_hull():
    hull = next(hull for hull in RECORD.hulls if hull.window_low_V is not None)
    stable = hull.model_copy(
        update={
            "hull_energy_meV_per_atom": -12.3,
            "products_at_metal": ("Na2S", "Na3Sb"),
            "passivates_metal": False,
            "product_conduction": (product_conduction("Na2S"), product_conduction("Na3Sb")),
            "electrode_reactions": (
                ElectrodeReaction(partner="Na", energy_meV_per_atom=-400.0, electrolyte_share=0.4, reaction="a -> b"),
                ElectrodeReaction(partner="NaFePO4", energy_meV_per_atom=None, missing_systems=("Fe",)),
                ElectrodeReaction(
                    partner="NaCrO2", energy_meV_per_atom=-90.0, electrolyte_share=0.5, reaction="c -> d",
                    missing_systems=("Cr-O-P",), partner_on_hull=True,
                ),
            ),
        }
    )  # fmt: skip
    record = RECORD.model_copy(update={"hulls": tuple(stable if h is hull else h for h in RECORD.hulls)})
    story = explain_candidate(record, hull.candidate_id)
    assert "stable, 12 meV/atom below the hull of its competitors" in story
    assert "not passivating, electrons pass through the layer (Na3Sb conducts, band gap 0.40 eV" in story
    assert "-400 meV/atom where 40% of the atoms are electrolyte: a -> b" in story
    assert "unknown: no reference phase of Fe" in story
    assert "withheld, competing phases are missing (no reference phase of Cr-O-P)" in story


def test_every_candidate_and_composition_has_a_story():
    for candidate in RECORD.candidates:
        assert explain_candidate(RECORD, candidate.id).startswith(candidate.id)
    for composition in RECORD.compositions:
        assert composition.id in explain_candidate(RECORD, composition.id)


def test_a_misspelt_name_brings_suggestions():
    with pytest.raises(UnknownCandidateError, match=r"Na3PS4-W0\.125-vac_a1"):
        explain_candidate(RECORD, "Na3PS4-W0.125-vac_a11")


def test_a_rejected_candidate_is_told_what_its_filter_loses():
    recalls = {line.stage: recall_sentence(line) for line in filter_recall(RECORD)}
    rejected = [d for d in histories(RECORD).values() if d.failed_at() in recalls and d.superseded_by() is None]
    assert rejected
    for history in rejected:
        assert f"({recalls[history.failed_at()]}.)" in explain_candidate(RECORD, history.id)
    passed = next(d for d in histories(RECORD).values() if d.failed_at() is None)
    assert "rejected" not in explain_candidate(RECORD, passed.id)
