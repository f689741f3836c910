"""The model whose sets are the normal forms of paths, which are often infinite sets.

>>> from learning_diagrams.diagrams.box import Box
>>> x = Ty("x")
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> print(model := TermModel((f, g), (Equation(g >> f, Id(x)),)))
an element of an object is a path into it in normal form
f(p) = the normal form of p >> f
g(p) = the normal form of p >> g
normal forms are by these rules, which go down in the shortlex order of f < g:
  g >> f → Id(x)
>>> [str(path) for outcome in model.weights(f >> g >> f, (f,)) for path in outcome]
['f >> f']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from discopy import markov

from learning_diagrams.diagrams.box import Diagram, Id, Ty
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.symbol import box_symbol, shared_columns, text_of
from learning_diagrams.drawing.drawn import Drawn
from learning_diagrams.errors import plural, printable
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.paths.path_rewriting import PathRewriting, is_letter

if TYPE_CHECKING:
    from learning_diagrams.drawing.elements.plates import Look
    from learning_diagrams.drawing.elements.svg import Scene
    from learning_diagrams.drawing.strings.pen import Direction
    from learning_diagrams.drawing.tables.table import Table

SHOWN = 30  # functions, letters, rules
ROWS = 12  # elements of a picture


@dataclass(frozen=True, repr=False)
class TermModel(Drawn):
    """The functions of boxes on paths in normal form. That normal forms are unique is a claim, which a check decides.

    letters : tuple of boxes of one wire to one wire, from the least to the greatest.
    rules : tuple of Equation between paths of letters, from the greater to the lesser side in the shortlex order: the
        shorter path is less, and paths of equal length have the order of the dictionary.
    others : tuple of boxes of other types. Each one gives the identities of its outputs.
    """

    letters: tuple[markov.Box, ...]
    rules: tuple[Equation, ...]
    others: tuple[markov.Box, ...] = ()

    @classmethod
    def of(
        cls, letters: Iterable[markov.Box], rules: tuple[Equation, ...], boxes: Iterable[markov.Box] = ()
    ) -> TermModel:
        """The model of some rules in which more boxes have their meanings; a new letter is the greatest."""
        known = {label(box): box for box in (*letters, *boxes)}
        others = {repr(key): box for key, box in known.items() if not is_letter(box)}
        return cls(tuple(filter(is_letter, known.values())), rules, tuple(others[key] for key in sorted(others)))

    def weights(self, diagram: Diagram, inputs: Sequence[Diagram]) -> dict[tuple[Diagram, ...], Fraction]:
        """The outcome of a diagram at some elements, which has weight 1.

        Raises `TypeMismatch`: the inputs are not elements of the domain, or the model does not have a box.
        `LimitExceeded`: the evaluation would take more than some seconds.
        """
        rewriting = PathRewriting(self.letters, self.rules)
        values = rewriting.run(diagram, rewriting.elements(inputs, diagram.dom))
        words = [[self.letters[ord(character)] for character in word] for _, word in values]
        ends = zip(words, diagram.cod.inside, strict=True)
        return {tuple(Id(boxes[0].dom if boxes else Ty(ob)).then(*boxes) for boxes, ob in ends): Fraction(1)}

    def tables(self, looks: Mapping[str, Look] = MappingProxyType({})) -> list[Table]:
        """A table with a row for each short path in normal form: what each letter makes of it.

        looks : mapping from names of boxes to looks, such as `Looks` with the symbols of the author.
        """
        from learning_diagrams.drawing.elements.label import phrase
        from learning_diagrams.drawing.elements.look import diagram_text
        from learning_diagrams.drawing.tables.table import Table

        letters, paths = self.letters[:ROWS], [*islice(self._paths(), ROWS + 1)]
        hidden = len(self.letters) - len(letters)
        notes = [f"and {plural(hidden, 'more function')}"] if hidden else []
        notes += ["and longer paths"] if len(paths) > ROWS else []
        entries = tuple(
            tuple("–" if (end := self._after(path, box)) is None else diagram_text(end, looks) for box in letters)
            for path in paths[:ROWS]
        )
        inputs = tuple(diagram_text(path, looks) for path in paths[:ROWS])
        outcomes = tuple(phrase("p >> ", diagram_text(box, looks)) for box in letters)
        return [Table("normal forms", "for each path p", inputs, outcomes, entries, notes=tuple(notes))]

    def _drawing(self, direction: Direction, notation: Mapping[Any, str]) -> tuple[Scene, str, str]:
        from learning_diagrams.drawing.elements.look import named_looks
        from learning_diagrams.drawing.page.equations import Row
        from learning_diagrams.drawing.tables.separation import separation_scene

        rules = [
            Row(f"rule {i}", rule.graphs, (), is_axiom=True, sign="→") for i, rule in enumerate(self.rules, start=1)
        ]
        looks = named_looks(map(PortGraph.from_diagram, (*self.letters, *self.others)), notation)
        scene = separation_scene(rules[:ROWS], self.tables(looks), looks, direction)
        return scene, "model of paths in normal form", str(self)

    def _paths(self) -> Iterator[Diagram]:
        """The paths in normal form, the shortest ones first."""
        paths = [Id(ty) for ty in dict.fromkeys(end for box in self.letters for end in (box.dom, box.cod))]
        seen = set(map(str, paths))
        for path in paths:  # the list grows while the loop reads it
            yield path
            longer = (self._after(path, box) for box in self.letters)
            new = [each for each in longer if each is not None and str(each) not in seen]
            seen |= set(map(str, new))
            paths += new

    def _after(self, path: Diagram, letter: markov.Box) -> Diagram | None:
        """What a letter makes of a path; None where the path ends elsewhere."""
        if path.cod != letter.dom:
            return None
        ((outcome,),) = self.weights(letter, (path,))
        return outcome

    def __str__(self) -> str:
        """The functions and the rules, with a line for each one."""
        shared = shared_columns((*self.letters, *self.others))

        def called(box: markov.Box) -> str:
            return box_symbol(box).called if box_symbol(box) in shared else box.name

        lines = ["an element of an object is a path into it in normal form"]
        lines += _first([f"{called(b)}(p) = the normal form of p >> {called(b)}" for b in self.letters], "functions")
        identities = [(called(box), ", ".join(str(Id(Ty(ob))) for ob in box.cod.inside)) for box in self.others]
        lines += _first([f"{name} gives {ends or 'nothing'}" for name, ends in identities], "functions")
        order = " < ".join(_first([*map(called, self.letters)], "boxes"))
        if not self.rules:
            return printable("\n".join([*lines, "every path is in normal form"]))
        lines.append(f"normal forms are by these rules, which go down in the shortlex order of {order}:")
        sides = [[text_of(side, shared) for side in (rule.lhs, rule.rhs)] for rule in self.rules]
        lines += _first([f"  {' → '.join(pair)}" for pair in sides], "rules")
        return printable("\n".join(lines))


def _first(lines: list[str], what: str) -> list[str]:
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"… {len(lines) - SHOWN:,} more {what}"]
