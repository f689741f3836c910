"""The changes from one learning diagram to another: what only one has, and what both have and say otherwise.

Sides are compared in the theory "markov", boxes by kind and type, fields by their canonical forms. So there is no
change exactly where the digests are equal.

>>> from learning_diagrams import Box, Constraint, LearningDiagram, SampleSpace, Ty
>>> a = SampleSpace("rows").column("a", Ty("x"))
>>> f, g = (Box(name, Ty("x"), Ty("x")) for name in "fg")
>>> first = LearningDiagram(Constraint("c", a >> f, a), Constraint("d", a >> f, a >> g, weight=0.5), frozen=[g])
>>> print(*changes_of(first, first.without("c").reweight({"d": 2}).unfreeze(g)), sep="\\n")
- constraint c: a >> f = a
~ constraint d: weight 0.5 → 2
- frozen g
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.signature import Signature, describe
from learning_diagrams.diagrams.symbol import Symbol, generators, shared_in, text_of
from learning_diagrams.editing.symbol import generator
from learning_diagrams.equality.canonical_form import digest_of
from learning_diagrams.errors import printable
from learning_diagrams.errors.short_text import Printed
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Canonical, Equation, OwnForms, sides_text
from learning_diagrams.presentation.presentation import Presentation

Mark = Literal["-", "+", "~"]  # only in the first, only in the second, changed


@dataclass(frozen=True, repr=False)
class Change(Printed):
    """What one change is about, and what it says.

    Parameters
    ----------
    kind : str, "constraint", "axiom", the kind of a symbol, or the name of a field of the presentation.
    parts : texts, such as "weight 0.5 → 2".
    """

    mark: Mark
    kind: str
    name: str
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return printable(f"{self.mark} {self.kind} {self.name}" + (f": {'; '.join(self.parts)}" if self.parts else ""))


def changes_of(a: Presentation, b: Presentation) -> list[Change]:
    """The changes, in order of symbols, constraints, axioms and fields."""
    if a == b:
        return []
    shared = shared_in(a.signature, b.signature)
    return [*_symbols(a, b), *_constraints(a, b, shared), *_axioms(a, b, shared), *_fields(a, b)]


def notes_of(a: Presentation, b: Presentation) -> list[str]:
    """What differs and is not part of equality: the title, the names of axioms, the notation."""
    notes = [f"the name {a.name!r} → {b.name!r}"] if a.name != b.name else []
    names = [{digest_of(axiom.canonical): axiom.name for axiom in part.axioms} for part in (a, b)]
    pairs = [(name, names[1].get(content, name)) for content, name in names[0].items()]
    notes += [f"the name of axiom {old!r} → {new!r}" for old, new in pairs if old != new]
    symbols = [{str(symbol): latex for symbol, latex in part.notation.items()} for part in (a, b)]
    return [*notes, *(f"the notation of {part}" for part in _parts("", symbols[0], symbols[1]))]


def is_retyped(symbol: Symbol, a: Presentation, b: Presentation) -> bool:
    """Whether a box or a column of both differs in kind, type or data."""
    return symbol.kind in ("box", "column") and label(generator(a, symbol)) != label(generator(b, symbol))


def has_same_sides(old: Constraint, new: Constraint) -> bool:
    """Whether a constraint relates the same diagrams over the same source."""
    return (old.equation.canonical, old.reading.over_form) == (new.equation.canonical, new.reading.over_form)


def _symbols(a: Presentation, b: Presentation) -> Iterator[Change]:
    here, there = (generators(part.signature) for part in (a, b))
    for symbol in sorted({*here, *there}, key=lambda s: (s.kind, s.called)):
        told = [_described(part.signature, symbol) for part, own in ((a, here), (b, there)) if symbol in own]
        if len(told) == 1:
            yield Change("-" if symbol in here else "+", symbol.kind, symbol.called, tuple(filter(None, told)))
        elif is_retyped(symbol, a, b):
            text = " → ".join(told) if told[0] != told[1] else f"{told[0]}, with other data"
            yield Change("~", symbol.kind, symbol.called, (text,))


def _described(signature: Signature, symbol: Symbol) -> str:
    if symbol.kind == "column":
        return f"ends in {signature.columns[symbol.space, symbol.name].cod}"
    return f"({describe(signature.boxes[symbol.name])})" if symbol.kind == "box" else ""


def _constraints(a: Presentation, b: Presentation, shared: Collection[Symbol]) -> Iterator[Change]:
    old, new = ({constraint.name: constraint for constraint in part.constraints} for part in (a, b))
    for name in sorted(old.keys() | new.keys()):
        if name in old and name in new:
            if old[name] != new[name]:
                fields = constraint_fields(old[name], new[name], shared)
                yield Change("~", "constraint", name, (*_sides(old[name], new[name], shared), *fields.values()))
        else:
            constraint = (old | new)[name]
            over = [f"over {text_of(each, shared)}" for each in constraint.diagrams[2:] if each is constraint.over]
            parts = (sides_text(constraint, shared), *over, *constraint.phrases)
            yield Change("-" if name in old else "+", "constraint", name, parts)


def constraint_fields(old: Constraint, new: Constraint, shared: Collection[Symbol]) -> dict[str, str]:
    """The fields of a constraint that say otherwise, by name, each with what changed."""
    told: dict[str, str] = {}
    for name, (meaning, was), (_, now) in _paired(old.annotations, new.annotations):
        if meaning.canonical(was, OwnForms(old)) != meaning.canonical(now, OwnForms(new)):
            old_words, new_words = (meaning.default if (w := meaning.words(v)) is None else w for v in (was, now))
            told[name] = "; ".join(_parts(name, old_words, new_words, shared))
    return told


def _sides(old: Canonical, new: Canonical, shared: Collection[Symbol]) -> Iterator[str]:
    for i, side in enumerate(("lhs", "rhs")):
        if old.forms[i] != new.forms[i]:
            texts = [text_of(each.diagrams[i], shared) for each in (old, new)]
            yield f"{side} {' → '.join(texts)}" if texts[0] != texts[1] else f"{side} {texts[0]}, whose boxes changed"


def _axioms(a: Presentation, b: Presentation, shared: Collection[Symbol]) -> Iterator[Change]:
    """The changes of axioms, which are compared by content; those of one name are one change."""
    both = (a.axioms, b.axioms), (b.axioms, a.axioms)
    old, new = ({axiom.name: axiom for axiom in beyond(*axioms)} for axioms in both)
    for name in sorted(old.keys() | new.keys()):
        if name in old and name in new:
            yield Change("~", "axiom", name, tuple(_sides(old[name], new[name], shared)))
        else:
            yield Change("-" if name in old else "+", "axiom", name, (sides_text((old | new)[name], shared),))


def beyond(axioms: Sequence[Equation], others: Sequence[Equation]) -> Iterator[Equation]:
    """The axioms whose content the others have not, or not so often."""
    left = Counter(digest_of(axiom.canonical) for axiom in others)
    for axiom in axioms:
        content = digest_of(axiom.canonical)
        left[content] -= 1
        if left[content] < 0:
            yield axiom


def _fields(a: Presentation, b: Presentation) -> Iterator[Change]:
    for name, (meaning, was), (_, now) in _paired(a.annotations, b.annotations):
        old, new = (_entries(meaning.plain(value)) for value in (was, now))
        if meaning.canonical(was, a.live_boxes) == meaning.canonical(now, b.live_boxes):
            continue
        for key in sorted(old.keys() | new.keys()):
            if key in old and key in new:
                if parts := tuple(_parts("", old[key], new[key])):
                    yield Change("~", name, key, parts)
            else:
                value = (old | new)[key]
                yield Change("-" if key in old else "+", name, key, () if value is None else (_shown(value, ()),))


def _entries(plain: Any) -> dict[str, Any]:
    """The plain value of a field as named entries."""
    if isinstance(plain, Mapping):
        return {str(key): value for key, value in plain.items()}
    return {str(value): None for value in plain} if isinstance(plain, Iterable) and not isinstance(plain, str) else {}


def _paired(old: list[Any], new: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    """The fields of two owners by name; where one owner lacks a field, it has the default there."""
    first, second = ({meaning.name: (meaning, value) for meaning, value in own} for own in (old, new))
    for name, (meaning, _) in (second | first).items():
        default = (meaning, meaning.default)
        yield name, first.get(name, default), second.get(name, default)


def _parts(what: str, old: Any, new: Any, shared: Collection[Symbol] = ()) -> Iterator[str]:
    """What changed between two plain values, in words."""
    head = f"{what} " if what else ""
    if isinstance(old, Mapping) or isinstance(new, Mapping):
        was, now = (value if isinstance(value, Mapping) else {"name": value} for value in (old, new))
        for key in dict.fromkeys([*was, *now]):
            if key == "name" or (key in was and key in now):
                if was.get(key) != now.get(key):
                    yield from _parts(what if key == "name" else head + key, was.get(key), now.get(key), shared)
            else:
                mark, part = ("-", was) if key in was else ("+", now)
                yield f"{head}{mark} {_shown({key: part[key]}, shared)}"
        return
    lists = [list(value) if isinstance(value, list | tuple) else [] for value in (old, new)]
    if any(lists) and all(isinstance(part, str) for part in lists[0] + lists[1]) and set(lists[0]) != set(lists[1]):
        yield from (f"{head}- {part}" for part in lists[0] if part not in lists[1])
        yield from (f"{head}+ {part}" for part in lists[1] if part not in lists[0])
    elif old is not new:
        texts = [_shown(value, shared) for value in (old, new)]
        yield f"{head}{' → '.join(texts)}" if texts[0] != texts[1] else f"{head}{texts[0]}, whose boxes changed"


def _shown(value: Any, shared: Collection[Symbol]) -> str:
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(part, shared)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return " and ".join(_shown(part, shared) for part in value)
    return "unset" if value is None else text_of(value, shared)
