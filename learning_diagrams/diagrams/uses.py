"""What a box uses: the boxes that its module may call by name, and those that these use in turn.

Used boxes may share what they use, so that there can be more ways down than boxes. Every walk here goes to a box once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from discopy import markov, monoidal

from learning_diagrams.errors import DuplicateName, LimitExceeded, TypeMismatch, brief

USED = 100  # at most so many boxes stand behind a box, at any depth


def uses_of(box: markov.Box) -> tuple[markov.Box, ...]:
    """The boxes that the module of a box may call; a plain DisCoPy box uses none."""
    return getattr(box, "uses", ())


def with_uses(box: markov.Box, of: Callable[[markov.Box], Sequence[markov.Box]] = uses_of) -> tuple[markov.Box, ...]:
    """The boxes that a box uses, at any depth, each after those that it uses itself; last the box.

    of : a function from a box to the boxes that count as its uses.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> x = Ty("x")
    >>> u = Box("u", x, x)
    >>> u_x = Box("u_x", x, x, uses=[u])
    >>> print(*with_uses(Box("u_xx", x, x, uses=[u_x])))
    u u_x u_xx
    """
    if not of(box):
        return (box,)
    waiting, parts = [box], dict[str, markov.Box]()
    while waiting:
        used = [use for use in of(waiting[-1]) if use.name not in parts]
        waiting += reversed(used)
        if not used:
            parts.setdefault((part := waiting.pop()).name, part)
    return tuple(parts.values())


def mapped_uses(
    box: markov.Box,
    remake: Callable[[markov.Box, list[Any]], Any],
    of: Callable[[markov.Box], Sequence[markov.Box]] = uses_of,
) -> Any:
    """The box remade on the images of the boxes that it uses, which are remade first.

    remake : a function from a box, and the images of its uses, to the image of the box.
    of : as of `with_uses`.
    """
    if not of(box):
        return remake(box, [])
    images: dict[str, Any] = {}
    for part in with_uses(box, of):
        images[part.name] = remake(part, [images[use.name] for use in of(part)])
    return images[box.name]


def alike(box: markov.Box, other: markov.Box) -> bool:
    """Whether two boxes, alike but for their uses, use equal boxes; each is compared once, however often it is used."""
    if not (uses_of(box) or uses_of(other)):
        return True
    parts, parts_ = with_uses(box), with_uses(other)
    pairs = zip(parts, parts_, strict=False)
    return len(parts) == len(parts_) and all(_names(p) == _names(q) and markov.Box.__eq__(p, q) for p, q in pairs)


def _names(box: markov.Box) -> list[str]:
    return [use.name for use in uses_of(box)]


def read_uses(name: str, uses: Any, kind: type[Any]) -> tuple[Any, ...]:
    """The boxes that a box of a name is to use, each once; raises as `Generator`.

    kind : the type of the boxes that can be used.
    """
    if isinstance(uses, str | monoidal.Diagram) or not isinstance(uses, Iterable):
        raise TypeMismatch(f"uses= of box {name!r} takes a list of boxes, as in uses=[u]; got {brief(uses)}")
    direct, behind = dict[str, Any](), dict[str, Any]()
    for use in uses:
        if not isinstance(use, kind) or use.reads_data or use.is_dagger:
            raise TypeMismatch(
                f"box {name!r} can use a Box or a Kernel, whose module it calls by name; got {brief(use)}: data comes "
                "on wires, and a composite is given a name as a box"
            )
        direct[use.name] = use
        for part in with_uses(use):
            if part.name == name:
                raise TypeMismatch(f"box {name!r} would use itself, through {use.name!r}; rename one of them")
            if (known := behind.setdefault(part.name, part)) is not part and known != part:
                raise DuplicateName(f"box {name!r} uses two different boxes named {part.name!r}; rename one of them")
    if len(behind) > USED:
        raise LimitExceeded(f"box {name!r} uses {len(behind)} boxes, at any depth; at most {USED} can be used")
    return tuple(direct.values())
