import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import yaml

from screening.record.record_file import write_record
from tests.campaign_record import make_record


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work") / "campaigns" / "made-up"
    write_record(make_record(), folder / "record.json")
    return folder


def ionsieve(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "workflows.cli.main", *map(str, arguments)],
        capture_output=True, text=True, cwd=cwd, check=False,
    )  # fmt: skip


def test_report_writes_the_page_and_prints_the_ranking(folder):
    done = ionsieve("report", folder, cwd=folder.parents[1])
    assert done.returncode == 0, done.stderr
    assert (folder / "report" / "index.html").stat().st_size > 100_000
    assert "candidates near the hull" in done.stdout


def test_the_campaign_file_finds_its_folder(folder, tmp_path):
    campaign = make_record().campaign.model_dump(mode="json") | {"work_dir": str(folder.parent)}
    path = tmp_path / "made-up.yaml"
    path.write_text(yaml.safe_dump(campaign))
    done = ionsieve("explain", "Na3PS4-W0.125-vac_a1", "--campaign", path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Na3PS4-W0.125-vac_a1" in done.stdout


def test_explain_without_or_with_two_campaigns_is_a_user_error(folder):
    for arguments in ((), ("--folder", folder, "--campaign", "x.yaml")):
        done = ionsieve("explain", "a", *arguments, cwd=folder)
        assert done.returncode == 2
        assert done.stderr.startswith("error: --campaign / --folder")
        assert done.stderr.count("\n") == 1


def test_export_adds_to_a_group_database_once(folder, tmp_path):
    for _ in range(2):
        done = ionsieve("export", folder, "--database", tmp_path / "group.sqlite", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "group.sqlite")) as connection:
        rows = connection.execute("SELECT COUNT(*) FROM diffusivity").fetchone()[0]
    assert rows == sum(run.transport is not None for run in make_record().md)


def test_export_to_a_folder_and_to_a_database_does_both(folder, tmp_path):
    options = ("--out", tmp_path / "out", "--database", tmp_path / "group.sqlite")
    done = ionsieve("export", folder, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "candidates.csv").is_file()
    assert (tmp_path / "group.sqlite").is_file()


def test_a_folder_without_a_record_is_one_clear_line(tmp_path):
    done = ionsieve("report", tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert "record.json" in done.stderr
    assert done.stderr.count("\n") == 1
