"""Damaged and nonsensical input files: a clear `UserError`, or a value that is right; never another exception."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import CheckpointError, UserError
from tests.chaos.damage import EXAMPLES, VALUES, changed, damaged_text, harmed, one_line, places
from tests.toy_campaign import TOY

ROOT = Path(__file__).parents[2]


@EXAMPLES
@given(data=st.data())
def test_campaigns_with_any_value_anywhere(data, tmp_path):
    from screening.campaign import load_campaign
    from screening.plan.plan import build_plan

    where = data.draw(st.sampled_from(sorted(places(TOY), key=str)))
    path = tmp_path / "campaign.yaml"
    try:
        path.write_text(yaml.safe_dump(changed(TOY, where, data.draw(VALUES))), encoding="utf-8")
    except UnicodeEncodeError:
        return
    try:
        campaign = load_campaign(path)
    except UserError as error:
        one_line(error)
        return
    # Planning counts whatever size of cell it is given; only that of the toy is quick.
    if campaign.supercell.max_ions <= 16 and campaign.supercell.target_ions <= 16:
        try:
            build_plan(campaign, tmp_path)
        except UserError as error:
            one_line(error)


@EXAMPLES
@given(text=st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_campaigns_of_any_bytes(text, tmp_path):
    from screening.campaign import load_campaign

    path = tmp_path / "campaign.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    with pytest.raises(UserError):
        load_campaign(path)


def test_a_campaign_that_grows_without_bound_is_refused(tmp_path):
    """The billion laughs: nine lines of YAML that would fill the memory."""
    from screening.campaign import load_campaign

    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    path = tmp_path / "campaign.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError):
        load_campaign(path)


CIF = ROOT / "screening/data/structures/mothers/Na3SbS4_tet_derived.cif"


@EXAMPLES
@given(data=st.data())
def test_structure_files_with_any_damage(data, tmp_path):
    from ewald import ConfigurationSpace

    path = tmp_path / "input.cif"
    path.write_bytes(damaged_text(CIF.read_bytes(), data.draw))
    try:
        ConfigurationSpace.from_file(path)
    except UserError as error:
        one_line(error)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Files that a relaxation and two MD segments leave."""
    from pymatgen.core import Lattice, Structure

    from screening.campaign.execution import EngineChoice
    from screening.campaign.stages import RelaxationStage
    from workflows.engines.engine import MDSegmentJob
    from workflows.engines.registry import load_engine

    folder = tmp_path_factory.mktemp("finished")
    structure = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    engine = load_engine(EngineChoice(preset="toy"))
    stage = RelaxationStage(force_eV_A=0.5, stress_GPa=20, max_steps=60)
    engine.relax(structure, stage, folder / "relax", name="x")
    job = MDSegmentJob(
        folder=folder / "md", index=0, temperature_K=300, timestep_fs=2, steps=10, frame_every=2, thermostat="langevin",
        thermostat_time_fs=100, seed=1,
    )  # fmt: skip
    jobs = [job.model_copy(update={"index": index}) for index in (0, 1)]
    segments = [engine.run_segment(structure, job) for job in jobs]
    return folder, structure, engine, stage, jobs, segments


@EXAMPLES
@given(data=st.data())
def test_damaged_segments_are_never_read(data, finished, tmp_path):
    from screening.trajectory.read import read_trajectory
    from screening.trajectory.segments import read_segments

    segment = finished[5][0]
    path = tmp_path / "segment-0000.npz"
    path.write_bytes(harmed(segment.path.read_bytes(), data.draw))
    with pytest.raises(UserError):
        read_segments([path], {path.name: segment.sha256})
    try:
        found = read_trajectory(path)
    except UserError:
        return
    # Without the checksum of the database the file's own must have caught every change of a number.
    assert np.array_equal(found.positions_A, read_segments([segment.path]).positions_A)


@EXAMPLES
@given(data=st.data())
def test_damaged_engine_files_are_noticed(data, finished, tmp_path):
    folder, structure, engine, stage, jobs, segments = finished
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    victim = data.draw(st.sampled_from(sorted(p.relative_to(copy) for p in copy.rglob("*") if p.is_file())))
    (copy / victim).write_bytes(harmed((copy / victim).read_bytes(), data.draw))
    if victim.parts[0] == "relax":
        again = engine.relax(structure, stage, copy / "relax", name="x")
        expected = engine.relax(structure, stage, folder / "relax", name="x")
        assert again.model_copy(update={"core_seconds": 0}) == expected.model_copy(update={"core_seconds": 0})
        return
    for job, segment in zip(jobs, segments, strict=True):
        try:
            found = engine.run_segment(structure, job.model_copy(update={"folder": copy / "md"}))
        except CheckpointError:
            return
        assert found.model_copy(update={"path": segment.path}) == segment


@pytest.fixture(scope="module")
def record():
    """A record's document, and all its places; as functions, because hypothesis prints what a test is given."""
    from tests.campaign_record import make_record

    document = make_record().to_document()
    everywhere = list(places(document))
    return lambda: (document, everywhere)


@EXAMPLES
@given(data=st.data())
def test_records_with_any_value_anywhere(data, record, tmp_path):
    from screening.record.record_file import read_record

    document, everywhere = record()
    where = everywhere[data.draw(st.integers(0, len(everywhere) - 1))]
    path = tmp_path / "record.json"
    path.write_text(json.dumps(changed(document, where, data.draw(VALUES))))
    try:
        read_record(path)
    except UserError as error:
        one_line(error)


@EXAMPLES
@given(content=st.one_of(st.binary(max_size=100), VALUES.map(lambda value: json.dumps(value).encode())))
def test_records_of_any_bytes(content, tmp_path):
    from screening.record.record_file import read_record

    (tmp_path / "record.json").write_bytes(content)
    with pytest.raises(UserError):
        read_record(tmp_path)
