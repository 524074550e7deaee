"""HTML and SVG built from elements, with every text escaped unless it is markup already."""

from collections.abc import Iterable
from html import escape

VOID = frozenset({"br", "circle", "hr", "img", "input", "line", "meta", "path", "polyline", "polygon", "rect"})
"""Elements written without a closing tag (HTML's void elements and SVG's shapes without children)."""


class Markup(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


Content = str | int | float | Markup | None
Attribute = str | int | float | None


def tag(name: str, /, *content: Content | Iterable[Content], **attributes: Attribute) -> Markup:
    """Build an element.

    Parameters
    ----------
    name
        Element name.
    content
        Texts are escaped, :class:`Markup` is not; None is left out; iterables are joined.
    attributes
        A trailing underscore is dropped (`class_`), other underscores become hyphens; None leaves the attribute out.

    Examples
    --------
    >>> tag("p", "a < b", tag("b", "c"), class_="note")
    '<p class="note">a &lt; b<b>c</b></p>'
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={_quoted(str(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(text(part) for part in content)
    if name in VOID and not inner:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{inner}</{name}>")


def _quoted(value: str) -> str:
    """Return an attribute's value in the quotes that leave most of it as it is: JSON is full of double ones."""
    if value.count('"') <= value.count("'"):
        return f'"{escape(value)}"'
    return "'" + escape(value, quote=False).replace("'", "&#x27;") + "'"


def text(part: Content | Iterable[Content]) -> str:
    """Return escaped text; markup passes unchanged, None is empty, iterables are joined."""
    if part is None:
        return ""
    if isinstance(part, Markup):
        return part
    if isinstance(part, str | int | float):
        return escape(str(part))
    return "".join(text(item) for item in part)


def join(*parts: Content | Iterable[Content]) -> Markup:
    """Put parts one after the other."""
    return Markup("".join(text(part) for part in parts))


def folded(summary: Content, *content: Content | Iterable[Content], **attributes: Attribute) -> Markup:
    """Build a part of the page that is opened by its summary."""
    return tag("details", tag("summary", summary), *content, **attributes)


def facts(pairs: Iterable[tuple[str, Content]]) -> Markup:
    """Build a list of names and values."""
    return tag("dl", (join(tag("dt", name), tag("dd", value)) for name, value in pairs), class_="facts")
