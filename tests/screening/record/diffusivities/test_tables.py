import csv
import io
import math
import sys

import pytest

from ewald.errors import DependencyError
from screening.prior.measured import read_measurements
from screening.record.diffusivities.merge import labelled, measured_hash
from screening.record.diffusivities.tables import csv_text, parquet_bytes, prior_csv
from screening.record.diffusivity_database import rows_of
from tests.campaign_record import make_record


@pytest.fixture(scope="module")
def rows():
    return tuple(labelled(rows_of(make_record(demonstration=False)), "Group A", "CC BY 4.0"))


def lines(text):
    return list(csv.DictReader(text.splitlines()))


def test_csv_holds_every_row_with_both_uncertainties_and_its_origin(rows):
    known = rows[0].model_copy(update={"model_error_factor": 2.5})
    first, *others = lines(csv_text([known, *rows[1:]]))
    assert len(others) == len(rows) - 1
    assert float(first["D_cm2_s"]) == known.D_cm2_s
    assert (float(first["D_low95_cm2_s"]), float(first["D_high95_cm2_s"])) == (
        known.D_low95_cm2_s,
        known.D_high95_cm2_s,
    )
    assert (first["model_error_factor"], first["source"], first["licence"]) == ("2.5", "Group A", "CC BY 4.0")
    assert first["hash"] == measured_hash(known)
    assert "structure" not in first


def test_a_bound_has_no_value_in_csv(rows):
    bound = rows[0].model_copy(update={"D_cm2_s": None, "D_low95_cm2_s": None, "bound": "no hop"})
    (line,) = lines(csv_text([bound]))
    assert (line["D_cm2_s"], line["bound"]) == ("", "no hop")
    assert float(line["D_high95_cm2_s"]) == bound.D_high95_cm2_s


def test_the_prior_reads_one_judged_conductivity_per_candidate(rows, tmp_path):
    path = tmp_path / "prior.csv"
    path.write_text(prior_csv(rows))
    found = read_measurements(path)
    judged = {row.candidate: row for row in rows if row.stage == "long_md"}
    assert {line["candidate"] for line in lines(path.read_text())} == set(judged)
    assert sorted(one.log10_sigma_S_cm for one in found) == pytest.approx(
        sorted(math.log10(row.judged_mS_cm * 1e-3) for row in judged.values()), abs=1e-5
    )
    assert {(one.mobile, one.source) for one in found} == {("Na", "Group A")}


def test_nothing_is_extrapolated_for_the_prior_and_bounds_stay_bounds(rows, tmp_path):
    hot = [row for row in rows if row.stage == "short_md"]
    assert lines(prior_csv(hot)) == []
    update = {"judged_mS_cm": None, "judged_low95_mS_cm": None, "judged_high95_mS_cm": 1e-6, "judged_at_K": 300.0}
    path = tmp_path / "prior.csv"
    path.write_text(prior_csv([hot[0].model_copy(update=update)]))
    (found,) = read_measurements(path)
    assert found.bound
    assert found.log10_sigma_S_cm == pytest.approx(-9)


def test_demonstrations_teach_the_prior_nothing(rows):
    assert lines(prior_csv(row.model_copy(update={"demonstration": True}) for row in rows)) == []


def test_without_pyarrow_a_line_says_what_to_install(rows, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DependencyError, match=r"pyarrow.*extra parquet"):
        parquet_bytes(rows)


def test_parquet_holds_what_the_rows_hold(rows):
    parquet = pytest.importorskip("pyarrow.parquet")
    known = [rows[0].model_copy(update={"D_cm2_s": None, "bound": "no hop"}), *rows[1:]]
    found = parquet.read_table(io.BytesIO(parquet_bytes(known))).to_pylist()
    assert [{k: v for k, v in line.items() if k != "hash"} for line in found] == [row.to_document() for row in known]
    assert [line["hash"] for line in found] == [measured_hash(row) for row in known]
