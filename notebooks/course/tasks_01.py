"""The exercises of notebook 1: wires and boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.errors import brief
from learning_diagrams.exercises.graders import by_test

x = ld.Ty("x")
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
mix = ld.Box("mix", x @ x, x)
k = ld.Kernel("k", x, x)

# ---- easy: write the diagram of a picture ---------------------------------------------------------------------------

PICTURE = ld.Copy(x) @ k >> f @ ld.Swap(x, x) >> mix @ x

from_picture = ld.exercise(
    "Write the diagram of the picture with f, k, mix, ld.Copy(x), ld.Swap(x, x), >> and @.",
    PICTURE,
    hint="the upper input is copied: one end goes through f, the other one leaves. mix reads f first, then k",
)

# ---- easy: draw a text, and count its marks -------------------------------------------------------------------------

TEXT = "copy(x, 3) >> f @ f @ (k >> discard(x)) >> mix"

from_text = ld.exercise(
    f"Draw {TEXT} on paper. How many plates has your drawing, and how many has the drawing with the fewest plates "
    "that is equal to it? Answer with the two numbers, as (6, 5).",
    (4, 2),
    hint="a plate is a box; discs and rings are not plates. A box that only a ring reads may go; f stands there twice",
)

# ---- middle: the one unequal pair among six -------------------------------------------------------------------------

PAIRS = {
    "a": (f @ x >> x @ k, x @ k >> f @ x),
    "b": (ld.Copy(x) >> ld.Swap(x, x) >> f @ k, ld.Copy(x) >> f @ k),
    "c": (ld.Copy(x) >> k @ f >> x @ ld.Discard(x), k),
    "d": (ld.Copy(x) >> f @ f >> k @ k, f >> ld.Copy(x) >> k @ k),
    "e": (ld.Copy(x) >> k @ k >> mix, k >> ld.Copy(x) >> mix),
    "f": (ld.Copy(x) >> (f >> g) @ f >> mix, f >> ld.Copy(x) >> g @ x >> mix),
}


LAWS = {
    "a": "f and k read different wires, so their order does not matter",
    "b": "copy >> swap = copy: the two ends of a copy may change places",
    "c": "nobody reads the output of f, so f goes, and a copy with one discarded end is a wire",
    "d": "f is a function, so its two calls are one call; k is drawn twice on either side",
    "f": "f is a function, so its two calls are one call",
}


def _odd(answer: Any) -> Any:
    answer = answer.strip().lower() if isinstance(answer, str) else answer
    if answer not in tuple(PAIRS):
        return f"the answer is one of the letters {', '.join(PAIRS)}, got {brief(answer)}"
    return f"the two diagrams of pair {answer} are equal: {LAWS[answer]}" if ld.equal(*PAIRS[answer]) else None


odd_one = ld.exercise(
    "Five of the six pairs are equal in the theory markov. Which one is not?",
    "e",
    by=by_test(_odd),
    hint="f, g and mix are functions; k is a kernel. Where is k written twice on one side and once on the other?",
)

# ---- hard: four moves to the normal form ----------------------------------------------------------------------------

START = ld.Copy(x) >> (k >> ld.Copy(x) >> (f >> g) @ (f >> g) >> mix) @ (g >> k >> ld.Discard(x))
END = k >> f >> g >> ld.Copy(x) >> mix
MOVES = [
    ld.Copy(x) >> (k >> ld.Copy(x) >> (f >> g) @ (f >> g) >> mix) @ (g >> ld.Discard(x)),
    k >> ld.Copy(x) >> (f >> g) @ (f >> g) >> mix,
    k >> f >> ld.Copy(x) >> g @ g >> mix,
    END,
]
OTHER_ORDER = [
    ld.Copy(x) >> (k >> f >> ld.Copy(x) >> g @ g >> mix) @ (g >> k >> ld.Discard(x)),
    ld.Copy(x) >> (k >> f >> g >> ld.Copy(x) >> mix) @ (g >> k >> ld.Discard(x)),
    ld.Copy(x) >> (g >> ld.Discard(x)) @ END,
    ld.diagram(x, x)(lambda a: mix(*[g(f(k(a)))] * 2)),
]


def plates(diagram: ld.Diagram) -> int:
    """How many boxes a diagram has as it is written; copies, discards and crossings are not boxes."""
    return sum(isinstance(box, ld.Box | ld.Kernel) for box in diagram.boxes)


@dataclass(frozen=True)
class Change:
    """The fault of a move that changes the program; its evidence says how, and draws it."""

    move: int
    evidence: Any

    def __str__(self) -> str:
        sides = "left-hand side: before the move, right-hand side: after it"
        return f"move {self.move} changes the program; {sides}\n{self.evidence}"

    def draw(self) -> Picture:
        picture: Picture = self.evidence.draw()
        return picture


def _moves(answer: Any) -> Any:
    if not isinstance(answer, Sequence) or isinstance(answer, str) or len(answer) != len(MOVES):
        return f"the answer is a list of four diagrams, each after one more move, got {brief(answer)}"
    before = START
    for i, diagram in enumerate(answer, start=1):
        if not isinstance(diagram, ld.Diagram):
            return f"move {i} is not a diagram, got {brief(diagram)}"
        if (before.dom, before.cod) != (diagram.dom, diagram.cod):
            return f"move {i} makes it a program {diagram.dom} → {diagram.cod}; it is {before.dom} → {before.cod}"
        evidence = ld.equal(before, diagram, evidence=True)
        if not evidence:
            return Change(i, evidence)
        if plates(before) - plates(diagram) != 1:
            return f"move {i} leaves {plates(diagram)} plates of {plates(before)}; a move takes exactly one away"
        before = diagram
    return None


four_moves = ld.exercise(
    "Bring the program START from eight plates to four, in four moves. Write a list of four diagrams, one after each "
    "move; each is equal to the one before, and has one plate fewer.",
    MOVES,
    by=by_test(_moves),
    hint="nobody reads two plates: take the one at the ring first. Two pairs compute one thing: merge from the left",
)

CASES = {
    "from_picture": Case(
        "easy",
        right=[
            PICTURE,
            ld.Copy(x) @ x >> x @ ld.Swap(x, x) >> (f @ k >> mix) @ x,
            ld.diagram(x @ x, x @ x)(lambda a, b: (mix(f(a), k(b)), a)),
        ],
        wrong=[ld.Copy(x) @ k >> f @ x @ x >> x @ mix, f @ k >> mix, "mix"],
    ),
    "from_text": Case("easy", right=[(4, 2), [4, 2]], wrong=[(4, 3), (5, 2), 4]),
    "odd_one": Case("middle", right=["e", "E", " e"], wrong=["a", "d", "f", "x", 5]),
    "four_moves": Case(
        "hard",
        right=[MOVES, OTHER_ORDER],
        wrong=[MOVES[:3], [MOVES[0]] * 4, [*MOVES[:3], f], [START, *MOVES[1:]], [END] * 4, [1, 2, 3, 4], "four"],
    ),
}
