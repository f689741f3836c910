"""Names of classes: a class has the name of its first member, unless another class would have it too.

>>> f, g = Symbol("box", "f"), Symbol("box", "g")
>>> choose_names([[("a", f)], [("a", g), ("b", f)], [("b", g)]])
['f', 'g', 'b.g']
>>> choose_names([[("a", f)], [("b", f)]])
['a.f', 'b.f']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from learning_diagrams.composition.congruence import Node
from learning_diagrams.editing.symbol import Symbol
from learning_diagrams.errors import DuplicateName


def choose_names(classes: Sequence[Sequence[Node]]) -> list[str]:
    """A name for each class of symbols that share a space of names.

    The name is that of the first member. Where several classes would have it, a class that is glued of several diagrams
    keeps it, if no other class with that name is glued so. Every other class takes the label of its first member in
    front, as in `a.f`.

    Raises `DuplicateName` where such a name is taken.
    """
    wanted = Counter(members[0][1].name for members in classes)
    glued = Counter(members[0][1].name for members in classes if _is_glued(members))
    taken: dict[str, Sequence[Node]] = {}
    names = []
    for members in classes:
        at, symbol = members[0]
        keeps = wanted[symbol.name] == 1 or (_is_glued(members) and glued[symbol.name] == 1)
        name = symbol.name if keeps else f"{at}.{symbol.name}"
        if name in taken:
            raise DuplicateName(
                f"{_shown(members)} and {_shown(taken[name])} would both be named {name!r}; rename one of them with "
                ".rename({old: new}) first"
            )
        taken[name] = members
        names.append(name)
    return names


def _is_glued(members: Sequence[Node]) -> bool:
    return len({at for at, _ in members}) > 1


def _shown(members: Sequence[tuple[str, Symbol]]) -> str:
    at, symbol = members[0]
    return f"{symbol} of {at}"
