"""A candidate as one line of the table."""

import csv
import io

from screening.decision import Stage
from screening.estimated import Estimate
from screening.hull.result import ElectrodeReaction
from screening.record.candidate_row import candidate_rows, interval_columns, judged_columns, measured_columns
from screening.record.export import csv_text
from screening.record.history import histories
from tests.campaign_record import make_record

RECORD = make_record()


def test_csv_has_tensor_and_judged_conductivity():
    rows = {row["candidate"]: row for row in csv.DictReader(io.StringIO(csv_text(RECORD)))}
    found = next(d for d in histories(RECORD).values() if d.reached() is Stage.LONG_MD and d.judged())
    row, best, judged = rows[found.id], found.best_transport(), found.judged()
    assert [float(row[f"D_{which}_cm2_s"]) for which in ("least", "middle", "most")] == sorted(best.eigenvalues_cm2_s)
    assert (float(row["judged_mS_cm"]), float(row["judged_at_K"])) == (judged.value, 300.0)
    assert float(row["Ea_low95_eV"]) <= float(row["Ea_eV"]) <= float(row["Ea_high95_eV"])


def history_of(name):
    return histories(RECORD)[name]


def test_every_candidate_is_a_row_in_the_order_of_the_record():
    rows = candidate_rows(RECORD)
    assert [row.candidate for row in rows] == [candidate.id for candidate in RECORD.candidates]
    for row in rows:
        history = history_of(row.candidate)
        assert row.md_steps == sum(run.steps for run in RECORD.md if run.candidate_id == row.candidate)
        assert (row.short_md, row.long_md) == (history.verdict(Stage.SHORT_MD), history.verdict(Stage.LONG_MD))
        assert row.energy_eV == (history.relaxed.energy_eV if history.relaxed else None)


def test_what_was_not_measured_is_none_and_not_zero():
    row = next(row for row in candidate_rows(RECORD) if not history_of(row.candidate).md)
    assert row.D_cm2_s is row.sigma_mS_cm is row.judged_mS_cm is row.Ea_eV is row.temperature_K is None
    assert measured_columns(None) == judged_columns(None) == {}


def test_intervals_are_three_columns_with_their_unit():
    ends = interval_columns("D", "cm2_s", Estimate(mean=2.0, low95=1.0, high95=4.0))
    assert ends == {"D_cm2_s": 2.0, "D_low95_cm2_s": 1.0, "D_high95_cm2_s": 4.0}
    assert interval_columns("D", "cm2_s", None) == {}


def test_the_worst_cathode_is_the_one_whose_reaction_releases_most():
    subject = RECORD.hulls[0].candidate_id
    reactions = (
        ElectrodeReaction(partner="Na", energy_meV_per_atom=-900.0),
        ElectrodeReaction(partner="NaCrO2", energy_meV_per_atom=-20.0),
        ElectrodeReaction(partner="NaFeO2", energy_meV_per_atom=-70.0),
        ElectrodeReaction(partner="NaCoO2", energy_meV_per_atom=None),
    )
    changed = RECORD.hulls[0].model_copy(update={"products_at_metal": ("Na2S",), "electrode_reactions": reactions})
    record = RECORD.model_copy(update={"hulls": (changed, *RECORD.hulls[1:])})
    row = next(row for row in candidate_rows(record) if row.candidate == subject)
    assert (row.worst_cathode, row.worst_cathode_reaction_meV_per_atom) == ("NaFeO2", -70.0)
    assert row.metal_reaction_meV_per_atom == -900.0


def test_warnings_stand_once_each():
    for row in candidate_rows(RECORD):
        notes = row.warnings.split("; ")
        assert len(notes) == len(set(notes))
    assert any("no reference phase" in row.warnings for row in candidate_rows(RECORD))


def test_a_bound_has_an_upper_end_and_no_value():
    record = make_record()
    none = {name: Estimate(mean=0, low95=0, high95=7, bound="no hop") for name in ("D_cm2_s", "sigma_mS_cm")}
    runs = tuple(
        run.model_copy(update={"transport": run.transport.model_copy(update=none)})
        for run in record.md
        if run.transport
    )
    rows = [row for row in candidate_rows(record.model_copy(update={"md": runs})) if row.bound]
    assert rows
    for row in rows:
        assert (row.D_cm2_s, row.D_low95_cm2_s, row.D_high95_cm2_s) == (None, None, 7)
        assert row.sigma_mS_cm is row.D_least_cm2_s is row.Ea_eV is None
