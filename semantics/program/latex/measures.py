r"""Measures: the divergence of a reference and a prediction in LaTeX, by its name or written out.

>>> print(*Measures().between(Divergence("kl"), "y", Point("y"), Output("f", "x")), sep="")
\operatorname{KL}\bigl(y \,\big\|\, f(\cdot \mid x)\bigr)
>>> print(*Measures(written=True).between(Divergence("kl"), "y", Point("y"), Output("f", "x")), sep="")
-\log f(y \mid x)
>>> print(mathematics("½ Σ_k |r_k − p_k|"))
\tfrac{1}{2} \sum_{k} |r_{k} - p_{k}|
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import starmap
from math import prod
from typing import Any, Protocol, runtime_checkable

from learning_diagrams.drawing.tex.letters import SYMBOLS
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.semantics.divergences import DivergenceKind, divergence
from learning_diagrams.semantics.functor.space import Space
from learning_diagrams.semantics.least_term import KindOf
from learning_diagrams.semantics.program.latex.expressions import End, Output, Point
from learning_diagrams.semantics.program.latex.symbols import Symbols, titled
from learning_diagrams.terms.latex_text import GREEK, latex

_NAMES = {
    "kl": r"\operatorname{KL}", "reverse_kl": r"\operatorname{KL}", "jensen_shannon": r"\operatorname{JS}",
    "total_variation": r"\operatorname{TV}", "hellinger": r"\operatorname{H}^{2}", "renyi": r"\operatorname{R}",
    "chi_squared": r"\chi^{2}", "nll": r"\operatorname{NLL}", "info_nce": r"\operatorname{InfoNCE}",
    "mmd": r"\operatorname{MMD}^{2}", "sliced_wasserstein": r"\operatorname{SW}^{2}",
}  # fmt: skip
# Of two points, in place of a name: before the prediction, between the two, and after the reference.
_NORMS = {
    "squared_error": (r"\bigl\lVert ", " - ", r"\bigr\rVert^{2}"),
    "mean_squared_error": (r"\bigl\lVert ", " - ", r"\bigr\rVert^{2}"),  # after 1/n
    "absolute": (r"\bigl\lVert ", " - ", r"\bigr\rVert_{1}"),
    "difference": (r"\textstyle\sum \bigl(", " - ", r"\bigr)"),
    "cosine": (r"\bigl(1 - \cos(", r",\, ", r")\bigr)"),
}
_OPTIONS = {
    "temperature": r"\tau", "delta": r"\delta", "alpha": r"\alpha", "bandwidth": r"\sigma",
    "label_smoothing": r"\varepsilon", "class_weight": "w",
}  # fmt: skip
_SYMBOLS = {char: name.strip("$") for char, name in GREEK.items()} | SYMBOLS | {
    "Σ": r"\sum", "½": r"\tfrac{1}{2}", "‖": r"\,\|\,", "E": r"\mathbb{E}", "\\": r"\backslash", "^": r"\hat{\ }",
    "~": r"\sim",
} | {char: f"\\{char}" for char in "{}#$%&_"}  # fmt: skip
_TOKEN = re.compile(r"√\(([^()]*)\)|_(\w+)|\^\(([^()]*)\)|\^([^\W_])|([A-Za-z]{2,})|(.)", re.S)
TEXT = r"\text"
# What stands before and after the place at which a line may end.
Pieces = tuple[str, str]


@runtime_checkable
class Shaped(Protocol):
    """A space that says how many numbers a row has; a size None is any size."""

    @property
    def shape(self) -> tuple[int | None, ...]: ...


class Measures:
    """Writes divergences, and remembers which of them a reader may look up.

    Parameters
    ----------
    symbols : Symbols of the objects.
    kind : function from the name of a divergence to its kind.
    written : bool, whether divergences are written out.
    number : function from an option's value and a hint of its symbol to LaTeX.

    Attributes
    ----------
    definitions : dict from the name of a divergence, or from a number of features that no space says, to its LaTeX.
    """

    def __init__(
        self,
        symbols: Symbols | None = None,
        kind: KindOf = divergence,
        written: bool = False,
        number: Callable[[Any, str], str] = lambda value, hint: str(value),
    ) -> None:
        self.symbols, self.kind, self.written, self.number = symbols or Symbols(), kind, written, number
        self.definitions: dict[str, str] = {}

    def between(
        self, choice: Divergence | None, wire: str, reference: End, prediction: End, space: Space | None = None
    ) -> Pieces:
        """The divergence of the ends of one wire.

        wire : str, the object of the wire, whose divergence is meant where no other is named.
        """
        if choice is None:
            return self._named(f"D_{{{self.symbols.name(wire)}}}", reference.text, prediction.text)
        points = isinstance(reference, Point) and isinstance(prediction, Point)
        if choice.name in _NORMS and points:
            start, middle, end = _NORMS[choice.name]
            if choice.name == "mean_squared_error":
                start = self._share(wire, space) + start
            return start + prediction.text, middle + reference.text + end
        likelihood = choice.name in ("kl", "nll") and not choice.options and _is_label(reference, space)
        if self.written and likelihood and isinstance(prediction, Output) and not prediction.detached:
            return rf"-\log {prediction.at(reference.text)}", ""
        return self.named(choice, reference.text, prediction.text)

    def _share(self, wire: str, space: Space | None) -> str:
        """1/n for the n features of a row: a number where the space says it, else a letter that is defined."""
        if isinstance(space, Shaped) and None not in space.shape:
            features = prod(size or 0 for size in space.shape)
            return "" if features == 1 else rf"\tfrac{{1}}{{{features}}} "
        ob = self.symbols.name(wire)
        count = f"{self.symbols.count}_{{{ob}}}"
        self.definitions[count] = rf"\text{{the number of features of }} {ob}"
        return rf"\tfrac{{1}}{{{count}}} "

    def named(self, choice: Divergence | None, reference: str, prediction: str) -> Pieces:
        """A divergence by its name, with its options."""
        if choice is None:
            return self._named("D", reference, prediction)
        turned = choice.name == "reverse_kl"
        kind, options = self.kind("kl" if turned else choice.name), dict(choice.options)
        for option in kind.options:
            if _OPTIONS.get(option.name, "?").strip("\\") in _spelled(kind) and option.default is not None:
                options.setdefault(option.name, option.default)
        options = {key: value for key, value in options.items() if value not in (False, None)}
        words = titled(choice.name).replace(r"\_", " ")
        name = _NAMES.get(choice.name) or rf"\operatorname{{{words if words.isalpha() else f'{TEXT}{{{words}}}'}}}"
        if options.get("label_smoothing"):  # the value is not 0 where the two are equal
            name = r"\operatorname{CE}"
        if self.written:
            left = self._named(name + _index(map(_symbol, options)), "r", "p")
            self.definitions["".join(left)] = _definition(kind, options)
        shown = starmap(self._option, options.items())
        return self._named(name + _index(shown), *((prediction, reference) if turned else (reference, prediction)))

    def _option(self, key: str, value: Any) -> str:
        symbol = _symbol(key)
        if isinstance(value, tuple):
            return f"{symbol} = ({', '.join(self.number(each, symbol) for each in value)})"
        if isinstance(value, bool | str):
            return symbol if value is True else f"{symbol} = \\text{{{titled(str(value))}}}"
        return f"{symbol} = {self.number(value, symbol)}"

    @staticmethod
    def _named(name: str, first: str, second: str) -> Pieces:
        return rf"{name}\bigl({first}", rf" \,\big\|\, {second}\bigr)"


def _symbol(option: str) -> str:
    return _OPTIONS.get(option) or rf"\text{{{latex(option.replace('_', ' '))}}}"


def _index(texts: Iterable[str]) -> str:
    text = r",\ ".join(texts)
    return f"_{{{text}}}" if text else ""


def _is_label(reference: End, space: Space | None) -> bool:
    """Whether a reference is an outcome of the prediction; a soft label is not."""
    return isinstance(reference, Point) and (space is None or space.outcomes is not None or not space.logits)


def _spelled(kind: DivergenceKind) -> set[str]:
    """The letters of a formula that have names."""
    return {_SYMBOLS[char].strip("\\") for char in kind.formula if char in _SYMBOLS}


def _definition(kind: DivergenceKind, options: Mapping[str, Any]) -> str:
    """The formula of a divergence, with the options that change it."""
    text = mathematics(kind.formula)
    if smoothed := bool(options.get("label_smoothing")):
        text = r"-\sum_{k}\bigl((1-\varepsilon)\,r_{k} + \tfrac{\varepsilon}{n}\bigr)\log p_{k}"
    if options.get("class_weight"):
        text = rf"w_{{r}} \cdot \bigl({text}\bigr)"
    if kind.name == "kl" and "temperature" in options:
        text += r",\quad r, p \text{ softened: } q_{k} \propto q_{k}^{1/\tau}"
    text += r",\quad n \text{ outcomes } k" * smoothed
    text += r"\text{; the mean with } r \text{ and } p \text{ exchanged}" * bool(options.get("symmetric"))
    return text + r",\quad P, P' \sim p,\ R, R' \sim r" * bool(re.search(r"\bP\b", kind.formula))


def mathematics(formula: str) -> str:
    """The formula of a divergence, as its definition writes it, in LaTeX."""
    return re.sub(" (?=[ _^)])", "", _TOKEN.sub(_token, formula))


def _token(match: re.Match[str]) -> str:
    root, low, group, high, word, char = match.groups()
    if root is not None:
        return rf"\sqrt{{{mathematics(root)}}}"
    if low is not None:
        return f"_{{{low if low.isascii() else mathematics(low)}}}"
    if group is not None or high is not None:
        return f"^{{{mathematics(group or high)}}}"
    if word is not None:
        known = word in ("log", "exp", "max", "min")
        return rf"\{word} " if known else rf"\text{{ {word} }}" if word.islower() else rf"\operatorname{{{word}}}"
    if char in _SYMBOLS:
        return _SYMBOLS[char] + " " * _SYMBOLS[char][-1].isalpha()
    return char if char.isascii() else rf"\text{{{latex(char)}}}"
