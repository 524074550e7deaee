"""Tables for notebooks."""

import xml.etree.ElementTree as ET

from ewald.html_table import html_table


def test_a_table_is_well_formed_whatever_stands_in_it():
    written = html_table("a < b & c", ["one", "<two>"], [[1, "Li & Na"], [2.5, '"']])
    table = ET.fromstring(written)  # noqa: S314 - written here
    assert table.find("caption").text == "a < b & c"
    assert [cell.text for cell in table.iter("th")] == ["one", "<two>"]
    assert [cell.text for cell in table.iter("td")] == ["1", "Li & Na", "2.5", '"']
