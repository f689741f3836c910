"""The functor that sends objects to spaces of expressions, and boxes to functions in closed form.

>>> import sympy
>>> from learning_diagrams.backends.symbolic.space import Euclidean, Finite
>>> from learning_diagrams.diagrams.box import Box, Kernel
>>> a, x, y, bit = *sympy.symbols("a x"), Ty("y"), Ty("bit")
>>> f, g, h = Box("f", y, y), Box("g", y, y), Kernel("h", bit, bit)
>>> F = SymbolicFunctor(
...     ob={y: Euclidean(), bit: Finite(2)},
...     ar={f: lambda x: a * x, g: sympy.Lambda(x, sympy.sin(x)), h: [[a, 1 - a], [1 - a, a]]},
... )
>>> F(f >> g)(x) == F(g)(F(f)(x)), F(f >> g)(x)
(True, sin(a*x))
>>> {label: sympy.expand(p) for label, p in F(h >> h)(0).items()}
{0: 2*a**2 - 2*a + 1, 1: -2*a**2 + 2*a}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from discopy import markov

from learning_diagrams.backends.symbolic.closed_form import ClosedForms, is_function, no_function
from learning_diagrams.backends.symbolic.exact_values import replaced
from learning_diagrams.backends.symbolic.output_distributions import OutputDistributions
from learning_diagrams.backends.symbolic.space import Finite, Space
from learning_diagrams.diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import CompileError, TypeMismatch, UnknownName, brief, did_you_mean, plural
from learning_diagrams.errors.short_text import short_repr


class SymbolicFunctor:
    """A functor from diagrams to functions in closed form.

    Laws: `F(f >> g) = F(g) ∘ F(f)`, `F(f @ g) = F(f) × F(g)`, and copies, discards and swaps are preserved.

    Parameters
    ----------
    ob : dict from object (a type of one object, or its name) to space.
    ar : dict from box (or its name) to a function of one SymPy value a wire, which may be a `sympy.Lambda`. For a box
        from I, or from finite sets, also a value, or nested lists of values by label. Several outputs are a tuple. The
        symbols that are not inputs are the parameters of the box, and stand for real numbers.

    Raises
    ------
    TypeMismatch : ob= or ar= is no mapping, a value of ob= is no space of this back end, or a key of ar= is no box.
    CompileError : a box with an input that is no finite set has a value in place of a function.
    """

    __repr__ = short_repr

    def __init__(self, ob: Mapping[Ty | str, Space], ar: Mapping[markov.Box | str, Any]) -> None:
        for keyword, mapping in (("ob", ob), ("ar", ar)):
            if not isinstance(mapping, Mapping):
                raise TypeMismatch(f"{keyword}= of SymbolicFunctor is a mapping, got {brief(mapping)}")
        self.spaces = {str(key): space for key, space in ob.items()}
        for name, space in self.spaces.items():
            if not isinstance(space, Space):
                raise TypeMismatch(
                    f"the space of {name!r} is one of this back end, as Euclidean(2); got {brief(space)}"
                )
        for box, entry in ar.items():
            if isinstance(box, markov.Box):
                ends = [self.spaces.get(ob.name) for ob in box.dom.inside]
                if not is_function(entry) and any(space and not isinstance(space, Finite) for space in ends):
                    raise no_function(box.name, len(ends), entry)
            elif not isinstance(box, str):
                raise TypeMismatch(f"ar= of SymbolicFunctor is a mapping from boxes, or their names; got {brief(box)}")
        self.forms = ClosedForms({getattr(key, "name", key): entry for key, entry in ar.items()})

    def __call__(self, other: Any) -> Any:
        """The spaces of a type, or the function of a diagram.

        The function takes one value a wire, and returns one value a wire. The function of a diagram with kernels
        returns a dict from outputs to their probability.

        Raises `CompileError` for a diagram that draws from ℝⁿ or from data.
        """
        if isinstance(other, Ty):
            return tuple(self.space(ob.name) for ob in other.inside)
        if not isinstance(other, Diagram):
            raise TypeMismatch(f"the functor is applied to types and diagrams, got {brief(other)}")
        return self._function(other)

    def space(self, name: str) -> Space:
        """The space of an object; `UnknownName` if it has none."""
        if name not in self.spaces:
            raise UnknownName(f"object {name!r} has no space; give one in ob=; {did_you_mean(name, self.spaces)}")
        return self.spaces[name]

    def _function(self, diagram: Diagram) -> Callable[..., Any]:
        where, dom = f"the diagram {diagram}", self(diagram.dom)
        graph = PortGraph.from_diagram(diagram)
        distributions = OutputDistributions([graph], self.spaces, self.forms, where)

        def function(*values: Any) -> Any:
            if len(values) != len(dom):
                raise CompileError(f"{where} takes {plural(len(dom), 'value')}, one a wire; got {len(values)}")
            pairs = enumerate(zip(dom, values, strict=True), start=1)
            points = [space.point(value, f"input {i} of {where}") for i, (space, value) in pairs]
            (distribution,) = distributions.at(list(map(self.forms.reals.of, points)))
            back = self.forms.reals.back
            distribution = {
                tuple(replaced(end, back) for end in ends): chance.xreplace(back)
                for ends, chance in distribution.items()
            }
            alone = {ends[0] if len(ends) == 1 else ends: chance for ends, chance in distribution.items()}
            return next(iter(alone)) if all(map(is_deterministic, graph.boxes)) else alone

        return function
