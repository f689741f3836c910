r"""Mathematics: a learning diagram, a diagram or an equation as a formula in LaTeX.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
>>> x, y, rows = Ty("x"), Ty("y"), SampleSpace("rows")
>>> print(formula(Constraint("fit", rows.column("a", x) >> Kernel("f", x, y), rows.column("b", y), weight=0.5)))
0.5\, \operatorname*{\mathbb{E}}_{(a, b) \sim \mathrm{rows}}\, D_{y}\bigl(b \,\big\|\, f(\cdot \mid a)\bigr)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import TypeMismatch, brief, plural
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.notation import notation_of
from learning_diagrams.presentation.presentation import Presentation
from learning_diagrams.semantics.divergences import DivergenceKind, divergence
from learning_diagrams.semantics.functor.space import Space
from learning_diagrams.semantics.program.latex.lines import LINE_END, aligned
from learning_diagrams.semantics.program.latex.loss import extra_lines, loss_lines, term_lines
from learning_diagrams.semantics.program.latex.symbols import Symbols
from learning_diagrams.semantics.program.latex.terms import Terms


class Functor(Protocol):
    """A functor, which has a space for each object by name."""

    @property
    def spaces(self) -> Mapping[str, Space]: ...


@dataclass(frozen=True, repr=False)
class Formula:
    """A formula: `str` is its LaTeX in math mode, for amsmath and amssymb, or for KaTeX.

    >>> Formula("x"), str(Formula("x")), Formula("x").latex()
    (<Formula of 1 line>, 'x', 'x')
    """

    text: str

    def latex(self) -> str:
        """The formula in LaTeX, in math mode."""
        return self.text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Formula of {plural(self.text.count(LINE_END) + 1, 'line')}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/latex": rf"$\displaystyle {self.text}$", "text/plain": self.text}


def formula(
    diagram: Presentation | Diagram | Equation | Constraint,
    functor: Functor | None = None,
    *,
    written: bool = False,
    types: bool = False,
    notation: Mapping[Any, str] | None = None,
) -> Formula:
    r"""A loss, a value or an equation as mathematics.

    A box is a function, a kernel k at x the distribution k(· | x), a value that is drawn from it z ∼ k(· | x). A term
    is the expectation over rows of a sample space, as the columns that the term reads: the mean over the rows in which
    all of them are present. Sides that are compared in law are written as the distributions of what they draw. sg stops
    the gradient. As in the theory "markov", what no output needs is left out, and so are boxes into I.

    >>> from learning_diagrams.diagrams.box import Box, Kernel, Ty
    >>> f, k = Box("f", Ty("x"), Ty("y")), Kernel("k", Ty("y"), Ty("z"))
    >>> print(formula(f >> k))
    x \mapsto k(\cdot \mid f(x))
    >>> print(formula(f >> k, notation={f: r"f_\theta"}))
    x \mapsto k(\cdot \mid f_\theta(x))

    Parameters
    ----------
    diagram : LearningDiagram, whose loss is written; Constraint, its term; Equation, its sides; Diagram, its value.
    functor : a functor such as TorchFunctor, whose spaces give each wire its divergence; without it D stands for the
        divergence that the space of an object has.
    written : bool, whether divergences are written out.
    types : bool, whether the types of boxes are listed; with a functor these show the sizes of spaces.
    notation : mapping from boxes, columns, sample spaces or their names to LaTeX in math mode, the symbols of the
        author; they go before those of the learning diagram.

    Raises
    ------
    TypeMismatch : the diagram, the functor, or an entry of the notation, is of another kind.
    UnknownName : nobody has defined a divergence.
    CompileError : a constraint has no loss, for a kernel's output goes to an output and is used again.
    """
    if functor is not None and not hasattr(functor, "spaces"):
        raise TypeMismatch(f"functor= of formula is a functor with spaces, as TorchFunctor; got {brief(functor)}")
    spaces = {} if functor is None else functor.spaces
    if isinstance(diagram, Presentation):
        return loss_formula(diagram, spaces, written=written, types=types, notation=notation)
    if not isinstance(diagram, Constraint | Equation | Diagram):
        raise TypeMismatch(
            f"formula takes a learning diagram, a constraint, an equation or a diagram, got {brief(diagram)}"
        )
    graphs = (PortGraph.from_diagram(diagram),) if isinstance(diagram, Diagram) else diagram.graphs
    terms = _terms(graphs, spaces, divergence, written, notation)
    match diagram:
        case Constraint():
            term = terms.term(diagram)
        case Equation():
            term = terms.equation(diagram)
        case _:
            term = terms.map(normalise(graphs[0]))
    return Formula(aligned([*term_lines("", term), *extra_lines(terms)]))


def loss_formula(
    diagram: Presentation,
    spaces: Mapping[str, Space],
    kind: Callable[..., DivergenceKind] = divergence,
    factors: Mapping[str, float] = MappingProxyType({}),
    written: bool = False,
    types: bool = False,
    notation: Mapping[Any, str] | None = None,
) -> Formula:
    """The loss of a learning diagram as mathematics; parameters as of `formula`.

    Parameters
    ----------
    spaces : mapping from the names of objects to their Space.
    kind : function from the name of a divergence to its kind.
    factors : mapping from the names of constraints to factors of their weights.
    """
    graphs = [graph for equation in diagram.equations for graph in equation.graphs]
    shown = diagram if notation is None else diagram.edited(notation=diagram.with_notation(notation))
    terms = _terms(graphs, spaces, kind, written, notation_of(shown))
    return Formula(aligned([*loss_lines(diagram, terms, factors, types)]))


def _terms(
    graphs: Iterable[PortGraph],
    spaces: Mapping[str, Space],
    kind: Callable[..., DivergenceKind],
    written: bool,
    notation: Mapping[Any, str] | None,
) -> Terms:
    names = {
        name
        for graph in graphs
        for box in graph.boxes
        for name in (box.name, *(ob.name for ob in (*box.dom.inside, *box.cod.inside)))
    }
    return Terms(Symbols(notation, names), spaces, kind, written)
