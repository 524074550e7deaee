import csv
import subprocess
import sys
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from tests.toy_campaign import THREE
from tests.workflows.loop.test_choose import begun
from workflows.cli.loop import nimo

pytestmark = pytest.mark.mongod


def test_a_campaign_goes_to_nimo_and_its_proposals_come_back(launchpad, choosing, tmp_path, monkeypatch):
    from contextlib import contextmanager

    from workflows.operations import session as module

    results = choosing()
    opened = SimpleNamespace(
        results=lambda: results, launchpad=launchpad, file=SimpleNamespace(folder=results.entry.folder)
    )

    @contextmanager
    def session(*arguments, **options):
        yield opened

    monkeypatch.setattr(module, "session", session)
    app = typer.Typer()
    nimo.register(app)
    app.command("other")(lambda: None)
    said = CliRunner().invoke(app, ["nimo", "export", "toy", "--folder", str(tmp_path)])
    assert "3 compositions, 0 with a value" in said.stdout
    rows = list(csv.DictReader((tmp_path / "compositions.csv").read_text().splitlines()))
    waiting = [row for row in rows if row["composition"] not in begun(launchpad, results)]
    (tmp_path / "proposals.csv").write_text("actions\n" + "".join(f"{row['action']}\n" for row in waiting))
    said = CliRunner().invoke(app, ["nimo", "import", "toy", "--folder", str(tmp_path)])
    assert f"{len(waiting)} proposed, {len(waiting)} of them new" in said.stdout
    assert len(begun(launchpad, results)) == 3


@pytest.mark.slow
def test_the_loop_computes_what_is_asked_for_and_ends_after_its_rounds(campaign, environment, tmp_path):
    path = campaign(strategy={"method": "nimo", "prior": False}, **THREE)
    folder = tmp_path / "exchange"
    (folder / "inputs").mkdir(parents=True)
    (folder / "proposals.csv").write_text("actions\n1\n", encoding="utf-8")
    (folder / "inputs" / "inputend.txt").touch()
    command = [sys.executable, "-m", "workflows.cli.main", "nimo", "loop", str(path), "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--workers", "1", "--rounds", "1"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (value,) = (folder / "outputs" / "results.csv").read_text(encoding="utf-8").split()
    assert (folder / "outputs" / "outputend.txt").exists()
    assert -5 < float(value) < 5
