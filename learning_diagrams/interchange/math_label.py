r"""Labels of drawn diagrams: a piece of LaTeX in math mode, read as plain text or as a type.

>>> plain_text(r"\textrm{image\_small}"), plain_text(r"f_\theta"), plain_text(r"\mystery{f}")
('image_small', 'f_θ', None)
>>> lines_of(r"\substack{\textrm{distilled} \\ \textrm{weight 0.5}}")
['distilled', 'weight 0.5']
>>> factors_of(r"\boxed{\textrm{digits}} \otimes A^{\otimes 2}")
[('\\textrm{digits}', True), ('A', False), ('A', False)]
"""

from __future__ import annotations

import re

from pylatexenc.latex2text import LatexNodes2Text, get_default_latex_context_db
from pylatexenc.latexwalker import LatexWalkerError

from learning_diagrams.drawing.tex.letters import DIGITS, in_latex

LONGEST, DEPTH = 5_000, 50  # characters, and open braces, of a label
_LETTER = re.compile(r"\\ldletter\{(.)\}\{\w+\}\{\w+\}")
_MACRO = re.compile(r"\\([a-zA-Z]+)")
_TEXT = {"textgreater": ">", "textless": "<", "textasciicircum": "^", "textbar": "|", "textbackslash": "\\"}
_GREEK = str.maketrans("ϕϵ", "φε")  # \\phi and \\epsilon are the usual letters
_NAMED = re.compile(rf"\\({'|'.join(_TEXT)})(\{{\}}|(?![a-zA-Z]) ?)")
_READ = {"ldletter", "boxed", *_TEXT}
_OUTSIDE = {"input", "include", "title", "author", "date", "today", "href", "url", "item", "footnote"}
_TABLES = get_default_latex_context_db()
_ENVELOPES = (("\\substack{", "}"), ("\\begin{array}{c}", "\\end{array}"), ("{", "}"))
_FRAME = "\\boxed{"
_POWER = re.compile(r"(.+)\^\{(?:\\otimes|⊗) ?(\d{1,3})\}")


def plain_text(latex: str) -> str | None:
    """The text of a label; None where it holds what has no plain text, is too long, or is no LaTeX."""
    if not any(char in latex for char in "\\{}$^%&#~`'\"-"):
        return latex.strip()
    macros = set(_MACRO.findall(latex)) - _READ
    known = all(_TABLES.get_macro_spec(macro) is not None for macro in macros) and not macros & _OUTSIDE
    if len(latex) > LONGEST or not known or not is_balanced(latex) or re.search(r"(?<!\\)[%&#~]", latex):
        return None
    latex = _LETTER.sub(r"\1", latex)
    latex = re.sub(r"\$([_^]\d)\$", lambda match: DIGITS.get(match[1], match[0]), latex)
    latex = _NAMED.sub(lambda match: f"{{{_TEXT[match[1]]}}}" if match[1] != "textbackslash" else match[0], latex)
    try:
        text: str = LatexNodes2Text(strict_latex_spaces=True).latex_to_text(latex, tolerant_parsing=False)
    except LatexWalkerError:
        return None
    return text.strip().translate(_GREEK)


def is_balanced(latex: str) -> bool:
    """Whether braces close what they open, at most 50 deep."""
    depth = 0
    for mark in re.findall(r"\\.|[{}]", latex, re.DOTALL):
        depth += (mark == "{") - (mark == "}")
        if not 0 <= depth <= DEPTH:
            return False
    return depth == 0


def bare(latex: str) -> str:
    """A label without the braces and the stack around it."""
    latex = latex.strip()
    for start, end in _ENVELOPES:
        inner = latex[len(start) : len(latex) - len(end)]
        if latex.startswith(start) and latex.endswith(end) and is_balanced(inner):
            return bare(inner)
    return latex


def lines_of(latex: str) -> list[str | None]:
    """The lines of a label as plain text; none for an empty label."""
    inner = bare(latex)
    return [plain_text(bare(line)) for line in at_top(inner, r"\\\\")] if inner else []


def in_one_line(latex: str) -> str:
    """A label whose lines, if there are several, are joined."""
    lines = lines_of(latex)
    return latex if len(lines) < 2 or None in lines else f"\\textrm{{{in_latex(' '.join(filter(None, lines)))}}}"


def factors_of(latex: str) -> list[tuple[str, bool]]:
    """The factors of a product, each as LaTeX, and whether it stands in a frame; none for the unit I."""
    factors: list[str] = []
    for factor in at_top(bare(latex), r"\\otimes(?![a-zA-Z])|\\times(?![a-zA-Z])|[⊗×]"):
        power = _POWER.fullmatch(factor.strip())
        factors += [bare(power[1])] * int(power[2]) if power else [bare(factor)]
    if factors == ["I"]:
        return []
    return [
        (bare(factor[len(_FRAME) : -1]), True)
        if factor.startswith(_FRAME) and factor.endswith("}")
        else (factor, False)
        for factor in factors
    ]


def at_top(latex: str, separator: str) -> list[str]:
    """The parts of a text between separators that stand outside of braces and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for match in re.finditer(rf'(?P<separator>{separator})|\\[a-zA-Z]+|\\.|[{{}}"]', latex, re.DOTALL):
        piece = match.group()
        depth += (piece == "{") - (piece == "}")
        quoted ^= piece == '"' and depth == 0
        if match.lastgroup and depth == 0 and not quoted:
            parts.append(latex[start : match.start()])
            start = match.end()
    return [*parts, latex[start:]]
