"""Results: the document, the files, and that they are written whole or not at all."""

import csv
import json

import numpy as np
import pytest

from ewald import screen
from ewald.errors import UserError
from ewald.search.result import Histogram, histogram_csv, writable_directory
from tests.ewald.cells import na3sbs4

# What design and documentation promise of result.json.
KEYS = {
    "configurations", "distinct_configurations", "symmetry_order", "sites", "method", "certified", "bound_eV", "gap_eV",
    "evaluated", "seconds", "ranks", "version", "lowest",
}  # fmt: skip


@pytest.fixture
def result():
    return screen(na3sbs4(1, 1, (1, 1, 2)), keep=2, method="exhaustive")


def test_the_document_has_what_is_promised(result):
    document = json.loads(json.dumps(result.to_document()))
    assert document.keys() >= KEYS
    assert [entry.keys() for entry in document["lowest"]] == [{"energy_eV", "multiplicity", "file"}] * 2
    assert document["lowest"][0]["file"] is None


def test_written_results_name_their_files(result, tmp_path):
    written = result.write(tmp_path / "new" / "folder")
    document = json.loads((tmp_path / "new" / "folder" / "result.json").read_text())
    assert document == written.to_document()
    assert [entry["file"] for entry in document["lowest"]] == ["lowest-01.cif", "lowest-02.cif"]
    assert result.lowest[0].file is None
    for arrangement in written.lowest:
        text = (tmp_path / "new" / "folder" / arrangement.file).read_text()
        assert text.count("  1.0\n") == len(arrangement.structure())


def test_histogram_as_csv():
    rows = list(csv.DictReader(histogram_csv(Histogram(-2.5, 0.5, (3, 0, 10**20))).splitlines()))
    assert [int(row["configurations"]) for row in rows] == [3, 0, 10**20]
    assert np.allclose([float(row["low_eV"]) for row in rows], [-2.5, -2.0, -1.5])
    assert [row["high_eV"] for row in rows[:-1]] == [row["low_eV"] for row in rows[1:]]


def test_a_directory_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("file", "file/below"):
        with pytest.raises(UserError, match="cannot write there"):
            writable_directory(tmp_path / name)
    assert writable_directory(tmp_path / "a" / "b").is_dir()
