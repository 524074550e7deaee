"""A campaign that goes on in another database: what was computed is taken up, what differs is computed anew."""

import lzma
import uuid

import pytest
import typer
from typer.testing import CliRunner

from ewald.errors import CheckpointError, UserError
from screening.record.record import MDRecord
from screening.relaxation.relaxation import RelaxedStructure
from tests.science import science
from tests.toy_campaign import TOY
from workflows.campaign.campaign_file import open_campaign
from workflows.cli import db
from workflows.database.launchpad_file import read_launchpad_file, write_launchpad_file
from workflows.operations.brought_results import load_results, save_results
from workflows.operations.record_builder import build_record
from workflows.operations.submit import submit
from workflows.store.entry import CampaignEntry
from workflows.store.store import Store
from workflows.workers.worker import work

pytestmark = pytest.mark.mongod

ENGINES = {"fast": {"preset": "toy"}, "better": {"preset": "toy", "settings": {"mp2020_corrections": True}}}
#: A chain of two engines, MD of the first, and a comparison with the second.
CHANGES = {
    "engine": None,
    "engines": ENGINES,
    "relax": TOY["relax"] | {"engines": ["fast", "better"]},
    "short_md": TOY["short_md"] | {"engine": "fast"},
    "long_md": TOY["long_md"] | {"engine": "fast"},
    "validation": {"engine": "better", "frames": 4},
    # No run of the toy fails: every stage has something to bring.
    "verdict": {"temperature_K": None, "threshold_mS_cm": 1e-9},
}


@pytest.fixture
def elsewhere(server, tmp_path):
    """Return a function that enters a campaign with a file of results in another database, and works it to its end."""
    from workflows.launchpad import connect, prepare

    opened = []

    def go_on(file, source=None):
        place = write_launchpad_file(tmp_path / "other.yaml", server, f"t{uuid.uuid4().hex[:12]}")
        launchpad = connect(read_launchpad_file(place))
        opened.append(launchpad)
        prepare(launchpad)
        store = Store(launchpad.db)
        store.prepare()
        entry = CampaignEntry(file.campaign, file.campaign.revision(), file.folder, file.base_dir)
        if source is not None:
            load_results(store.results(entry), source)
        results = submit(file, launchpad).results
        work(launchpad, results)
        return results

    yield go_on
    for launchpad in opened:
        launchpad.connection.drop_database(launchpad.name)
        launchpad.connection.close()


@pytest.fixture
def finished(launchpad, campaign):
    results = submit(open_campaign(str(campaign(**CHANGES))), launchpad).results
    work(launchpad, results)
    return results


def segments(results) -> int:
    names = ("short_md_segment", "long_md_segment")
    return sum(len(results.subjects(name)) for name in names)


def outputs(folder) -> set[str]:
    """Return what engines leave behind, of what each does."""
    return {path.name for path in folder.rglob("*") if path.name in ("relaxed.json", "segment-0000.npz", "point.json")}


def test_nothing_is_computed_twice(finished, campaign, elsewhere, tmp_path):
    saved = save_results(finished, tmp_path / "results.jsonl.xz")
    assert {"relax", "relax_link0", "reference", "short_md_finished", "long_md_finished", "validation"} <= saved.keys()
    assert segments(finished) > 0
    other = elsewhere(
        open_campaign(str(campaign("other_campaign.yaml", work_dir=str(tmp_path / "other"), **CHANGES))),
        tmp_path / "results.jsonl.xz",
    )
    first, second = build_record(finished), build_record(other)
    assert science(second) == science(first)
    assert second.validations == first.validations
    assert segments(other) == 0
    assert outputs(finished.entry.folder) == {"relaxed.json", "segment-0000.npz", "point.json"}
    assert not outputs(other.entry.folder)
    # What the first database spent is still accounted for.
    assert second.core_seconds_by_engine["fast"] == pytest.approx(first.core_seconds_by_engine["fast"], rel=0.05)
    assert {run.trajectory_files for run in second.md} == {run.trajectory_files for run in first.md}


def test_saved_again_it_is_whole_even_before_anything_was_taken_up(finished, launchpad, tmp_path):
    first = save_results(finished, tmp_path / "first.jsonl.xz")
    with_other_seed = finished.entry.campaign.model_copy(update={"name": "untouched"})
    entry = CampaignEntry(with_other_seed, with_other_seed.revision(), tmp_path, tmp_path)
    results = Store(launchpad.db).results(entry)
    brought = load_results(results, tmp_path / "first.jsonl.xz")
    assert brought.new == brought.results == sum(first.values())
    assert load_results(results, tmp_path / "first.jsonl.xz").new == 0
    # History only: nobody takes it for the campaign's own before a stage has asked for its inputs.
    assert not results.all(RelaxedStructure, "relax")
    assert save_results(results, tmp_path / "second.jsonl.xz") == first


def test_md_of_other_settings_is_run_and_relaxations_are_taken_up(finished, campaign, elsewhere, tmp_path):
    save_results(finished, tmp_path / "results.jsonl.xz")
    changed = CHANGES | {"short_md": CHANGES["short_md"] | {"temperatures_K": [700]}, "seed": 5}
    other = elsewhere(
        open_campaign(str(campaign("changed.yaml", work_dir=str(tmp_path / "other"), **changed))),
        tmp_path / "results.jsonl.xz",
    )
    assert "relaxed.json" not in outputs(other.entry.folder)
    assert other.all(RelaxedStructure, "relax") == finished.all(RelaxedStructure, "relax")
    assert segments(other) > 0
    assert {run.temperature_K for run in other.all(MDRecord, "short_md").values()} == {700.0}


def test_a_damaged_file_brings_nothing(finished, tmp_path):
    path = tmp_path / "results.jsonl.xz"
    save_results(finished, path)
    whole = path.read_bytes()
    text = lzma.decompress(whole).decode()
    for damaged in (whole[: len(whole) // 2], lzma.compress(text.replace("energy", "enargy", 1).encode()), b"", b"no"):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match="not a whole file of results"):
            load_results(finished, path)
    path.write_bytes(lzma.compress(text.replace('"format": 1', '"format": 99', 1).encode()))
    with pytest.raises(CheckpointError, match="later IonSieve"):
        load_results(finished, path)
    with pytest.raises(UserError, match="no such file"):
        load_results(finished, tmp_path / "nothing.xz")


def test_the_commands_say_what_they_moved(finished, launchpad_file, campaign, tmp_path):
    path = campaign(database={"mode": "launchpad", "launchpad_file": str(launchpad_file)}, **CHANGES)
    app = typer.Typer()
    db.register(app)
    saved = CliRunner().invoke(app, ["results", "save", str(path), "--out", str(tmp_path / "r.jsonl.xz")])
    assert saved.exit_code == 0, saved.output
    assert "long_md_finished: 1" in saved.output
    loaded = CliRunner().invoke(app, ["results", "load", str(path), "--from", str(tmp_path / "r.jsonl.xz")])
    assert loaded.exit_code == 0, loaded.output
    # The comparison and the finished MD are kept under the hash by which another database looks for them.
    assert "of toy, revision" in loaded.output
