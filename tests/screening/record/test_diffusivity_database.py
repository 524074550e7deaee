import sqlite3
from contextlib import closing

import pytest

from screening.decision import Stage
from screening.estimated import Estimate
from screening.record.diffusivity_database import DatabaseError, add_record
from tests.campaign_record import PROVENANCE, make_record


def rows(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_adding_twice_does_not_double(tmp_path):
    record, path = make_record(), tmp_path / "group" / "d.sqlite"
    runs = sum(run.transport is not None for run in record.md)
    assert add_record(record, path) == runs
    assert add_record(record, path) == runs


def test_another_campaign_adds_its_own_rows(tmp_path):
    record, path = make_record(), tmp_path / "d.sqlite"
    first = add_record(record, path)
    assert add_record(record.model_copy(update={"revision": "other"}), path) == 2 * first


def test_a_group_asks_across_two_campaigns(tmp_path):
    first, second, path = make_record(), make_record(seed=11), tmp_path / "group.sqlite"
    renamed = second.model_copy(
        update={"campaign": second.campaign.model_copy(update={"name": "second"}), "revision": "fedcba"}
    )
    runs = [sum(run.transport is not None for run in record.md) for record in (first, renamed)]
    assert add_record(first, path) == runs[0]
    assert add_record(renamed, path) == sum(runs)
    query = "SELECT campaign, COUNT(*) FROM diffusivity GROUP BY campaign ORDER BY campaign"
    assert rows(path, query) == [("made-up", runs[0]), ("second", runs[1])]
    best = rows(path, "SELECT campaign, MAX(D_cm2_s) FROM diffusivity GROUP BY mother ORDER BY mother")
    by_mother = {}
    for record in (first, renamed):
        for run in record.md:
            mother = next(c.mother for c in record.candidates if c.id == run.candidate_id)
            by_mother[mother] = max(by_mother.get(mother, 0.0), run.transport.D_cm2_s.mean)
    assert [value for _, value in best] == [by_mother[mother] for mother in sorted(by_mother)]


def test_values_are_those_of_the_runs(tmp_path):
    record, path = make_record(), tmp_path / "d.sqlite"
    add_record(record, path)
    run = record.md[0]
    query = f"SELECT D_cm2_s, D_low95_cm2_s, sigma_mS_cm, mother, energy_key FROM diffusivity WHERE candidate = '{run.candidate_id}' AND stage = '{run.stage}' AND temperature_K = {run.temperature_K}"  # noqa: E501, S608
    D, low, sigma, mother, key = rows(path, query)[0]
    assert (D, low) == (run.transport.D_cm2_s.mean, run.transport.D_cm2_s.low95)
    assert sigma == run.transport.sigma_mS_cm.mean
    assert run.candidate_id.startswith(mother)
    assert key == "toy-1"


def test_activation_energy_is_that_of_the_made_up_runs(tmp_path):
    # make_record lets sigma grow as exp((T - 600) / 90): around 600 K ln(sigma T) has the slope 600^2/90 + 600 in 1/T.
    path = tmp_path / "d.sqlite"
    add_record(make_record(), path)
    found = [row[0] for row in rows(path, "SELECT DISTINCT Ea_eV FROM diffusivity WHERE Ea_eV IS NOT NULL")]
    assert found
    for value in found:
        assert value == pytest.approx(8.617e-5 * (600**2 / 90 + 600), rel=0.1)


def test_tensor_judgement_and_settings_stand_beside_d(tmp_path):
    record, path = make_record(), tmp_path / "d.sqlite"
    add_record(record, path)
    for run in record.md[:5]:
        query = f"SELECT D_least_cm2_s, D_middle_cm2_s, D_most_cm2_s, judged_mS_cm, judged_at_K, estimator, settings FROM diffusivity WHERE candidate = '{run.candidate_id}' AND stage = '{run.stage}' AND temperature_K = {run.temperature_K}"  # noqa: E501, S608
        *eigenvalues, judged, at_K, estimator, settings = rows(path, query)[0]
        assert eigenvalues == sorted(run.transport.eigenvalues_cm2_s)
        decision = next(d for d in record.decisions if (d.subject, d.stage) == (run.candidate_id, run.stage))
        assert (judged, at_K) == (decision.value, decision.temperature_K)
        assert (estimator, settings) == ("gls", '{"dispersion": false, "model": "harmonic"}')


def test_statistical_and_model_error_stand_apart(tmp_path):
    """The factor is the campaign's between two engines; the interval stays that of the run."""
    record, path = make_record(), tmp_path / "d.sqlite"
    decided = next(d for d in record.decisions if d.stage is Stage.LONG_MD and d.value)
    better = {"stage": Stage.CHECK_MD, "value": 3 * decided.value, "low95": decided.value, "high95": 9 * decided.value}
    decisions = (*record.decisions, decided.model_copy(update=better))
    add_record(record.model_copy(update={"decisions": decisions}), path)
    query = "SELECT candidate, D_low95_cm2_s, model_error_factor FROM diffusivity WHERE stage = 'long_md'"
    lows = {(run.candidate_id, run.transport.D_cm2_s.low95) for run in record.md if run.stage is Stage.LONG_MD}
    found = rows(path, query)
    assert {row[:2] for row in found} == lows
    for candidate, _, factor in found:
        assert factor == (pytest.approx(3) if candidate == decided.subject else None)


def test_the_method_is_that_of_the_run_where_it_names_one(tmp_path):
    record, path = make_record(), tmp_path / "d.sqlite"
    other = PROVENANCE.model_copy(update={"code": "better", "version": "2.0"})
    md = (record.md[0].model_copy(update={"provenance": other}), *record.md[1:])
    add_record(record.model_copy(update={"md": md}), path)
    found = rows(path, "SELECT method, COUNT(*) FROM diffusivity GROUP BY method ORDER BY method")
    assert found == [("ase: better 2.0", 1), ("ase: toy 1.0", len(record.md) - 1)]


def test_a_run_enters_once_its_stage_is_decided(tmp_path):
    record, path = make_record(), tmp_path / "d.sqlite"
    waiting = record.md[-1]
    others = [d for d in record.decisions if (d.subject, d.stage) != (waiting.candidate_id, waiting.stage)]
    runs = sum((run.candidate_id, run.stage) != (waiting.candidate_id, waiting.stage) for run in record.md)
    assert add_record(record.model_copy(update={"decisions": tuple(others)}), path) == runs
    assert add_record(record, path) == len(record.md)


def test_a_bound_has_no_value(tmp_path):
    record, path = make_record(), tmp_path / "d.sqlite"
    first, *others = record.md
    none = {name: Estimate(mean=0, low95=0, high95=7, bound="no hop") for name in ("D_cm2_s", "sigma_mS_cm")}
    run = first.model_copy(update={"transport": first.transport.model_copy(update=none)})
    add_record(record.model_copy(update={"md": (run, *others)}), path)
    names = "D_cm2_s, D_low95_cm2_s, D_high95_cm2_s, sigma_mS_cm, sigma_high95_mS_cm, D_most_cm2_s, bound"
    found = rows(path, f"SELECT {names} FROM diffusivity WHERE bound IS NOT NULL")  # noqa: S608
    assert found == [(None, None, 7, None, 7, None, "no hop")]


def test_a_database_of_the_format_before_bounds_is_brought_up_to_date(tmp_path):
    record, path = make_record(), tmp_path / "d.sqlite"
    runs = add_record(record, path)
    before = rows(path, "SELECT candidate, D_cm2_s FROM diffusivity ORDER BY candidate, stage, temperature_K")
    with closing(sqlite3.connect(path)) as connection:
        for name in ("bound", "model_error_factor", "source", "licence", "structure"):
            connection.execute(f"ALTER TABLE diffusivity DROP COLUMN {name}")
        connection.execute("PRAGMA user_version = 2")
        connection.commit()
    assert add_record(record.model_copy(update={"revision": "other"}), path) == 2 * runs
    query = (
        "SELECT candidate, D_cm2_s FROM diffusivity WHERE revision != 'other' ORDER BY candidate, stage, temperature_K"
    )
    assert rows(path, query) == before
    assert rows(path, "PRAGMA user_version") == [(4,)]
    assert rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("diffusivity",)]


def test_other_files_are_left_alone(tmp_path):
    text, foreign = tmp_path / "notes.txt", tmp_path / "foreign.sqlite"
    text.write_text("not a database, but long enough to look at" * 30)
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE mine (a)")
        connection.commit()
    for path in (text, foreign):
        before = path.read_bytes()
        with pytest.raises(DatabaseError):
            add_record(make_record(), path)
        assert path.read_bytes() == before


def test_a_database_whose_index_tells_another_story_is_refused(tmp_path):
    """A flipped bit in a key would otherwise have the run entered a second time."""
    record, path = make_record(), tmp_path / "d.sqlite"
    add_record(record, path)
    content = path.read_bytes()
    name = record.md[0].candidate_id.encode()
    place = content.index(name)
    path.write_bytes(content[:place] + b"X" + content[place + 1 :])
    with pytest.raises(DatabaseError, match="is damaged"):
        add_record(record, path)
