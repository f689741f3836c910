"""A learning diagram in lines of text: what `print` shows, short enough to read."""

from __future__ import annotations

from learning_diagrams.diagrams.symbol import shared_in, text_of
from learning_diagrams.diagrams.uses import uses_of
from learning_diagrams.errors import printable
from learning_diagrams.presentation.equation import sides_text
from learning_diagrams.presentation.frozen import Frozen
from learning_diagrams.presentation.presentation import Presentation


def summarise(diagram: Presentation) -> str:
    """A line for each constraint and axiom, and one for each thing that is said of boxes.

    >>> from learning_diagrams.diagrams.box import Box, Ty
    >>> from learning_diagrams.presentation.constraint import Constraint
    >>> from learning_diagrams.learning_diagram import LearningDiagram
    >>> from learning_diagrams.diagrams.sample_space import SampleSpace
    >>> x, rows = Ty("x"), SampleSpace("rows")
    >>> fast, slow = Box("fast", x, x), Box("slow", x, x)
    >>> print(summarise(LearningDiagram(
    ...     Constraint("agree", fast, slow, over=rows.column("x", x), detach="rhs"), ema={slow: (fast, 0.9)})))
    learning diagram
      agree: fast = slow  (over=x, detach=['rhs'])
      slow follows fast, decay 0.9
    """
    lines, shared = [diagram.name or "learning diagram"], shared_in(diagram.signature)
    for constraint in diagram.constraints:
        options = ", ".join(f"{key}={text_of(value, shared)}" for key, value in constraint.words.items())
        equation = f"  {constraint.name}: {sides_text(constraint, shared)}"
        lines.append(f"{equation}  ({options})" if options else equation)
    lines += [f"  axiom {axiom.name}: {sides_text(axiom, shared)}" for axiom in diagram.axioms]
    users = [box for box in diagram.boxes if uses_of(box)]
    lines += [f"  {box.name} uses {', '.join(use.name for use in uses_of(box))}" for box in users]
    for field, value in diagram.annotations:
        own = [box for box in value if box.name not in diagram.ema] if isinstance(field, Frozen) else value
        lines += [f"  {line}" for line in field.lines(own)]
    return printable("\n".join(lines))
