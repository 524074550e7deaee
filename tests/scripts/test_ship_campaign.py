import subprocess
import sys
from pathlib import Path

from screening.record.record_file import read_record
from workflows.shipped import finished_campaign

SCRIPT = Path(__file__).parents[2] / "scripts" / "ship_campaign"


def segments(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.npz")}


def test_shipping_what_was_shipped_gives_the_same(tmp_path):
    again = tmp_path / "again"
    command = [sys.executable, SCRIPT, finished_campaign(), "--out", again]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read_record(again).to_document() == read_record(finished_campaign()).to_document()
    assert segments(again) == segments(finished_campaign())
    assert segments(again)


def test_a_record_can_be_shipped_alone_and_compressed(tmp_path):
    command = [sys.executable, SCRIPT, finished_campaign(), "--out", tmp_path, "--record-only"]
    subprocess.run(command, capture_output=True, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["record.json.xz"]
    assert read_record(tmp_path).to_document() == read_record(finished_campaign()).to_document()
