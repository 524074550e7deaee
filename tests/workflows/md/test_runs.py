from pathlib import Path
from types import SimpleNamespace

import pytest

from ewald.errors import CheckpointError
from tests.campaign_record import PROVENANCE, make_campaign, make_record
from workflows.md.runs import StoredSegment, segment_hash, segments_of
from workflows.spec import StageSpec

SPEC = StageSpec(
    campaign="c", revision="r", composition="x", stage="long_md", subject="x_a1", temperature_K=600.0, part=0
)


def segment(path, index=0):
    return StoredSegment(
        index=index,
        path=Path(path),
        sha256="0",
        frames=1,
        steps=1,
        complete=True,
        mean_temperature_K=600.0,
        energy_drift_meV_atom_ps=0.0,
        core_seconds=1.0,
        bytes=1,
    )


@pytest.mark.parametrize("path", ["../away.npz", "/etc/passwd", "md/../../away.npz", "link/away.npz"])
def test_a_path_out_of_the_campaigns_folder_is_refused(tmp_path, path):
    folder = tmp_path / "campaign"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(CheckpointError, match=r"is outside the campaign.s folder"):
        segment(path).in_folder(folder)


def test_a_segment_is_found_again_after_its_folder_was_moved(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "s.npz").write_bytes(b"12345")
    stored = StoredSegment.of(segment("s.npz").in_folder(tmp_path / "old"), tmp_path / "old")
    assert (stored.path, stored.bytes) == (Path("s.npz"), 5)
    (tmp_path / "old").rename(tmp_path / "new")
    assert stored.in_folder(tmp_path / "new").path.read_bytes() == b"12345"


def test_a_run_with_a_hole_is_no_run(tmp_path):
    stored = {"x_a1@600K#0000": segment("0.npz"), "x_a1@600K#0002": segment("2.npz", 2)}
    results = SimpleNamespace(
        entry=SimpleNamespace(folder=tmp_path), get=lambda _kind, _stage, subject: stored.get(subject)
    )
    assert [s.path for s in segments_of(results, "long_md", "x_a1", 600, 1)] == [tmp_path / "0.npz"]
    with pytest.raises(CheckpointError, match=r"x_a1@600K#0001.*ionsieve rerun --stage long_md"):
        segments_of(results, "long_md", "x_a1", 600, 3)


def hash_with(seed=1, **long_md):
    campaign = make_campaign()
    stage = campaign.long_md.model_copy(update=long_md)
    campaign = campaign.model_copy(update={"long_md": stage, "seed": seed})
    return segment_hash(campaign, SPEC, make_record().relaxed[0], PROVENANCE)


def test_a_run_may_grow_but_not_change():
    assert hash_with(length_ps=50, max_length_ps=500, temperatures_K=(600.0,), adaptive=False) == hash_with()
    different = [hash_with(seed=2), hash_with(timestep_fs=1), hash_with(segment_ps=1), hash_with(thermostat="langevin")]
    assert len({hash_with(), *different}) == 5
