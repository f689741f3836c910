"""Least terms: whether the term of a constraint takes its least value wherever the equation of the constraint holds.

A review drops a constraint, and the compiler writes the constant 0 for one, only if both of these hold: the divergences
are least at equality, and no side consumes a draw. The two sides draw independently of each other, so that a consumed
draw makes sides differ that are equal in law.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x = Ty("x")
>>> point, k = SampleSpace("rows").column("point", x), Kernel("k", x, x)
>>> for side in (point >> k, point >> k >> k):
...     same = Constraint("same", side, side, divergence="kl")
...     print(is_least(same), consumes_draws(same), is_always_zero(same))
True False True
True True False
>>> is_least(Constraint("apart", point, point, divergence="info_nce"))
False
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.diagrams.sample_space import State
from learning_diagrams.errors import LearningDiagramError
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.fields.quantity import is_moving
from learning_diagrams.presentation.reading import drawn_spaces
from learning_diagrams.semantics.divergences import Capabilities, DivergenceKind, divergence
from learning_diagrams.semantics.functor.space import Space

KindOf = Callable[[str], DivergenceKind]
NO_SPACES: Mapping[str, Space] = MappingProxyType({})


def is_always_zero(constraint: Constraint, kind: KindOf = divergence, spaces: Mapping[str, Space] = NO_SPACES) -> bool:
    """Whether the theory alone makes the term 0, whatever the boxes are."""
    proved = constraint.reading.is_vacuous
    return proved and not consumes_draws(constraint) and is_least(constraint, kind, spaces)


def is_least(constraint: Constraint, kind: KindOf = divergence, spaces: Mapping[str, Space] = NO_SPACES) -> bool:
    """Whether the divergences of a constraint are least at equality, under a fixed weight.

    A weight that moves may be 0 or negative, so that nothing is claimed of its term.
    In law, a comparison of samples is not least, and a comparison of average distributions is least on the whole data.

    Parameters
    ----------
    kind : function from the name of a divergence to its kind; a name that it does not know is not least.
    spaces : mapping from the names of objects to spaces. An output wire without a divergence takes that of its space;
        an unknown space is taken to have squared error or Kullback–Leibler divergence, as the spaces of the library.
    """
    choice = constraint.divergence
    if is_moving(constraint.weight):
        return False
    if compares_samples(constraint):
        return isinstance(choice, Divergence) and _capabilities(choice, kind).least_at_equality
    wires = constraint.lhs.cod.inside
    for ob, named in zip(wires, choice if isinstance(choice, tuple) else (choice,) * len(wires), strict=True):
        own = spaces[ob.name].divergence if ob.name in spaces else None
        used = named or (Divergence(own) if own else None)
        if used is not None and not _capabilities(used, kind).least_at_equality:
            return False
    return True


def _capabilities(choice: Divergence, kind: KindOf) -> Capabilities:
    try:
        return kind(choice.name).capabilities(dict(choice.options))
    except LearningDiagramError:  # nothing is known of a divergence that is not defined yet
        return Capabilities()


def consumes_draws(constraint: Constraint) -> bool:
    """Whether a side consumes a draw of its own, which can change an output: a draw of a kernel, or one of rows.

    Both sides see the draws of `over`. In law, the rows of one sample space are no draw, because all of them count.
    """
    in_law = constraint.tested == "in law"
    for side in constraint.reading.sides:
        kernels, rows = _consumed(side)
        if kernels or (len(drawn_spaces(side)) > 1 if in_law else rows):
            return True
    return False


def compares_samples(constraint: Constraint) -> bool:
    """Whether sides are compared in law that end in no explicit distributions: then the term is an estimate."""
    return constraint.tested == "in law" and not all(map(is_explicit, constraint.reading.sides))


def is_explicit(graph: PortGraph) -> bool:
    """Whether a side from I ends in constants and explicit distributions: it reads no data and consumes no draw."""
    return not drawn_spaces(graph) and not _consumed(graph)[0]


def _consumed(graph: PortGraph) -> tuple[set[Wire], set[Wire]]:
    """The wires that a box reads, of those at kernels and of those at states of sample spaces."""
    read = {wire for arguments in graph.arguments for wire in arguments}
    kernels: set[Wire] = set()
    rows: set[Wire] = set()
    for box, _, outputs in graph.applications():
        if not is_deterministic(box):
            (rows if isinstance(box, State) else kernels).update(read.intersection(outputs))
    return kernels, rows
