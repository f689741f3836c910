"""The exercises of notebook 2: a functor is an interpretation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

from discopy import markov

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.errors import TypeMismatch, brief
from learning_diagrams.exercises.graders import by_test, by_value
from learning_diagrams.semantics.functor.functor import fold

image, feature, name = ld.Ty("image"), ld.Ty("feature"), ld.Ty("name")
encode, classify = ld.Box("encode", image, feature), ld.Kernel("classify", feature, name)
shrink, look = ld.Box("shrink", image, image), ld.Box("look", image, feature)
anna = encode >> ld.Copy(feature) >> classify @ feature

# ---- easy: a functor from diagrams to diagrams ----------------------------------------------------------------------

substituted = ld.exercise(
    "A functor sends encode to shrink >> look, and every other box to itself. Where does it send anna, which is "
    "encode >> ld.Copy(feature) >> classify @ feature?",
    shrink >> look >> ld.Copy(feature) >> classify @ feature,
    hint="replace the box encode; copies and wires stay, because a functor keeps them",
)

# ---- middle: one step of a chain ------------------------------------------------------------------------------------

step = ld.exercise(
    "The chain x ↦ q · (p · x) has p = 2, q = 3. The data are x = 1, y = 5, the error is ½(output − y)², and the step "
    "is 0.1. What are p and q after one step of gradient descent?",
    (1.7, 2.8),
    hint="forward: 2, then 6. The gradient at the output is 6 − 5 = 1. Both gradients use the old p and q",
)

# ---- middle: the number of parameters is no functor -----------------------------------------------------------------

x = ld.Ty("x")
f, g, h = (ld.Box(letter, x, x) for letter in "fgh")
SIZES = {"f": 6, "g": 6, "h": 12}


def parameters(diagram: ld.Diagram) -> int:
    """How many parameters a diagram of f, g and h has: one name, one set of parameters."""
    return sum(SIZES[box] for box in {box.name for box in diagram.boxes})


def _refutation(answer: Any) -> str | None:
    boxes = (ld.Diagram, markov.Box)
    if not isinstance(answer, Sequence) or len(answer) != 4 or not all(isinstance(d, boxes) for d in answer):
        return f"the answer is four diagrams of f, g and h: (d, e, d2, e2), got {brief(answer)}"
    if {box.name for d in answer for box in d.boxes} - SIZES.keys() or any((d.dom, d.cod) != (x, x) for d in answer):
        return "use the boxes f, g and h, from x to x"
    d, e, d2, e2 = answer
    for names, pair in {"d and d2": (d, d2), "e and e2": (e, e2)}.items():
        numbers = [parameters(diagram) for diagram in pair]
        if numbers[0] != numbers[1]:
            return (
                f"{names} have {numbers[0]} and {numbers[1]} parameters; a rule that knows the numbers may tell them "
                "apart, so make these numbers equal"
            )
    first, second = parameters(d >> e), parameters(d2 >> e2)
    if first == second:
        return f"both composites have {first} parameters, so these diagrams refute no rule"
    return None


refuted = ld.exercise(
    "f and g have 6 parameters each, h has 12. Show that no rule finds the number of d >> e from the numbers of d and "
    "e: give (d, e, d2, e2) such that d and d2 have equally many, e and e2 too, and the composites do not.",
    (f, f, f, g),
    by=by_test(_refutation),
    hint="f >> f has the parameters of f. Which other composite of two boxes with 6 parameters each is larger?",
)

# ---- middle: depth as a functor -------------------------------------------------------------------------------------

mix, source = ld.Box("mix", x @ x, x), ld.Box("source", ld.Ty(), x)
split = ld.Box("split", x, x @ x)
DEEP = [
    f,
    ld.Id(x),
    f >> g >> f,
    ld.Copy(x) >> (f >> g) @ x >> mix,
    ld.Copy(x) >> f @ (f >> g >> h) >> mix >> f,
    f @ (g >> h) >> ld.Swap(x, x),
    split >> f @ x >> mix,
    source >> f,
    source @ f >> mix,
    ld.Copy(x) >> (f >> g >> ld.Discard(x)) @ h,
]


def right_depth(box: markov.Box, depths: tuple[int, ...]) -> list[int]:
    return [max(depths, default=0) + 1] * len(box.cod)


def depth(rule: Callable[..., Any], diagram: ld.Diagram, inputs: Sequence[int]) -> tuple[Any, ...]:
    """The depths at the outputs of a diagram, from the depths at its inputs."""
    return fold(PortGraph.from_diagram(diagram), inputs, rule)


def _listed(rule: Callable[..., Any], box: markov.Box, depths: tuple[int, ...]) -> Any:
    """What a rule says of a box, or an error that names the box."""
    question = f"asked for {box.name} with depths {depths}, the rule"
    try:
        outputs = rule(box, depths)
    except Exception as error:
        raise TypeMismatch(f"{question} raises {type(error).__name__}: {error}") from error
    if not isinstance(outputs, list | tuple):
        raise TypeMismatch(f"{question} returns {brief(outputs)}, which is not a list")
    return outputs


def _depth(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function of a box and the depths of its inputs, got {brief(answer)}"
    for diagram in DEEP:
        for start in (0, 2):
            inputs = [start + i for i in range(len(diagram.dom))]
            wanted, got = (depth(rule, diagram, inputs) for rule in (right_depth, partial(_listed, answer)))
            if tuple(got) != wanted:
                return f"{diagram} with inputs of depth {inputs} has depth {list(wanted)}, and you have {list(got)}"
    return None


deep = ld.exercise(
    "Write the rule of a functor of depth: a function (box, depths) that returns the list of the depths of the box's "
    "outputs, one for each wire of box.cod. An output is one deeper than the deepest input, or 1 without inputs.",
    right_depth,
    by=by_test(_depth),
    hint="`depths` has a number for each input wire. What happens where it is empty?",
)


def _looped(box: markov.Box, depths: tuple[int, ...]) -> list[int]:
    deepest = 0
    for number in depths:
        deepest = number if number > deepest else deepest
    return [deepest + 1 for _ in box.cod]


# ---- hard: learners compose -----------------------------------------------------------------------------------------

RATE = 0.1


def forward(factor: Any, x: Any) -> Any:
    """What a multiplier returns."""
    return factor * x


def update(factor: Any, x: Any, target: Any) -> Any:
    """The factor after one step towards a target, for the error ½(factor · x − target)²."""
    return factor - RATE * (factor * x - target) * x


def request(factor: Any, x: Any, target: Any) -> Any:
    """The input that a multiplier would rather have had: x minus the derivative of its error by x."""
    return x - (factor * x - target) * factor


def right_descent(factors: Sequence[Any], x: Any, y: Any) -> list[Any]:
    """The factors after one step, each asked of before it moves."""
    return _descend(factors, x, y, lambda before, after: before)


def _descend(factors: Sequence[Any], x: Any, y: Any, asked: Callable[[Any, Any], Any]) -> list[Any]:
    """The factors after one step; `asked` says which of a factor, before or after it moves, makes the request."""
    inputs = [x]
    for factor in factors:
        inputs.append(forward(factor, inputs[-1]))
    target, moved = y, []
    for factor, point in zip(reversed(factors), reversed(inputs[:-1]), strict=True):
        moved.append(update(factor, point, target))
        target = request(asked(factor, moved[-1]), point, target)
    return moved[::-1]


def _recursive(factors: Sequence[Any], x: Any, y: Any) -> list[Any]:
    def learn(rest: Sequence[Any], point: Any) -> tuple[list[Any], Any]:
        if not rest:
            return [], y
        later, target = learn(rest[1:], forward(rest[0], point))
        return [update(rest[0], point, target), *later], request(rest[0], point, target)

    return learn(factors, x)[0]


def _gradient_descent(factors: Sequence[float], x: float, y: float) -> list[float]:
    """By the formula of calculus, for the whole chain at once."""
    error = prod(factors) * x - y
    return [a - RATE * error * x * prod([*factors[:i], *factors[i + 1 :]]) for i, a in enumerate(factors)]


def _descent(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function of factors, x and y, got {brief(answer)}"
    for factors, point, y in (([2], 1, 5), ([2, 3], 1, 5), ([2, -1, 3], 2, 1), ([1, 2, -2, 0.5], -1, 3)):
        wanted, got = _gradient_descent(factors, point, y), answer(list(factors), point, y)
        fault = by_value(1e-6)(wanted, got)
        if fault:
            return f"from {factors} with x = {point}, y = {y} a step leads to {[round(a, 4) for a in wanted]}: {fault}"
    return None


def _greedy(factors: Sequence[Any], x: Any, y: Any) -> list[Any]:
    after = []
    for factor in factors:
        after.append(update(factor, x, y))
        x = forward(factor, x)
    return after


def _hasty(factors: Sequence[Any], x: Any, y: Any) -> list[Any]:
    return _descend(factors, x, y, lambda before, after: after)


descend = ld.exercise(
    "Write a step of gradient descent for a chain of any length: a function (factors, x, y) that returns the list of "
    "new factors. Use forward, update and request of a single multiplier, and no derivative of the chain.",
    right_descent,
    by=by_test(_descent),
    hint="forward first, and keep all inputs. Then walk back: a request is the target of the factor before",
)

CASES = {
    "substituted": Case(
        "easy",
        right=[
            shrink >> look >> ld.Copy(feature) >> classify @ feature,
            ld.Copy(image) >> (shrink >> look >> classify) @ (shrink >> look),
            ld.Copy(image) >> shrink @ shrink >> (look >> classify) @ look,
        ],
        wrong=[anna, look >> ld.Copy(feature) >> classify @ feature, shrink >> look, "shrink >> look", 3],
    ),
    "step": Case("middle", right=[(1.7, 2.8), [1.7, 2.8]], wrong=[(1.72, 2.8), (2.3, 3.2), (1.7,), 1.7, "1.7, 2.8"]),
    "refuted": Case(
        "middle",
        right=[(f, f, f, g), (f, g, f, f), [f >> g, f, h, g], (g, g >> g, f, g)],
        wrong=[(f, g, g, f), (f, f, f), (f, f, h, h), (f, ld.Id(x), g, ld.Id(x)), (mix, f, f, f), 6],
    ),
    "deep": Case(
        "middle",
        right=[right_depth, _looped],
        wrong=[
            lambda box, depths: [sum(depths) + 1] * len(box.cod),
            lambda box, depths: [max(depths)] * len(box.cod),
            lambda box, depths: [max(depths, default=0) + 1],
            lambda box, depths: 1,
            4,
        ],
    ),
    "descend": Case(
        "hard",
        right=[right_descent, _recursive, _gradient_descent],
        wrong=[_greedy, _hasty, lambda factors, x, y: factors, lambda factors, x, y: None, 1.7],
    ),
}
