"""Damaged space files, journals, candidates of the Ewald stage, foreign trajectories, entries, connection files."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import CheckpointError, UserError
from tests.chaos.damage import EXAMPLES, VALUES, changed, damaged_text, harmed, harmed_copy, one_line, places
from tests.ewald.search.exhaustive import small_spaces

EXAMPLE = Path(__file__).with_name("space.yaml")


def space_document():
    """A space file that is read without complaint."""
    from ewald.io.space_file import _SpaceFile

    return json.loads(_SpaceFile.model_validate(yaml.safe_load(EXAMPLE.read_text())).model_dump_json(exclude_none=True))


@EXAMPLES
@given(data=st.data())
def test_space_files_with_any_value_anywhere(data, tmp_path):
    from ewald import ConfigurationSpace

    document = space_document()
    where = data.draw(st.sampled_from(sorted(places(document), key=str)))
    path = tmp_path / "space.yaml"
    try:
        path.write_text(yaml.safe_dump(changed(document, where, data.draw(VALUES))), encoding="utf-8")
    except UnicodeEncodeError:
        return
    try:
        ConfigurationSpace.from_file(path)
    except UserError as error:
        one_line(error)


@EXAMPLES
@given(data=st.data())
def test_space_files_with_any_damage(data, tmp_path):
    from ewald import ConfigurationSpace

    path = tmp_path / "space.yaml"
    path.write_bytes(damaged_text(EXAMPLE.read_bytes(), data.draw))
    try:
        ConfigurationSpace.from_file(path)
    except UserError as error:
        one_line(error)


@pytest.fixture(scope="module")
def half_done(tmp_path_factory):
    """A search whose journal is on the disk, and what it found."""
    folder = tmp_path_factory.mktemp("journal")
    return folder, search(folder, resume=False)


def search(folder, *, resume):
    from ewald.search.exhaustive.search import search as exhaustive

    space = small_spaces.rock_salt()
    found = exhaustive(
        space.form, space.group, keep=5, use_symmetry=False, comm=None, workers=1, checkpoint=folder, resume=resume,
        unit_configurations=500, progress=False,
    )  # fmt: skip
    lowest = [(energy, multiplicity, occupation.tobytes()) for energy, multiplicity, occupation in found.lowest]
    return lowest, str(found.histogram), found.evaluated


@EXAMPLES
@given(data=st.data())
def test_a_damaged_journal_is_refused_or_done_again(data, half_done, tmp_path):
    folder, expected = half_done
    copy = tmp_path / "copy"
    assert harmed_copy(folder, copy, data.draw)
    try:
        found = search(copy, resume=True)
    except CheckpointError as error:
        one_line(error)
        return
    assert found == expected


def test_a_journal_whose_lengths_were_changed_is_not_believed(half_done, tmp_path):
    """The checksum is that of names and content together: where one ends and the other begins matters, too."""
    folder, expected = half_done
    for byte in range(4, 12):
        copy = tmp_path / str(byte)
        shutil.copytree(folder, copy)
        (journal,) = copy.glob("*.journal")
        content = bytearray(journal.read_bytes())
        content[byte] ^= 0x20
        journal.write_bytes(content)
        assert search(copy, resume=True) == expected


@pytest.fixture(scope="module")
def screened(tmp_path_factory):
    """The Ewald stage of one composition, with what it left."""
    from screening.arrangements.stage import screen_composition
    from screening.campaign import load_campaign
    from screening.plan.plan import build_plan
    from tests.toy_campaign import TOY

    folder = tmp_path_factory.mktemp("screened")
    (folder / "campaign.yaml").write_text(yaml.safe_dump(TOY))
    campaign = load_campaign(folder / "campaign.yaml")
    (composition,) = build_plan(campaign, folder).compositions
    return folder / "out", composition, campaign.ewald, screen_composition(composition, campaign.ewald, folder / "out")


@EXAMPLES
@given(data=st.data())
def test_a_damaged_outcome_of_the_ewald_stage_is_computed_again(data, screened, tmp_path):
    from screening.arrangements.stage import screen_composition

    folder, composition, settings, (record, candidates) = screened
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    victim = data.draw(st.sampled_from(sorted(path for path in copy.rglob("*") if path.is_file())))
    victim.write_bytes(harmed(victim.read_bytes(), data.draw))
    try:
        found, again = screen_composition(composition, settings, copy)
    except UserError as error:
        one_line(error)
        return
    assert again == candidates
    assert found.energies_eV == record.energies_eV


def trajectories():
    """Small trajectories in foreign formats."""
    head = "NaCl\n1.0\n5 0 0\n0 5 0\n0 0 5\nNa Cl\n1 1\n"
    xdatcar = head + "".join(f"Direct configuration= {n}\n0.1 0.1 0.{n}\n0.5 0.5 0.5\n" for n in range(1, 8))
    frames = [
        f'2\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3\nNa 0 0 0.{n}\nCl 2.5 2.5 2.5\n'
        for n in range(1, 8)
    ]
    return {"XDATCAR": xdatcar, "a.extxyz": "".join(frames)}


@pytest.mark.parametrize("name", ["XDATCAR", "a.extxyz", "a.traj"])
@EXAMPLES
@given(data=st.data())
def test_foreign_trajectories(data, name, tmp_path):
    from screening.trajectory.read import read_trajectory

    path = tmp_path / name
    if name == "a.traj":
        from ase import Atoms
        from ase.io import write

        write(path, [Atoms("NaCl", [[0, 0, 0.1 * n], [2.5, 2.5, 2.5]], cell=[5, 5, 5], pbc=True) for n in range(7)])
        content = path.read_bytes()
    else:
        content = trajectories()[name].encode()
    path.write_bytes(damaged_text(content, data.draw))
    try:
        found = read_trajectory(path, timestep_fs=2.0, every=1)
    except UserError as error:
        one_line(error)
        return
    assert np.isfinite(found.positions_A).all()


@EXAMPLES
@given(data=st.data())
def test_files_of_entries(data, tmp_path):
    from pymatgen.entries.computed_entries import ComputedEntry

    from screening.hull.entries import read_entries
    from tests.screening.hull.phases import PROVENANCE

    entry = ComputedEntry("NaCl", -1.0, data={"energy_key": PROVENANCE.energy_key}).as_dict()
    document = [entry, entry]
    if data.draw(st.booleans()):
        where = data.draw(st.sampled_from(list(places(document))))
        content = json.dumps(changed(document, where, data.draw(VALUES))).encode()
    else:
        content = damaged_text(json.dumps(document, indent=1).encode(), data.draw)
    path = tmp_path / "entries.json"
    path.write_bytes(content)
    try:
        found = read_entries(path, PROVENANCE)
    except UserError as error:
        one_line(error)
        return
    assert all(np.isfinite(item.energy) for item in found.entries)


@EXAMPLES
@given(data=st.data())
def test_connection_files_never_repeat_their_values(data, tmp_path):
    from workflows.database.launchpad_file import read_launchpad_file

    path = tmp_path / "my_launchpad.yaml"
    text = "host: mongodb://me:sesame-91f3c7@nowhere:1/x\nuri_mode: true\nname: fireworks\npassword: sesame-91f3c7\n"
    path.write_bytes(damaged_text(text.encode(), data.draw))
    try:
        read_launchpad_file(path)
        said = ""
    except UserError as error:
        one_line(error)
        said = str(error)
    assert "sesame" not in said
