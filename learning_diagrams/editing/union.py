"""The union of learning diagrams: glued along equal names, which is how `a + b` reads.

Laws: it is associative, commutative and idempotent, and the empty learning diagram is its unit.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
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

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from learning_diagrams.composition.morphism import training
from learning_diagrams.editing.support import reduced
from learning_diagrams.errors import DuplicateName, TypeMismatch, brief
from learning_diagrams.learning_diagram import LearningDiagram


class Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def unite(a: LearningDiagram, b: LearningDiagram) -> LearningDiagram:
    """What two learning diagrams say together; see `LearningDiagram.__add__`.

    Raises
    ------
    DuplicateName : one name for two things: boxes of other kind or type, trained in one and frozen in the other, moving
        averages of two sources, constraints, axioms or players that say different things, an object and a sample space.
    TypeMismatch : what is added is no learning diagram.
    """
    if not isinstance(b, LearningDiagram):
        raise TypeMismatch(f"a learning diagram is added to another one, got {brief(b)}")
    a, b = reduced(a), reduced(b)
    constraints = _together("constraint", a.constraints, b.constraints)
    axioms = _together("axiom", a.axioms, b.axioms)
    players = _together("player", a.players, b.players)
    made = LearningDiagram(*constraints.values(), axioms=axioms)  # one name is one box, before more is said of it
    for name in a.signature.boxes.keys() & b.signature.boxes.keys():
        does, does_ = training(a, name), training(b, name)
        if does != does_ or a.ema.get(name) != b.ema.get(name):
            if does == does_:
                does, does_ = f"follows {a.ema[name][0]!r}", f"follows {b.ema[name][0]!r}"
            raise DuplicateName(f"box {name!r} {does} in one learning diagram and {does_} in the other; {RENAME}")
    return LearningDiagram(
        *constraints.values(),
        axioms=axioms,
        frozen={box.name for box in (*a.frozen, *b.frozen)} & made.signature.boxes.keys(),
        ema={**a.ema, **b.ema},
        players=players,
        name=" + ".join(dict.fromkeys(name for name in (a.name, b.name) if name)),
    )


RENAME = "what is to be another thing needs another name: .rename({old: new})"


def _together(what: str, ours: Iterable[N], theirs: Iterable[N]) -> Mapping[str, N]:
    """All by name; an equal name must be an equal thing."""
    found = {one.name: one for one in ours}
    for one in theirs:
        if found.setdefault(one.name, one) != one:
            raise DuplicateName(f"{what} {one.name!r} is two things, {found[one.name]} and {one}; {RENAME}")
    return found
