"""Markup is escaped."""

from screening.report.html.markup import tag


def test_markup_escapes_text_and_attributes():
    assert tag("a", "<&", title='"x"') == '<a title="&quot;x&quot;">&lt;&amp;</a>'
