"""Text for LaTeX: what pdfLaTeX and KaTeX read, in text mode.

>>> print(latex("50 % of λ, é, 中"))
50 \\% of $\\lambda$, \\'{e}, \\textbackslash{}u4e2d
"""

from __future__ import annotations

import unicodedata

# Greek letters that look like no Latin letter, with their names in LaTeX.
GREEK = {
    unicodedata.lookup(f"GREEK {size} LETTER {name.upper()}"): f"$\\{name if size == 'SMALL' else name.title()}$"
    for size, names in (
        ("SMALL", "beta gamma delta epsilon zeta eta theta xi pi sigma phi psi"),
        ("CAPITAL", "gamma delta theta xi pi sigma phi psi omega"),
    )
    for name in names.split()
} | {"λ": r"$\lambda$", "Λ": r"$\Lambda$", "μ": r"$\mu$"}
# Signs that look like none of these letters and like no other sign here.
SIGNS = {
    "⊣": "dashv", "⊢": "vdash", "∂": "partial", "∇": "nabla", "⊗": "otimes", "⊕": "oplus", "⊙": "odot", "⊖": "ominus",
    "∘": "circ", "≤": "leq", "≥": "geq", "≠": "neq", "→": "to", "←": "leftarrow", "↔": "leftrightarrow", "∞": "infty",
    "∅": "emptyset", "⊥": "bot", "∩": "cap", "√": "surd", "±": "pm", "÷": "div", "∀": "forall", "∃": "exists",
    "¬": "neg", "⊸": "multimap", "◁": "triangleleft", "▷": "triangleright", "★": "bigstar",
}  # fmt: skip
SIGNS = {char: f"$\\{name}$" for char, name in SIGNS.items()}
SIGNS |= {char: f"$\\mathbb{{{letter}}}$" for char, letter in zip("ℝℕℤℚℂ", "RNZQC", strict=True)}
SIGNS |= {char: f"${{}}^{digit}$" for char, digit in zip("¹²³", "123", strict=True)}
ACCENTS = dict(zip("\u0300\u0301\u0302\u0303\u0304\u0308\u030a\u030c", "`'^~=\"rv", strict=True))
_LATEX = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}"}
_LATEX |= {">": r"\textgreater{}", "|": r"\textbar{}"} | {char: "\\" + char for char in "#$%&_{}"}


def latex(text: str) -> str:
    """Printed text as LaTeX in text mode. A character that neither reader has gets its number."""
    return "".join(map(_latex, text))


def code_point(char: str) -> str:
    """The number of a character, as an escape.

    >>> print(code_point("中"))
    \\u4e2d
    """
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _latex(char: str) -> str:
    if char.isascii():
        return _LATEX.get(char, char)
    if char in GREEK or char in SIGNS:
        return GREEK.get(char) or SIGNS[char]
    base, *marks = tuple(unicodedata.normalize("NFD", char))
    if len(marks) == 1 and marks[0] in ACCENTS and base.isascii():
        return f"\\{ACCENTS[marks[0]]}{{{base}}}"
    return _LATEX["\\"] + code_point(char)[1:]
