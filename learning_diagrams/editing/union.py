"""The union of learning diagrams: glued along equal names, which is how `a + b` reads.

Laws: it is associative, commutative and idempotent, and the empty learning diagram is its unit.

>>> from learning_diagrams import Constraint, Kernel, LearningDiagram, SampleSpace, Ty
>>> rows = SampleSpace("rows")
>>> x, y = rows.column("x", Ty("a")), rows.column("y", Ty("b"))
>>> f, g = Kernel("f", Ty("a"), Ty("b")), Kernel("g", Ty("a"), Ty("b"))
>>> fit = LearningDiagram(Constraint("fit", x >> f, y))
>>> agree = LearningDiagram(Constraint("agree", x >> f, x >> g), frozen=[g])
>>> print(fit + agree)
learning diagram
  agree: x >> f = x >> g
  fit: x >> f = y
  frozen: g
>>> fit + agree == agree + fit, fit + fit == fit, fit + LearningDiagram() == fit
(True, True, True)
"""

from __future__ import annotations

from typing import TypeVar

from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.editing.supports import reduced
from learning_diagrams.errors import DuplicateName, TypeMismatch, brief
from learning_diagrams.presentation.equation import with_effects_apart
from learning_diagrams.presentation.fields.transport import Transport
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.presentation.presentation_field import RENAME, require_one_meaning

P = TypeVar("P", bound=Presentation)


def unite(a: P, b: Presentation) -> P:
    """The union of two learning diagrams; see `LearningDiagram.__add__`.

    Raises `DuplicateName`: one name has two meanings: boxes of different kind, type or training, moving averages of
    different sources, constraints, axioms or players of different content, an object and a sample space.
    `TypeMismatch`: the second operand is not a learning diagram.
    """
    if not isinstance(b, Presentation):
        raise TypeMismatch(f"a learning diagram is added to another one, got {brief(b)}")
    try:
        return _joined(a, b)
    except DuplicateName:  # perhaps of a box that only discards read, which no equal learning diagram need have
        live = reduced(a), reduced(b)
        if live[0] is a and live[1] is b:
            raise
        return _joined(*live)


def _joined(a: P, b: Presentation) -> P:
    constraints = require_one_meaning("constraint", (*a.constraints, *b.constraints))
    axioms = require_one_meaning("axiom", with_effects_apart((*a.axioms, *b.axioms)))
    fields = a.joined_fields([part.mapped_fields(Transport()) for part in (a, b)])
    _require_same_training(a, b)
    title = " + ".join(dict.fromkeys(part.name for part in (a, b) if part.name))
    return a.edited(constraints, axioms, title, **fields)


def _require_same_training(a: Presentation, b: Presentation) -> None:
    signature = Signature()
    for part in (a, b):
        signature.update(part.signature)
    for name in a.signature.boxes.keys() & b.signature.boxes.keys():
        ours, theirs = a.training(name), b.training(name)
        if ours == theirs and a.ema.get(name) != b.ema.get(name):
            ours, theirs = (f"follows {part.ema[name][0]!r}" for part in (a, b))
        if ours != theirs:
            raise DuplicateName(f"box {name!r} {ours} in one learning diagram and {theirs} in the other; {RENAME}")
