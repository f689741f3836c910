"""Letters: text for LaTeX. What pdfLaTeX cannot write keeps its letter, and pdfLaTeX shows its number.

>>> print(in_latex("50 % of λ → é"))
50 \\% of $\\lambda$ $\\rightarrow$ \\'{e}
>>> print(in_latex("中"))
\\ldletter{中}{4E}{2D}
"""

from __future__ import annotations

import unicodedata

from learning_diagrams.errors import printable
from learning_diagrams.terms.latex_text import latex

_DIGITS = ("₀₁₂₃₄₅₆₇₈₉", "⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = {f"{mark}{i}": digit for mark, digits in zip("_^", _DIGITS, strict=True) for i, digit in enumerate(digits)}
SYMBOLS = {
    "→": r"\rightarrow", "←": r"\leftarrow", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "⇐": r"\Leftarrow",
    "≠": r"\neq", "≤": r"\leq", "≥": r"\geq", "≈": r"\approx", "≅": r"\cong", "∼": r"\sim", "−": "-", "×": r"\times",
    "·": r"\cdot", "∘": r"\circ", "⊗": r"\otimes", "⊕": r"\oplus", "‖": r"\Vert", "∞": r"\infty", "√": r"\surd",
    "∈": r"\in", "∀": r"\forall", "∃": r"\exists", "∇": r"\nabla", "∂": r"\partial", "ω": r"\omega", "α": r"\alpha",
    "ρ": r"\rho", "τ": r"\tau", "χ": r"\chi", "ν": r"\nu", "ι": r"\iota", "κ": r"\kappa", "′": "'", "†": r"\dagger",
    "″": "''", "∗": "*", "ϕ": r"\phi", "ϑ": r"\vartheta", "ϵ": r"\epsilon", "ℓ": r"\ell", "⊤": r"\top", "⊥": r"\bot",
    "⟨": r"\langle", "⟩": r"\rangle", "⋆": r"\star", "±": r"\pm", "∅": r"\emptyset", "∣": r"\mid",
    "‴": "'''", "⁽": "^{(}", "⁾": "^{)}",
} | {digit: latex for latex, digit in DIGITS.items()}  # fmt: skip
PLAIN = {"…": r"\ldots{}", "“": "``", "”": "''", "–": "--", "—": "---", "-": "-{}", "ß": r"\ss{}", "\u00a0": "~"}
LETTER = r"""\providecommand{\ldnumber}[2]{{\ldsize{4}\shortstack{#1\\#2}}}
\providecommand{\ldletter}[3]{\ifx\pdftexversion\undefined\iffontchar\font"#2#3 #1\else\ldnumber{#2}{#3}\fi
  \else\ifcsname u8:\detokenize{#1}\endcsname#1\else\ldnumber{#2}{#3}\fi\fi}"""


def in_latex(text: str) -> str:
    """A text for LaTeX in text mode; of several spaces in a row each one stays."""
    return "".join(map(_letter, printable(text))).replace("  ", r"\ \ ").replace(r"\  ", r"\ \ ")


def symbol(name: str) -> str:
    """A name in math mode: one letter as it is, a word upright.

    >>> symbol("f"), symbol("encode")
    ('f', '\\\\textrm{encode}')
    """
    return name if len(name) == 1 and name.isascii() and name.isalpha() else f"\\textrm{{{in_latex(name)}}}"


def _letter(char: str) -> str:
    if char in SYMBOLS:
        return f"${SYMBOLS[char]}$"
    if char in PLAIN:
        return PLAIN[char]
    name, letter = unicodedata.name(char, ""), unicodedata.normalize("NFKC", char)
    if letter.isascii() and letter.isalpha() and ("DOUBLE-STRUCK" in name or "SCRIPT" in name):  # ℝ and ℒ
        return f"$\\math{'cal' if 'SCRIPT' in name else 'bf'}{{{letter}}}$"
    plain = latex(char)
    if char.isascii() or not plain.startswith(r"\textbackslash"):
        return plain
    number = f"{ord(char):04X}" if ord(char) < 0x10000 else f"{ord(char):06X}"
    half = len(number) // 2
    return "" if unicodedata.combining(char) else f"\\ldletter{{{char}}}{{{number[:half]}}}{{{number[half:]}}}"
