"""The exercises of notebook 9, with their solutions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.errors import brief, plural
from learning_diagrams.exercises.graders import by_proof, by_test
from learning_diagrams.proof.derivation import Derivation

# Flips of an image.
image = ld.Ty("image")
flip, mirror, turn = (ld.Box(name, image, image) for name in ("flip", "mirror", "turn"))
same = ld.Id(image)
FLIPS = {
    "flip twice": ld.Equation(flip >> flip, same),
    "mirror twice": ld.Equation(mirror >> mirror, same),
    "both twice": ld.Equation(flip >> mirror >> flip >> mirror, same),
}
ORDER = ld.Equation(flip >> mirror, mirror >> flip, "order")

# 1. By hand.
THERE_AND_BACK = ld.Equation(flip >> mirror >> mirror >> flip, same)
BY_HAND = Derivation(THERE_AND_BACK.lhs, FLIPS).rewrite("mirror twice").rewrite("flip twice").proof()

by_hand = ld.exercise(
    "Prove flip >> mirror >> mirror >> flip = id(image) from tasks.FLIPS, by hand.",
    BY_HAND,
    by=by_proof(FLIPS),
    hint="start with Derivation(tasks.THERE_AND_BACK.lhs, tasks.FLIPS), rewrite twice, and end with .proof()",
)


# 2. A countermodel.
def _is_permutation(table: Any) -> bool:
    whole = isinstance(table, Sequence) and not isinstance(table, str) and all(type(entry) is int for entry in table)
    return whole and sorted(table) == list(range(len(table)))


def _fault_of_tables(answer: Any) -> str | None:
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if not isinstance(answer, Sequence) or isinstance(answer, str) or len(answer) != 2:
        return f"the answer is two lists, as ([1, 0, 2, 3], [0, 1, 3, 2]), got {brief(answer)}"
    answer = [table.tolist() if hasattr(table, "tolist") else table for table in answer]
    tables = dict(zip(("flip", "mirror"), answer, strict=True))
    for name, table in tables.items():
        if not _is_permutation(table):
            return f"{name} is a list that names each of the elements 0, 1, 2, 3 once, got {brief(table)}"
        if len(table) != 4:
            return f"{name} has {plural(len(table), 'element')}; the model has four"
    for name, table in tables.items():
        for element, value in enumerate(table):
            if table[value] != element:
                return f"{name} twice sends {element} to {table[value]}, so an axiom does not hold"
    first, second = answer
    still = [i for i in range(4) if first[i] == second[i] == i]
    if still:
        return f"flip and mirror both leave {still[0]} where it is"
    if all(second[first[i]] == first[second[i]] for i in range(len(first))):
        return "both axioms hold, but so does the goal: each element goes to the same place in both orders"
    return None


tables = ld.exercise(
    "Give lists for flip and mirror on the set 0, 1, 2, 3: each is its own inverse, their order matters, and each "
    "element is moved by one of the two.",
    ([1, 0, 3, 2], [0, 2, 1, 3]),
    by=by_test(_fault_of_tables),
    hint="flip[i] is the element to which flip sends i; let one list move all four elements, and the other list two",
)

# 3. One byte of a certificate.
CERTIFICATE = json.dumps(ld.prove(ORDER, FLIPS).to_dict())


def _fault_of_byte(answer: Any) -> str | None:
    if not isinstance(answer, str):
        return f"the answer is a text, as tasks.CERTIFICATE.replace(old, new), got {brief(answer)}"
    if len(answer) != len(CERTIFICATE):
        return f"the answer has {plural(len(answer), 'character')}, and the certificate {len(CERTIFICATE):,}"
    if (changes := sum(a != b for a, b in zip(answer, CERTIFICATE, strict=True))) != 1:
        return f"the answer differs from the certificate in {plural(changes, 'character')}, not in one"
    try:
        data = json.loads(answer)
    except ValueError as error:
        return f"the answer is no JSON: {error}"
    alone, asked = ld.check(data), ld.check(data, statement=ORDER, axioms=FLIPS)
    if not alone:
        return f"the checker refuses the answer also without a question: {alone.reason}"
    return "the answer still proves what was asked" if asked else None


one_byte = ld.exercise(
    "Change one character of tasks.CERTIFICATE, so that check accepts it alone but refuses it for the question.",
    CERTIFICATE.replace('"flip"', '"flop"'),
    by=by_test(_fault_of_byte),
    hint="the steps refer to boxes by number; where does the certificate say how the boxes are called?",
)

# 4. The false axiom.
FIVE = {
    "a": ld.Equation(turn >> turn >> turn >> turn, same),
    "b": ld.Equation(flip >> mirror, turn >> turn),
    "c": ld.Equation(turn >> mirror, mirror >> turn),
    "d": ld.Equation(flip >> flip, same),
    "e": ld.Equation(turn >> flip >> turn >> flip, same),
}
CORNERS = {"turn": [1, 2, 3, 0], "flip": [3, 2, 1, 0], "mirror": [1, 0, 3, 2]}  # from the upper left one, clockwise


def end(path: Any, corner: int) -> int:
    """The corner to which a path of turns, flips and mirrors takes a corner."""
    for box in path.boxes:
        corner = CORNERS[box.name][corner]
    return corner


def _fault_of_axiom(answer: Any) -> str | None:
    name = answer.strip().lower() if isinstance(answer, str) else ""
    if name not in FIVE:
        return f'the answer is the letter of an axiom, as "a", got {brief(answer)}'
    axiom = FIVE[name]
    ways = [(end(axiom.lhs, corner), end(axiom.rhs, corner)) for corner in range(4)]
    if all(left == right for left, right in ways):
        ends = ", ".join(f"{corner} ↦ {left}" for corner, (left, _) in enumerate(ways))
        return f"{axiom.lhs} = {axiom.rhs} holds at all four corners, on both sides {ends}"
    return None


false_axiom = ld.exercise(
    "Which of the five axioms is false of real images? Answer with its letter.",
    "c",
    by=by_test(_fault_of_axiom),
    hint="follow the four corners along both sides: tasks.end(axiom.lhs, corner) and tasks.end(axiom.rhs, corner)",
)

# 5. Commutativity with waypoints.
x = ld.Ty("x")
times, unit = ld.Box("times", x @ x, x), ld.Box("unit", ld.Ty(), x)
SQUARES = {
    "associative": ld.Equation(times @ x >> times, x @ times >> times),
    "unit left": ld.Equation(unit @ x >> times, ld.Id(x)),
    "unit right": ld.Equation(x @ unit >> times, ld.Id(x)),
    "square": ld.Equation(ld.Copy(x) >> times, ld.Discard(x) >> unit),
}
COMMUTES = ld.Equation(times, ld.Swap(x, x) >> times)
WAYPOINTS = [
    ld.diagram(x @ x, x)(way)
    for way in (
        lambda a, b: times(times(a, unit()), b),
        lambda a, b: times(times(a, times(times(a, b), times(a, b))), b),
        lambda a, b: times(times(times(a, a), times(b, a)), times(b, b)),
        lambda a, b: times(b, a),
    )
]


def along(ways: Sequence[Any]) -> Any:
    """The proof of commutativity that reaches these diagrams one after another."""
    derivation = Derivation(times, SQUARES)
    for way in ways:
        derivation = derivation.reach(way)
    return derivation.proof(COMMUTES.rhs)


WITH_WAYPOINTS = along(WAYPOINTS)


def _fault_of_ways(right: Any, answer: Any) -> Any:
    if not isinstance(answer, list | tuple) or not answer:
        return by_proof(SQUARES)(right, answer)
    for i, way in enumerate(answer, start=1):
        if not isinstance(way, ld.Diagram):
            return f"waypoint {i} is a diagram, as ld.diagram(x @ x, x)(lambda a, b: …), got {brief(way)}"
    return by_proof(SQUARES)(right, along(answer))


commutes = ld.exercise(
    "Prove times = swap >> times from tasks.SQUARES: if each square is the unit, the product commutes. Answer with the "
    "derivation, or with the list of waypoints.",
    WITH_WAYPOINTS,
    by=_fault_of_ways,
    hint="a·b = a·1·b, and 1 is the square of a·b; then brackets move, and two squares vanish",
)


def _named(tables: Mapping[str, list[int]]) -> tuple[list[int], ...]:
    return tuple(tables[name] for name in ("flip", "mirror"))


CASES = {
    "by_hand": Case(
        "easy",
        right=[
            BY_HAND,
            BY_HAND.to_dict(),
            ld.prove(THERE_AND_BACK, FLIPS),
            Derivation(THERE_AND_BACK.lhs, FLIPS).reach(same),
        ],
        wrong=[ld.prove(ORDER, FLIPS), same, Derivation(flip >> flip, FLIPS).rewrite("flip twice").proof(), "proof"],
    ),
    "tables": Case(
        "middle",
        right=[([1, 0, 3, 2], [0, 2, 1, 3]), [(0, 2, 1, 3), (1, 0, 3, 2)], ([3, 2, 1, 0], [1, 0, 2, 3])],
        wrong=[
            _named(CORNERS),
            ([1, 2, 0, 3], [0, 2, 1, 3]),
            ([1, 0, 2], [0, 2, 1]),
            ([1, 0, 2, 3], [0, 2, 1, 3]),
            ([1, 0, 3, 4], [0, 2, 1, 3]),
            ([1, 0, 2, 3],),
            "tables",
            7,
        ],
    ),
    "one_byte": Case(
        "middle",
        right=[CERTIFICATE.replace('"flip"', '"flop"'), CERTIFICATE.replace('"mirror"', '"mirrow"', 1)],
        wrong=[
            CERTIFICATE,
            CERTIFICATE.replace('"flip"', '"float"'),
            CERTIFICATE.replace("{", "[", 1),
            CERTIFICATE.replace("[0, 0]", "[1, 0]", 1),
            CERTIFICATE.replace(" ", "\t", 1),
            json.loads(CERTIFICATE),
        ],
    ),
    "false_axiom": Case("middle", right=["c", " C"], wrong=["a", "b", "d", "e", "f", 3, []]),
    "commutes": Case(
        "hard",
        right=[WITH_WAYPOINTS, WITH_WAYPOINTS.to_dict(), along(WAYPOINTS[1:]), WAYPOINTS],
        wrong=[BY_HAND, ld.prove(COMMUTES, {"commutes": COMMUTES}), COMMUTES, WAYPOINTS[:1], [x], [], "proof"],
    ),
}
