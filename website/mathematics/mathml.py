"""Formulas of pages as MathML, which browsers draw without a script and without a network."""

import re
from html import unescape

from website.mathematics.latex_commands import converted

FORMULA = re.compile(r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>', re.S)


def on_page_content(html: str, **_: object) -> str:
    r"""The page with each formula written out.

    >>> on_page_content(r'<p>Let <span class="arithmatex">\(x\)</span> be.</p>')
    '<p>Let <math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>x</mi></mrow></math> be.</p>'
    """
    return FORMULA.sub(_mathml, html)


def _mathml(formula: re.Match[str]) -> str:
    display = "block" if formula["tag"] == "div" else "inline"
    return converted(unescape(formula["latex"]).strip(), display)
