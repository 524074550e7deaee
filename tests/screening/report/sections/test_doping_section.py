"""Maps and hull cuts."""

from screening.record.history import histories
from screening.report.sections.doping_section import doping_section
from tests.campaign_record import make_record

RECORD = make_record()


def test_each_mother_has_its_maps_and_a_cut_where_a_dopant_has_two_levels():
    page = str(doping_section(RECORD))
    assert page.count("<h3>") == 3
    assert page.count("above the hull along the doping axis") >= 3
    for words in ("hull energy (meV/atom)", "conductivity (mS/cm)", "verdict"):
        assert f"Na3SbS4: {words}" in page


def test_the_lowest_energy_of_a_doping_is_the_one_in_the_map():
    energies = {
        history.id: history.hull.hull_energy_meV_per_atom
        for history in histories(RECORD).values()
        if history.hull and history.candidate.composition_id == "Na3SbS4-Si0.25-int"
    }
    lowest = min(energies, key=energies.get)
    assert f"{lowest}: " in str(doping_section(RECORD))


def test_without_candidates_it_says_so():
    empty = RECORD.model_copy(update={"candidates": (), "decisions": (), "hulls": (), "relaxed": (), "md": ()})
    assert "No doped composition" in str(doping_section(empty))
