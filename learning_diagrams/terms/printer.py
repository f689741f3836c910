"""Terms printed as text, in the grammar that `parser.py` reads.

>>> from learning_diagrams import Box, Copy
>>> x, y = Ty("x"), Ty("y")
>>> f, g = Box("f", x, y), Box("g", y @ y, x)
>>> term = (f >> Copy(y)) @ f >> g @ y
>>> print_term(term)
'f @ id(x) >> copy(y) @ f >> g @ id(y)'
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import NamedTuple

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.layers import steps
from learning_diagrams.diagrams.sample_space import Column, State
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import ParseError

UNIT = "I"
STRUCTURE = frozenset({"id", "copy", "discard", "swap", "state"})  # before a parenthesis; elsewhere they are names
RULE = f"a name is words of letters, digits and underscores, joined by dots, and not {UNIT}"
NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def is_name(name: str) -> bool:
    """Whether the grammar can carry a name: words of letters, digits and underscores, joined by dots.

    >>> is_name("state"), is_name("digits.pixels"), is_name("x-y"), is_name(UNIT)
    (True, True, False, False)
    """
    return NAME.fullmatch(name) is not None and name != UNIT


def print_term(diagram: Diagram, signature: Signature | None = None) -> str:
    """The term of a diagram, which `parse` reads back. Boxes that stand side by side are written side by side.

    signature : Signature, the names in scope where the term is read; by default those of the diagram. A column that
        shares its name with another box or column in scope is written `space.column`.

    Raises `ParseError`: the grammar cannot carry a name, or a box carries data.
    """
    if signature is None:
        signature = Signature.of([diagram])
    slices: list[list[_Atom]] = []
    atoms = [_Atom(ob.name) for ob in diagram.dom.inside]
    for position, box in steps(diagram):
        at = _free_place(atoms, position, len(box.dom))
        if at is None:
            slices.append(atoms)
            atoms = [_Atom(ob) for atom in atoms for ob in atom.cod]
            at = position
        atoms[at : at + len(box.dom)] = [_Atom(print_box(box, signature), tuple(ob.name for ob in box.cod.inside))]
    slices.append(atoms)
    terms = [_print_slice(atoms) for atoms in slices if any(atom.outputs is not None for atom in atoms)]
    return " >> ".join(terms) or f"id({_print_type(diagram.dom)})"


class _Atom(NamedTuple):
    """One factor of a slice: a wire (`outputs` is None), or a box with the objects of its outputs."""

    text: str
    outputs: tuple[str, ...] | None = None

    @property
    def cod(self) -> tuple[str, ...]:
        return (self.text,) if self.outputs is None else self.outputs


def _free_place(atoms: list[_Atom], position: int, width: int) -> int | None:
    """Where `width` bare wires start at an output position of a slice, or None if a box made a wire there."""
    at = passed = 0
    while passed < position:
        passed += len(atoms[at].cod)
        at += 1
    wires = atoms[at : at + width]
    return at if passed == position and len(wires) == width and all(wire.outputs is None for wire in wires) else None


def _print_slice(atoms: list[_Atom]) -> str:
    factors: list[str] = []
    for is_wire, group in groupby(atoms, key=lambda atom: atom.outputs is None):
        texts = [atom.text for atom in group]
        factors += [f"id({' @ '.join(texts)})"] if is_wire else texts
    return " @ ".join(factors)


def print_box(box: markov.Box, signature: Signature) -> str:
    """The atom of one box."""
    if isinstance(box, markov.Copy):
        name, count = _print_type(box.dom), "" if len(box.cod) == 2 else f", {len(box.cod)}"
        return f"copy({name}{count})" if box.cod else f"discard({name})"
    if isinstance(box, markov.Swap):
        return f"swap({_print_type(box.left)}, {_print_type(box.right)})"
    if isinstance(box, State):
        return f"state({_speakable(box.space.name, 'sample space')})"
    if isinstance(box, Column):
        _speakable(box.space.name, "sample space")
        _speakable(box.name, "column")
        for name in (box.name, f"{box.space.name}.{box.name}"):
            if signature.meanings(name) in ([], [box]):
                return name
        raise ParseError(f"column {name!r} cannot be written as text: another thing has that name; rename one of them")
    if box.data is not None:
        raise ParseError(f"box {box.name!r} cannot be written as text: it carries the data {box.data!r:.100}")
    return _speakable(box.name, "box")


def _print_type(ty: Ty) -> str:
    return " @ ".join(_speakable(ob.name, "object") for ob in ty.inside) or UNIT


def _speakable(name: str, kind: str) -> str:
    if not is_name(name):
        hint = f"{RULE}; give it another name, in a learning diagram by .rename({{{name!r}: …}})"
        raise ParseError(f"the {kind} name {name!r} cannot be written as text: {hint}")
    return name
