"""The trusted check that a finite model satisfies some equations and breaks another equation.

The check evaluates diagrams layer by layer, as they are written, and shares no code with `FiniteModel.weights` or with
the search. From the library the check uses the labels of boxes, and which boxes are functions.

>>> from fractions import Fraction
>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> rows = {label(a): {(0,): {(1,): Fraction(1)}, (1,): {(0,): Fraction(1)}}}
>>> square, once = Equation(a >> a, Id(x)), Equation(a, Id(x))
>>> print(fault("markov", (), {"x": 2}, rows, [square], once, (0,), (0,), (Fraction(0), Fraction(1))))
None
>>> fault("markov", (), {"x": 2}, rows, [once], square, (0,), (0,), (Fraction(1), Fraction(0)))
'an axiom does not hold at (0,): a = Id(x)'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from discopy import markov, symmetric

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.diagrams.layers import steps
from learning_diagrams.diagrams.sample_space import SampleObject
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.errors import LimitExceeded
from learning_diagrams.presentation.equation import Equation

Elements = tuple[int, ...]
Weights = Mapping[Elements, Fraction | int]
Rows = Mapping[Any, Mapping[Elements, Weights]]
MOST_STEPS = 3_000_000  # some seconds


def fault(
    theory: Theory,
    deterministic: Sequence[str],
    sizes: Mapping[str, int],
    rows: Rows,
    axioms: Sequence[Equation],
    goal: Equation,
    inputs: Elements,
    outcome: Elements,
    weights: tuple[Fraction, Fraction],
) -> str | None:
    """The first fault of a countermodel, or None: then the goal does not follow from the axioms.

    theory, deterministic, sizes, rows : as of `FiniteModel`.
    axioms, goal : Equations that hold in the model, and Equation that fails.
    inputs, outcome, weights : the elements where the sides of the goal differ, and the weight of the outcome on each.

    Raises `LimitExceeded`: the check would take more than some seconds.
    """
    check = _Check(theory, sizes, rows)
    diagrams = [side for equation in (goal, *axioms) for side in equation.diagrams]
    for diagram in diagrams:
        for ty in (diagram.dom, diagram.cod):
            for name in object_names(ty):
                if type(sizes.get(name)) is not int or sizes[name] < 0:
                    return f"object {name!r} has no size"
    is_function = determinism(theory, deterministic)
    boxes = {}
    for _, box in (step for diagram in diagrams for step in steps(diagram)):
        if isinstance(box, markov.Copy) and theory == "symmetric":
            return f"{box} has no meaning in the theory symmetric"
        if not isinstance(box, markov.Copy | symmetric.Swap):
            boxes[label(box)] = box
    ends = [diagram.dom for diagram in diagrams] + [end for box in boxes.values() for end in (box.dom, box.cod)]
    for ob in (ob for ty in ends for ob in ty.inside):
        if isinstance(ob, SampleObject) and theory != "symmetric" and not sizes.get(ob.name):
            return f"sample space {ob.name!r} is empty, but has a state"
    for key, box in boxes.items():
        wrong = check.table(box, rows.get(key), is_function(box))
        if wrong:
            return f"box {box.name!r} {wrong}"
    for axiom in axioms:
        for elements in check.elements(axiom.lhs.dom):
            if check.weights(axiom.lhs, elements) != check.weights(axiom.rhs, elements):
                return f"an axiom does not hold at {elements}: {axiom.lhs!s:.500} = {axiom.rhs!s:.500}"
    if not check.inside(inputs, goal.lhs.dom) or not check.inside(outcome, goal.lhs.cod):
        return f"{inputs} and {outcome} are not elements of the domain and the codomain"
    computed = tuple(check.weights(side, inputs, outcome).get(outcome, Fraction(0)) for side in goal.diagrams)
    if computed[0] == computed[1]:
        return f"the sides of the goal both give {outcome} the weight {computed[0]} at {inputs}"
    false_claim = "the sides of the goal give the outcome other weights than the countermodel claims"
    return None if computed == weights else false_claim


class _Check:
    def __init__(self, theory: Theory, sizes: Mapping[str, int], rows: Rows) -> None:
        self.theory, self.sizes, self.rows, self.steps_left = theory, sizes, rows, MOST_STEPS
        self._known: dict[int, Callable[[Elements], Weights]] = {}  # by the identity of the box

    def table(self, box: markov.Box, table: Mapping[Elements, Weights] | None, is_function: bool) -> str | None:
        """The fault of the table of a box, or None."""
        if table is None or any(name not in self.sizes for ty in (box.dom, box.cod) for name in object_names(ty)):
            return "has no table, or no sizes"
        counted = self.theory == "symmetric"
        if not counted and all(self._sizes(box.dom)) and not all(self._sizes(box.cod)):
            return "goes to the empty set"
        for arguments, row in table.items():
            if not self.inside(arguments, box.dom) or not all(self.inside(outcome, box.cod) for outcome in row):
                return f"has elements at {arguments} that its sets do not have"
            weights = [Fraction(weight) for weight in row.values()]
            if any(weight < 0 for weight in weights) or (counted and any(w.denominator != 1 for w in weights)):
                return f"has a weight at {arguments} that is negative or not a number of the theory"
            if not counted and sum(weights) != 1:
                return f"has probabilities at {arguments} that sum to {sum(weights)}"
            if not counted and is_function and sum(weight > 0 for weight in weights) != 1:
                return f"is deterministic and has several outcomes at {arguments}"
        return None

    def weights(self, diagram: Diagram, inputs: Elements, outcome: Elements | None = None) -> dict[Elements, Fraction]:
        """The weights of the outcomes that are not 0; with `outcome`, its weight alone."""
        places = list(steps(diagram))
        known = _known_values(places, outcome) if outcome is not None else [()] * len(places)
        self._spend(len(places))
        weights = {inputs: Fraction(1)}
        for (offset, box), values in zip(places, known, strict=True):
            after, row_of = offset + len(box.dom), self._row_of(box)
            new: dict[Elements, Fraction] = {}
            for scan, weight in weights.items():
                self._spend(1 + weight.numerator.bit_length() // 64 + weight.denominator.bit_length() // 64)
                for outcome_of_box, own in row_of(scan[offset:after]).items():
                    self._spend(1)
                    if all(value in (None, e) for value, e in zip(values, outcome_of_box, strict=False)):
                        changed = scan[:offset] + outcome_of_box + scan[after:]
                        new[changed] = weight * own + new[changed] if changed in new else weight * own
            weights = new
        return {scan: weight for scan, weight in weights.items() if weight}

    def _spend(self, steps: int) -> None:
        self.steps_left -= steps
        if self.steps_left < 0:
            raise LimitExceeded(f"the countermodel is too large: checking takes more than {MOST_STEPS:,} steps")

    def _row_of(self, box: markov.Box) -> Callable[[Elements], Weights]:
        """The function from elements to rows of a box, cached by box, because a label takes longer than a row."""
        if id(box) not in self._known:
            self._known[id(box)] = self._make_row_of(box)
        return self._known[id(box)]

    def _make_row_of(self, box: markov.Box) -> Callable[[Elements], Weights]:
        certain, width = Fraction(1), len(box.cod)
        if isinstance(box, markov.Copy):
            return lambda elements: {elements * width: certain}
        if isinstance(box, symmetric.Swap):
            return lambda elements: {elements[::-1]: certain}
        table = self.rows[label(box)]
        rest = {} if self.theory == "symmetric" else {tuple(n - 1 for n in self._sizes(box.cod)): certain}
        return lambda elements: table.get(elements, rest)

    def _sizes(self, ty: Any) -> list[int]:
        return [self.sizes[name] for name in object_names(ty)]

    def elements(self, ty: Any) -> Iterator[Elements]:
        sizes = self._sizes(ty)
        if prod(sizes) > MOST_STEPS // 10:
            raise LimitExceeded(f"the countermodel is too large: an axiom has {prod(sizes):,} inputs")
        # `product` lists its sets, so that a large set beside an empty set would not fit into memory.
        return product(*map(range, sizes)) if all(sizes) else iter(())

    def inside(self, elements: Any, ty: Any) -> bool:
        sizes = self._sizes(ty)
        return len(elements) == len(sizes) and all(0 <= e < n for e, n in zip(elements, sizes, strict=True))


def _known_values(steps: list[tuple[int, markov.Box]], outcome: Elements) -> list[tuple[int | None, ...]]:
    """For each step, the values of its output wires that the outcome forces through wiring alone, read backwards."""
    scan: list[int | None] = list(outcome)
    known: list[tuple[int | None, ...]] = []
    for offset, box in reversed(steps):
        after = offset + len(box.cod)
        values = tuple(scan[offset:after])
        known.append(values)
        before: list[int | None] = [None] * len(box.dom)
        if isinstance(box, symmetric.Swap):
            before = list(values[::-1])
        elif isinstance(box, markov.Copy):
            before = [next((value for value in values if value is not None), None)]
        scan[offset:after] = before
    return known[::-1]
