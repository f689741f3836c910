r"""The LaTeX of the library as MathML: commands that latex2mathml does not know, and names as whole words.

>>> "munder" in converted(r"\operatorname*{\mathbb{E}}_{x \sim p}\, \bigl\lVert x \bigr\rVert", "block")
True
"""

import re
from xml.etree import ElementTree

from latex2mathml.converter import convert

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
COMMANDS = {
    r"\begin{aligned}": r"\begin{align*}",
    r"\end{aligned}": r"\end{align*}",
    r"\operatorname*{\mathbb{E}}": r"\operatorname*{Expectation}",
    r"\lVert": "‖",
    r"\rVert": "‖",
    r"\|": "‖",
    r"\sim": "∼",
    r"\textstyle\sum": "∑",
}
COMMAND = re.compile("|".join(re.escape(name) + r"(?![a-zA-Z])" * name[-1].isalpha() for name in COMMANDS))
TEXT_OPERATOR = re.compile(r"\\operatorname\{(\\text\{[^{}]*\})\}")


def converted(latex: str, display: str) -> str:
    """The formula as MathML.

    Parameters
    ----------
    display : "block" or "inline".
    """
    known = TEXT_OPERATOR.sub(r"\1", COMMAND.sub(lambda command: COMMANDS[command[0]], latex))
    tree = ElementTree.fromstring(convert(known, display=display))
    for element in tree.iter():
        tag, children = element.tag.removeprefix(f"{{{NAMESPACE}}}"), list(element)
        if tag == "msub" and children[0].get("movablelimits"):
            element.tag = f"{{{NAMESPACE}}}munder"
        elif tag == "mo" and element.text == "Expectation":
            element.text = "𝔼"
        elif tag == "mtext":
            element.text = (element.text or "").replace(r"\_", "_")
        elif tag == "mrow" and len(children) > 1 and len({child.get("mathvariant") for child in children}) == 1:
            _join_letters(element, children)
    ElementTree.register_namespace("", NAMESPACE)
    return ElementTree.tostring(tree, encoding="unicode")


def _join_letters(row: ElementTree.Element, letters: list[ElementTree.Element]) -> None:
    """Make one identifier of letters of one style, so that the name is read out as a word."""
    if style := letters[0].get("mathvariant"):
        row.tag, row.text = f"{{{NAMESPACE}}}mi", "".join(letter.text or "" for letter in letters)
        row.set("class", style)
        for letter in letters:
            row.remove(letter)
