import sqlite3
from contextlib import closing

import pytest

from screening.record.diffusivities.merge import labelled, measured_hash, merge_rows
from screening.record.diffusivity_database import DatabaseError, add_record, read_rows, rows_of
from tests.campaign_record import make_record


@pytest.fixture
def rows():
    return tuple(rows_of(make_record()))


def test_two_campaigns_in_one_database_each_measurement_once(rows, tmp_path):
    path, others = tmp_path / "group.sqlite", tuple(rows_of(make_record(seed=11)))
    others = tuple(row.model_copy(update={"campaign": "second"}) for row in others)
    assert merge_rows(path, rows).added == len(rows)
    renamed = [row.model_copy(update={"campaign": "renamed", "revision": "other"}) for row in rows]
    done = merge_rows(path, [*renamed, *others])
    assert (done.duplicates, done.added, done.rows) == (len(rows), len(others), len(rows) + len(others))
    assert {row.campaign for row in read_rows(path)} == {"made-up", "second"}


def test_what_is_read_is_what_was_written(rows, tmp_path):
    merge_rows(tmp_path / "d.sqlite", rows)
    assert set(read_rows(tmp_path / "d.sqlite")) == set(rows)


def test_a_longer_run_takes_the_place_of_a_shorter_one_and_never_the_reverse(rows, tmp_path):
    path, short = tmp_path / "d.sqlite", rows[0]
    longer = short.model_copy(update={"length_ps": 2 * short.length_ps, "D_cm2_s": 1.1 * short.D_cm2_s})
    merge_rows(path, [short])
    assert merge_rows(path, [longer]).replaced == 1
    assert merge_rows(path, [short]).shorter == 1
    assert read_rows(path) == (longer,)


def test_source_and_licence_stay_with_a_row(rows, tmp_path):
    path = tmp_path / "d.sqlite"
    merge_rows(path, labelled(rows, "Group A", "CC BY 4.0"))
    merge_rows(path, labelled(rows))
    merge_rows(path, labelled(read_rows(path), "Group B", "secret"))
    assert {(row.source, row.licence) for row in read_rows(path)} == {("Group A", "CC BY 4.0")}
    assert next(labelled(rows)).source == "made-up abc123def456"


def test_a_licence_given_later_is_added(rows, tmp_path):
    path = tmp_path / "d.sqlite"
    merge_rows(path, labelled(rows))
    assert merge_rows(path, labelled(rows, licence="CC0")).duplicates == len(rows)
    assert {row.licence for row in read_rows(path)} == {"CC0"}


def test_the_hash_is_of_the_measurement_alone(rows):
    first = rows[0]
    assert measured_hash(first) == measured_hash(first.model_copy(update={"campaign": "x", "verdict": "fail"}))
    for change in ({"temperature_K": 601.0}, {"D_cm2_s": 1e-9}, {"bound": "no hop"}, {"species": "Li"}):
        assert measured_hash(first) != measured_hash(first.model_copy(update=change))


def test_a_database_of_an_earlier_format_is_read_and_left_as_it_is(rows, tmp_path):
    path = tmp_path / "d.sqlite"
    add_record(make_record(), path)
    with closing(sqlite3.connect(path)) as connection:
        for name in ("model_error_factor", "source", "licence", "structure"):
            connection.execute(f"ALTER TABLE diffusivity DROP COLUMN {name}")
        connection.execute("PRAGMA user_version = 3")
        connection.commit()
    before = path.read_bytes()
    assert {measured_hash(row) for row in read_rows(path)} == {measured_hash(row) for row in rows}
    assert path.read_bytes() == before
    assert merge_rows(path, labelled(rows)).duplicates == len(rows)
    assert all(row.source and row.structure for row in read_rows(path))


def test_two_of_a_group_do_not_merge_at_the_same_moment(rows, tmp_path):
    path = tmp_path / "d.sqlite"
    merge_rows(path, rows)

    def meanwhile():
        with (
            closing(sqlite3.connect(path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("DELETE FROM diffusivity")
        yield rows[0]

    assert merge_rows(path, meanwhile()).duplicates == 1
    assert set(read_rows(path)) == set(rows)


def test_nothing_is_written_when_a_row_cannot_be_had(rows, tmp_path):
    path = tmp_path / "d.sqlite"

    def broken():
        yield rows[0]
        raise DatabaseError("away")

    with pytest.raises(DatabaseError):
        merge_rows(path, broken())
    assert merge_rows(path, []).rows == 0


def test_a_second_merge_of_the_same_measurements_does_not_change_whose_they_are(rows, tmp_path):
    path = tmp_path / "d.sqlite"
    merge_rows(path, labelled(rows, "Group A", "CC BY 4.0"))
    merge_rows(path, labelled(rows, "Group B", "CC0"))
    assert {(row.source, row.licence) for row in read_rows(path)} == {("Group A", "CC BY 4.0")}
