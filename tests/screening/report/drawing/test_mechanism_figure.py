"""The picture of a mechanism."""

import pytest

from screening.mechanism.analysis import find_mechanism
from screening.report.drawing.mechanism_figure import write_mechanism_figure
from tests.screening.mechanism.hopping import hopping


@pytest.mark.parametrize("rate", [0.2, 0.0])
def test_pictures_with_and_without_jumps(tmp_path, rate):
    found = find_mechanism(hopping(frames=300, rate_per_ps=rate)[0], species="Li", temperature_K=500)
    write_mechanism_figure(found, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert text.count('id="axes_') == 6
