"""Maps of dopant against level."""

import re

from screening.report.drawing.heat_map import HeatCell, heat_map

CELLS = {
    ("W", "0.1"): HeatCell(10.0, "10", "W a little"),
    ("W", "0.5"): HeatCell(1000.0, "1000", "W much"),
    ("Mo", "0.1"): HeatCell(None, "…", "not yet"),
}


def fills(**options):
    drawn = str(heat_map("t", ["W", "Mo"], ["0.1", "0.5"], CELLS, **options))
    return re.findall(r"<rect[^>]*?(?:fill=\"(#\w+)\"|class=\"(empty)\")[^>]*>", drawn)


def test_high_is_bright_unless_low_is_good_and_what_is_not_known_stays_grey():
    low, high, unknown, unplanned = (a or b for a, b in fills())
    assert (low, high) == ("#440154", "#fde725")
    assert unknown == unplanned == "empty"
    assert [a or b for a, b in fills(low_is_good=True)][:2] == ["#fde725", "#440154"]


def test_colours_go_by_fixed_limits_where_they_are_given():
    assert fills(limits=(0.0, 2000.0))[1][0] != "#fde725"
    assert fills(limits=(0.0, 1000.0))[1][0] == "#fde725"


def test_a_logarithmic_map_of_one_value_and_of_zero_is_drawn():
    cells = {("W", "0.1"): HeatCell(0.0, "0", "none"), ("W", "0.5"): HeatCell(2.0, "2", "some")}
    assert "#" in str(heat_map("t", ["W"], ["0.1", "0.5"], cells, log=True))


def test_a_long_text_is_pressed_into_its_cell_and_a_short_one_is_not():
    cells = {("W", "0.1"): HeatCell(1.0, "a long verdict", "long"), ("W", "0.5"): HeatCell(2.0, "2", "short")}
    drawn = str(heat_map("t", ["W"], ["0.1", "0.5"], cells))
    assert re.findall(r'textLength="68"[^>]*>([^<]*)<', drawn) == ["a long verdict"]
