"""Separation of unequal diagrams: an exact finite model, and an outcome that has different weights in them.

The model is the canonical model of the left-hand side, with the canonical outcome. A diagram gives that outcome a
positive weight only if a homomorphism goes from the diagram to the left-hand side. The diagram gives the same weight
only if a homomorphism uses each box once, so that the diagram equals the left-hand side.

A homomorphism maps boxes to boxes of the same label and wires to wires, inputs to inputs and outputs to outputs. The
image of a wire fixes the image of its box, so the start fixes a homomorphism. In "markov" the start is the outputs,
from which a backward walk reaches every needed box. In "symmetric" the start is the boundary, and a box for each closed
component.

>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.diagrams.structure import Copy
>>> x = Ty("x")
>>> k = Kernel("k", x, x)
>>> once, twice = map(PortGraph.from_diagram, (k >> Copy(x), Copy(x) >> k @ k))
>>> print(*separate(once, twice, TheoryOps("markov"))[1:])
1/2 1/4
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction
from itertools import count
from math import prod

from learning_diagrams.diagrams.labels import LabelTable
from learning_diagrams.diagrams.port_graph import PortGraph, Wire
from learning_diagrams.equality.canonical_model import CanonicalModel, Weight
from learning_diagrams.equality.symmetric_form import Net, rarest
from learning_diagrams.equality.theory import Theory, TheoryOps

Images = list[int]  # for each box, in the order of the walk, its image


def separate(lhs: PortGraph, rhs: PortGraph, ops: TheoryOps) -> tuple[CanonicalModel, Weight, Weight]:
    """A model that separates two unequal diagrams, and the weight of its outcome given its inputs in each of them."""
    theory, lhs, rhs = ops.theory, ops.reduce(lhs), ops.reduce(rhs)
    if not ops.linear:
        model = CanonicalModel(lhs, ops.deterministic)
        left, right = (_weight(model, homomorphisms(side, lhs, theory)) for side in (lhs, rhs))
        return model, left, right
    laid = [homomorphisms(side, lhs, theory) for side in (lhs, rhs)]
    draw = random.Random(0)
    weights = ([draw.randint(1, largest) for _ in lhs.boxes] for largest in count(1))
    models = (CanonicalModel(lhs, None, own) for own in weights)
    answers = ((model, _weight(model, laid[0]), _weight(model, laid[1])) for model in models)
    return next(each for each in answers if each[1] != each[2])  # different polynomials differ at small numbers


def _weight(model: CanonicalModel, ways: list[list[Images]]) -> Weight:
    """The weight of the outcome of a model in a diagram: a sum over homomorphisms of products over boxes."""
    weights = [[[model.weights[i] for i in images] for images in part] for part in ways]
    if model.stochastic:  # each weight is 1 or 1/n, and one fraction a sum is faster than one a factor
        denominators = (prod(weight.denominator for weight in factors) for factors in weights[0])
        return sum((Fraction(1, denominator) for denominator in denominators), Fraction(0))
    return prod(sum(prod(factors) for factors in part) for part in weights)


def homomorphisms(upper: PortGraph, lower: PortGraph, theory: Theory) -> list[list[Images]]:
    """All homomorphisms of the part at the boundary, then of each closed component, into another graph.

    A homomorphism of the whole graph is a choice for each part. In "markov" and "cartesian" the graphs are normal
    forms.
    """
    labels = LabelTable()
    above, below = (Net(graph, [labels.number(box) for box in graph.boxes]) for graph in (upper, lower))
    ends = [*zip(above.inputs, below.inputs, strict=True), *zip(above.outputs, below.outputs, strict=True)]
    if theory != "symmetric":
        images = _lay(above, below, ends, [], forwards=False)
        return [[] if images is None else [images]]
    parts = [[_lay(above, below, ends, [], forwards=True)]]
    for component in above.components()[1]:
        root = rarest(above, component)[0]
        onto = (box for box, number in enumerate(below.numbers) if number == above.numbers[root])
        parts.append([_lay(above, below, [], [(root, box)], forwards=True) for box in onto])
    return [[way for way in ways if way is not None] for ways in parts]


def _lay(
    above: Net, below: Net, wires: Iterable[tuple[Wire, Wire]], boxes: list[tuple[int, int]], forwards: bool
) -> Images | None:
    """The images of all boxes that a walk from some wires and boxes reaches; None where no homomorphism exists."""
    lies: dict[Wire, Wire] = {}
    box_lies = dict(boxes)
    todo = list(boxes)

    def join(pairs: Iterable[tuple[Wire, Wire]]) -> bool:
        for wire, under in pairs:
            if lies.setdefault(wire, under) != under:
                return False
            for end, end_below in ((above.maker, below.maker), (above.user, below.user))[: 1 + forwards]:
                box, box_below = end[wire], end_below[under]
                if box < 0:
                    continue
                if box_below < 0 or above.numbers[box] != below.numbers[box_below]:
                    return False
                if box not in box_lies:
                    todo.append((box, box_below))
                if box_lies.setdefault(box, box_below) != box_below:
                    return False
        return True

    if not join(wires):
        return None
    for box, under in todo:  # the list grows while the loop reads it
        ends = (above.arguments[box], below.arguments[under]), (above.outputs_of[box], below.outputs_of[under])
        if not all(join(zip(*pair, strict=True)) for pair in ends):
            return None
    return [under for _, under in todo]


def brief_weight(weight: Weight) -> str:
    """A weight as text; for a weight of more than 64 bits, its magnitude."""
    size = max(weight.numerator.bit_length(), weight.denominator.bit_length())
    if size <= 64:
        return str(weight)
    digits = (weight.numerator.bit_length() - weight.denominator.bit_length()) * 30103 // 100000
    return f"about 10^{digits}"
