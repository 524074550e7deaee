"""Markup is escaped."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from screening.report.html.markup import tag


def test_markup_escapes_text_and_attributes():
    assert tag("a", "<&", title='"x"\'s') == "<a title='\"x\"&#x27;s'>&lt;&amp;</a>"
    assert tag("a", title="x\"y'z'") == '<a title="x&quot;y&#x27;z&#x27;"></a>'
    assert tag("a", title="'<&") == '<a title="&#x27;&lt;&amp;"></a>'


@given(st.text())
def test_a_browser_reads_back_every_attribute(value):
    found = []
    reader = HTMLParser()
    reader.handle_starttag = lambda _, attributes: found.extend(attributes)
    reader.feed(tag("a", title=value.replace("\r", "")))
    assert found == [("title", value.replace("\r", ""))]
