import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from screening.record.record_file import write_record
from tests.campaign_record import make_record

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_readme_picture"


def test_the_picture_is_a_drawing_of_the_record(tmp_path):
    record = make_record()
    write_record(record, tmp_path / "record.json")
    picture = tmp_path / "pictures" / "funnel.svg"
    subprocess.run([sys.executable, SCRIPT, tmp_path, picture], check=True, capture_output=True)
    root = ET.fromstring(picture.read_text())  # noqa: S314 (our own drawing)
    texts = ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")]
    assert str(len(record.compositions)) in texts
    assert str(len(record.candidates)) in texts
