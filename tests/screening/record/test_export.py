import csv
import io
import json

import numpy as np
import pytest
from pymatgen.core import Structure

from screening.decision import Stage
from screening.record.audit import filter_recall, short_against_long
from screening.record.export import ExportError, csv_text, export_record, extxyz_text
from screening.record.history import histories
from screening.record.ranking import rank, survivors
from tests.campaign_record import make_record

RECORD = make_record()


def test_csv_has_a_line_per_candidate_with_the_record_s_numbers():
    rows = list(csv.DictReader(io.StringIO(csv_text(RECORD))))
    assert {row["candidate"] for row in rows} == {candidate.id for candidate in RECORD.candidates}
    ranked = [line.candidate_id for line in rank(RECORD)]
    assert [row["candidate"] for row in rows[: len(ranked)]] == ranked
    assert [row["rank"] for row in rows] == [str(n) for n in range(1, len(ranked) + 1)] + [""] * (
        len(rows) - len(ranked)
    )
    hulls = {hull.candidate_id: hull.hull_energy_meV_per_atom for hull in RECORD.hulls}
    for row in rows:
        if row["candidate"] in hulls:
            assert float(row["hull_energy_meV_per_atom"]) == hulls[row["candidate"]]
        else:
            assert row["hull_energy_meV_per_atom"] == ""


def test_everything_is_written_and_the_same_twice(tmp_path):
    first = export_record(RECORD, tmp_path / "a")
    second = export_record(RECORD, tmp_path / "b")
    # A CIF for each, a POSCAR and a CIF for each survivor, their two lists and their frames, and five tables.
    assert len(first) == len(RECORD.candidates) + 2 * len(survivors(RECORD)) + 8
    for one, other in zip(first, second, strict=True):
        if one.suffix != ".sqlite":
            assert one.read_bytes() == other.read_bytes()
    table = json.loads((tmp_path / "a" / "candidates.json").read_text())
    assert table["demonstration"] is True
    assert len(table["candidates"]) == len(RECORD.candidates)


def test_cif_is_the_relaxed_structure(tmp_path):
    export_record(RECORD, tmp_path, ("cif",))
    found = next(d for d in histories(RECORD).values() if d.reached() is Stage.LONG_MD)
    read = Structure.from_file(tmp_path / "structures" / f"{found.id}.cif")
    assert read.composition == found.relaxed.structure.composition
    assert np.allclose(read.lattice.abc, found.relaxed.structure.lattice.abc, atol=1e-6)


def test_ase_reads_the_extended_xyz(tmp_path):
    ase_io = pytest.importorskip("ase.io")
    path = tmp_path / "s.extxyz"
    path.write_text(extxyz_text(RECORD))
    frames = ase_io.read(path, index=":")
    for frame, history in zip(frames, histories(RECORD).values(), strict=True):
        structure = history.relaxed.structure if history.relaxed else history.candidate.structure
        assert frame.info["id"] == history.id
        assert np.allclose(frame.cell.array, structure.lattice.matrix)
        assert np.allclose(frame.positions, structure.cart_coords, atol=1e-8)
        assert frame.pbc.all()
        if history.relaxed:
            assert frame.get_potential_energy() == pytest.approx(history.relaxed.energy_eV)


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ExportError, match="xlsx"):
        export_record(RECORD, tmp_path / "out", ("csv", "xlsx"))
    assert not (tmp_path / "out").exists()


def test_json_tells_what_the_filters_lose(tmp_path):
    export_record(RECORD, tmp_path, ("json",))
    table = json.loads((tmp_path / "candidates.json").read_text())
    assert table["short_against_long"] == json.loads(short_against_long(RECORD).model_dump_json())
    assert [line["stage"] for line in table["filter_recall"]] == [str(line.stage) for line in filter_recall(RECORD)]
    assert table["filter_recall"]
