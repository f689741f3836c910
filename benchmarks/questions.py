"""Pairs of diagrams that are equal, or not, for a known reason: the questions of equality.py and of the peers.

A diagram is a number of input wires, all of one type, and steps [offset, name, inputs, outputs]: a box on the wires
that start at the offset. "swap", "copy" and "discard" are wiring; names that begin with f are functions, the others
kernels. A question consists of lists, strings and numbers, so that JSON can carry it to another process.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any

Step = list[Any]
NAMES = 50  # of boxes: half functions, half kernels


@dataclass
class Question:
    """Whether two diagrams are equal in a theory, and the answer, with the reason for it in `kind`."""

    kind: str
    size: int
    theory: str
    width: int
    lhs: list[Step] = field(repr=False)
    rhs: list[Step] = field(repr=False)
    equal: bool = True

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def _names(count: int, seed: int = 0) -> list[str]:
    generator = random.Random(seed)
    return [generator.choice("fk") + str(generator.randrange(NAMES // 2)) for _ in range(count)]


def strands(size: int) -> Question:
    """Two strands side by side: drawn one after the other, and by turns. Interchange makes them equal."""
    names = _names(size)
    left, right = ([[at, name, 1, 1] for name in names[at::2]] for at in (0, 1))
    by_turns = [step for pair in zip(right, left, strict=True) for step in pair]
    return Question("strands", size, "symmetric", 2, left + right, by_turns)


def parallel(size: int) -> Question:
    """A strand for each box: drawn from left to right, and from right to left."""
    steps = [[at, name, 1, 1] for at, name in enumerate(_names(size))]
    return Question("parallel", size, "symmetric", size, steps, steps[::-1])


def mixed(size: int) -> Question:
    """Two strands on which every law of a Markov category is used, in a random order, one way or the other."""
    generator = random.Random(0)
    lhs: list[Step] = []
    rhs: list[Step] = []
    copy, swap, discard = [0, "copy", 1, 2], [0, "swap", 2, 2], [2, "discard", 1, 0]
    while min(len(lhs), len(rhs)) < size:
        at = str(generator.randrange(NAMES // 2))
        f, g, k, join = [0, "f" + at, 1, 1], [1, "f" + at, 1, 1], [1, "k" + at, 1, 1], [0, "join", 2, 1]
        laws = {
            "interchange": ([f, k], [k, f]),
            "functions are copied": ([f, copy, join], [copy, f, g, join]),
            "discarding": ([[1, "copy", 1, 2], [2, "k" + at, 1, 1], discard], []),
            "naturality of swap": ([f, k, swap], [swap, [0, *k[1:]], [1, *f[1:]]]),
            "cocommutativity": ([copy, swap, join], [copy, join]),
        }
        sides = generator.choice(list(laws.values()))
        here, there = sides if generator.random() < 0.5 else sides[::-1]
        lhs += here
        rhs += there
    return Question("mixed", size, "markov", 2, lhs, rhs)


def ring(labels: str) -> list[Step]:
    """A closed component: for each label a cup and a cap, each cap from its cup to the next."""
    steps: list[Step] = []
    for i, name in enumerate(labels):
        steps.append([2 if i else 0, "cup " + name, 0, 2])
        if i:
            steps.append([1, "cap " + labels[i - 1], 2, 0])
    return [*steps, [0, "swap", 2, 2], [0, "cap " + labels[-1], 2, 0]]


def turned_rings(size: int) -> list[Question]:
    """Rings of that many boxes, and the same rings begun a third of the way round.

    Where all boxes are alike every turn is a symmetry; where labels are random nearly none looks like one; where they
    repeat but for one place, every turn by a block looks like one for long, and none is.
    """
    generator = random.Random(0)
    count, third = size // 2, size // 6
    labels = {
        "ring, all boxes alike": "a" * count,
        "ring, labels at random": "".join(generator.choice("ab") for _ in range(count)),
        "ring, labels that nearly repeat": ("aab" * count)[: count - 2] + "ab",
    }
    return [
        Question(kind, size, "symmetric", 0, ring(word), ring(word[third:] + word[:third]))
        for kind, word in labels.items()
    ]


def rings(count: int) -> Question:
    """Closed components that differ: rings of six boxes, and one fewer but for one of twelve: as many boxes each."""
    small = ring("aaa")
    return Question("rings", 6 * count, "symmetric", 0, small * count, small * (count - 2) + ring("aaaaaa"), False)


def shared_term(depth: int) -> Question:
    """A term with 2^depth leaves, drawn with a box for each level; the copies are swapped on one side."""
    copy, swap, join = [0, "copy", 1, 2], [0, "swap", 2, 2], [0, "f join", 2, 1]
    return Question("shared term", depth, "markov", 1, [copy, join] * depth, [copy, swap, join] * depth)


def markov_laws() -> list[Question]:
    """Two laws, discarding a kernel and copying a function, and a non-law, copying a kernel."""
    copy, discard = [0, "copy", 1, 2], [0, "discard", 1, 0]
    f, k = ([[at, name, 1, 1] for at in (0, 1)] for name in "fk")
    return [
        Question("k >> discard is discard", 1, "markov", 1, [k[0], discard], [discard]),
        Question("f >> copy is copy >> f @ f", 1, "markov", 1, [f[0], copy], [copy, *f]),
        Question("k >> copy is copy >> k @ k", 1, "markov", 1, [k[0], copy], [copy, *k], False),
    ]
