"""What an engine needs of a machine."""

from pathlib import Path

import pytest

from ewald.errors import CampaignError, DependencyError
from screening.campaign.execution import EngineChoice
from workflows.engines import requirements
from workflows.engines.cache import resolved
from workflows.engines.registry import check_supplied, missing_here, read_settings, require_engine
from workflows.engines.requirements import check_named, lacking


@pytest.fixture
def machine(tmp_path: Path) -> dict:
    """Settings of a pw.x that is here, with a pseudopotential of Na alone."""
    program = tmp_path / "pw.x"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "Na.upf").write_text("")
    return {
        "executable": str(program),
        "pseudo_dir": str(tmp_path),
        "pseudopotentials": {"Na": "Na.upf", "S": "S.upf"},
    }


def settings_of(preset: str, **settings):
    return read_settings(EngineChoice(preset=preset, settings=settings))[1]


def test_what_is_there_is_enough(machine):
    assert lacking(settings_of("espresso", **machine), {"Na"}) is None
    require_engine(EngineChoice(preset="espresso", settings=machine))


@pytest.mark.parametrize(
    ("change", "field"),
    [({"executable": "no-such-pw.x"}, "executable"), ({"pseudo_dir": "/no/such/folder"}, "pseudo_dir")],
)
def test_what_is_not_here_is_named_with_its_field(machine, change: dict, field: str):
    choice = EngineChoice(preset="espresso", settings=machine | change)
    with pytest.raises(DependencyError) as caught:
        require_engine(choice)
    assert caught.value.field == f"engine.settings.{field}"
    assert next(iter(change.values())) in str(caught.value)


def test_a_folder_is_relative_to_the_campaign_file(machine, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    (tmp_path / "upf").mkdir()
    (tmp_path / "upf" / "Na.upf").write_text("")
    choice = resolved(EngineChoice(preset="espresso", settings=machine | {"pseudo_dir": "upf"}), tmp_path)
    assert choice.settings["pseudo_dir"] == str(tmp_path / "upf")
    check_supplied(choice, frozenset({"Na"}))
    at_home = resolved(EngineChoice(preset="cp2k", settings={"data_dir": "~/cp2k"}), tmp_path)
    assert at_home.settings["data_dir"] == str(Path("~/cp2k").expanduser())


def test_every_element_needs_its_file(machine):
    choice = EngineChoice(preset="espresso", settings=machine)
    with pytest.raises(DependencyError, match=r"S\.upf"):
        check_supplied(choice, frozenset({"Na", "S"}))
    with pytest.raises(CampaignError, match="no pseudopotential for Cl, K"):
        check_supplied(choice, frozenset({"Na", "K", "Cl"}))


def test_a_missing_file_is_one_line_where_another_machine_computes_and_a_missing_name_an_error(machine):
    choice = EngineChoice(preset="espresso", settings=machine)
    line = missing_here(choice, frozenset({"Na", "S"}))
    assert line.startswith("the engine cannot start on this machine: ")
    assert "pseudopotentials.S" in line
    assert "S.upf" in line
    assert missing_here(choice, frozenset({"Na"})) is None
    without_program = EngineChoice(preset="espresso", settings=machine | {"executable": "no-such-pw.x"})
    assert "no-such-pw.x is not on the PATH" in missing_here(without_program, frozenset({"Na"}))
    for either in (choice, without_program):
        with pytest.raises(CampaignError, match="no pseudopotential for Cl"):
            missing_here(either, frozenset({"Na", "Cl"}))


def test_engines_without_a_list_of_pseudopotentials_take_every_element():
    check_named(settings_of("cp2k"), {"Na", "Xe"})


def test_vasp_needs_its_program_and_its_potentials(monkeypatch):
    monkeypatch.delenv("PMG_VASP_PSP_DIR", raising=False)
    monkeypatch.setattr(requirements, "_potcars", lambda: False)
    assert lacking(settings_of("vasp", command=["/no/such/srun", "vasp"])).field == "command"
    assert lacking(settings_of("vasp", command=["/bin/sh", "vasp"])).field == "potcar"
    assert lacking(settings_of("vasp", command=["/bin/sh", "vasp"], potcar="spec")) is None


def test_a_code_driven_through_ase_needs_ase(machine, monkeypatch):
    monkeypatch.setattr(requirements, "find_spec", lambda name: None)
    assert "extra ase" in lacking(settings_of("espresso", **machine)).fix
