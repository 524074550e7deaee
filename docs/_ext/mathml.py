"""Sphinx extension that writes formulas as MathML, so that the pages need no script from the network to show them."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

#: LaTeX's \frac12 is one half; docutils reads the number twelve unless braces stand around each digit.
BARE_FRACTION = re.compile(r"\\([td]?frac)(\d)(\w)")


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(_mathml(node, as_block=False))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{_mathml(node, as_block=True)}</div>')
    raise nodes.SkipNode


def _mathml(node: nodes.Element, *, as_block: bool) -> str:
    """Return the formula as MathML; one that cannot be read is a warning, which ends the build of the documentation."""
    text = BARE_FRACTION.sub(r"\\\1{\2}{\3}", node.astext())
    try:
        return str(tex2mathml(text, as_block=as_block))
    except MathError as error:
        logging.getLogger(__name__).warning("cannot write %r as MathML: %s", node.astext(), error, location=node)
        return ""
