import re

import pytest

from screening.report.drawing.chart import Chart, drawing, marker, series_styles
from screening.report.html.palette import SHAPES


def chart(**changes):
    return Chart(**{"title": "t", "x_label": "x", "y_label": "y", "x_values": [0, 4], "y_values": [0, 10]} | changes)


def test_larger_values_are_further_right_and_higher_up():
    (first, last) = re.search(r'points="([^"]+)"', str(chart().line([(1, 2), (3, 8)]).svg()))[1].split()
    (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in (first, last))
    assert x1 < x2
    assert y1 > y2


def test_bars_stand_on_the_axis_and_empty_ones_are_not_drawn():
    drawn = chart(y_zero=True)
    bars = re.findall(r"<rect[^>]*fill-opacity[^>]*>", str(drawn.bars([0, 1, 2, 3], [5, 0, 10]).svg()))
    assert len(bars) == 2
    for bar in bars:
        top, height = (float(re.search(rf'\b{name}="([^"]+)"', bar)[1]) for name in ("y", "height"))
        assert top + height == pytest.approx(drawn.y.start, abs=0.11)


def test_bars_without_their_last_edge_are_refused():
    with pytest.raises(ValueError, match="zip"):
        chart().bars([0, 1, 2], [5, 3, 1])


def test_words_of_the_data_cannot_become_elements():
    text = str(chart(title="<script>").mark(1, 1, label="<script>").level(3, "<script>").figure("<script>"))
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") == 6


@pytest.mark.parametrize("shape", [*SHAPES, "ring"])
def test_every_shape_of_the_palette_can_be_drawn(shape):
    assert marker(1, 1, shape, 4, "#000")


def test_series_are_told_apart_even_when_there_are_many():
    styles = series_styles([*"abcdabcd", "e"])
    assert list(styles) == list("abcde")
    assert len(set(styles.values())) == 5


def test_only_a_wide_drawing_is_scrolled_on_a_phone():
    assert 'class="chart"' in str(drawing("t", 460, 290))
    assert 'class="chart broad"' in str(drawing("t", 640, 280))
