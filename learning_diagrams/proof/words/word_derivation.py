"""Derivations: from a word to another by equations used at positions, and what proved equations unfold to.

Words are strings here, a character a letter. A theorem is a given equation, or one that uses of earlier theorems prove;
a list of theorems is thus a proof of each of them, which writes down once what is used many times.

>>> theorems = [Theorem("aaa", "", "cube", ()), Theorem("aaaa", "a", "", ((0, True, 1),))]
>>> list(words(theorems, "aaaaa", ((1, True, 0), (1, False, 1))))
['aaaaa', 'aa', 'aaaaa']
>>> shortest(theorems, 1, "aaaaa", ((1, True, 0), (1, False, 1)), StepLimit(10, "this"))
()
>>> unfold(theorems, 1, "aaaaa", ((1, True, 1),), share=False, budget=StepLimit(10, "this"))
({}, ((0, True, 2),))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from learning_diagrams.errors import LimitExceeded, TypeMismatch, brief

Word: TypeAlias = tuple[Hashable, ...]
Use: TypeAlias = tuple[int, bool, int]  # of the theorem of this number, from left to right or not, at this position
Uses: TypeAlias = tuple[Use, ...]

SEARCH = 10_000  # steps in the search for shorter derivations: enough for what people read, and a few milliseconds


class WordStep(NamedTuple):
    """An equation used once: `before` holds its left side at `position`, or its right side where not `forward`."""

    equation: str
    forward: bool
    position: int
    before: Word
    after: Word


class Lemma(NamedTuple):
    """An equation lhs = rhs, derived by steps that name given equations and earlier lemmas."""

    name: str
    lhs: Word
    rhs: Word
    steps: list[WordStep]


class Theorem(NamedTuple):
    """A given equation, which has a name, or one that uses of earlier theorems lead through, from lhs to rhs."""

    lhs: str
    rhs: str
    name: str
    proof: Uses


class StepLimit:
    """Steps that may still be taken; counted rather than timed, so that answers are reproducible.

    Raises `LimitExceeded` where more are spent than the limit, and `TypeMismatch` where that is no number ≥ 0.
    """

    def __init__(self, limit: int, what: str) -> None:
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise TypeMismatch(f"limit must be a number of steps ≥ 0, got {brief(limit)}")
        self.limit, self.left, self.what = limit, limit, what

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise LimitExceeded(f"{self.what} takes more steps than the limit {self.limit}; raise limit=")


def backwards(uses: Sequence[Use]) -> Uses:
    """The uses from the last word to the first; a use is undone where it was made."""
    return tuple((index, not forward, position) for index, forward, position in reversed(uses))


def words(theorems: Sequence[Theorem], text: str, uses: Iterable[Use]) -> Iterator[str]:
    """The words that the uses lead through, the first and the last included."""
    yield text
    for index, forward, position in uses:
        theorem = theorems[index]
        old, new = (theorem.lhs, theorem.rhs) if forward else (theorem.rhs, theorem.lhs)
        text = text[:position] + new + text[position + len(old) :]
        yield text


def shortest(theorems: Sequence[Theorem], axiom_count: int, start: str, uses: Sequence[Use], budget: StepLimit) -> Uses:
    """The fewest uses that join the same two words over words on the way: some of these, and given equations.

    So no word comes twice. The budget pays for looking for given equations; once it is spent, these uses must do.
    """
    through = list(words(theorems, start, uses))
    joined: dict[str, list[tuple[Use, str]]] = {word: [] for word in through}

    def join(before: str, use: Use, after: str) -> None:
        joined[before].append((use, after))
        joined[after].append((backwards([use])[0], before))

    for before, use, after in zip(through, uses, through[1:], strict=False):
        join(before, use, after)
    with suppress(LimitExceeded):
        for index, (lhs, rhs, _, _) in enumerate(theorems[:axiom_count]):
            forward = len(lhs) >= len(rhs)  # to look from the other side would find the same pairs
            old, new = (lhs, rhs) if forward else (rhs, lhs)
            for word in joined if lhs != rhs else ():
                budget.spend()
                at = word.find(old)
                while at >= 0:
                    budget.spend()
                    if (other := word[:at] + new + word[at + len(old) :]) in joined:
                        join(word, (index, forward, at), other)
                    at = word.find(old, at + 1)
    # Breadth first from the last word, so that each word reached knows its use towards it.
    towards: dict[str, tuple[Use, str] | None] = {through[-1]: None}
    for word in (queue := [through[-1]]):
        for use, other in joined[word]:
            if other not in towards:
                towards[other] = backwards([use])[0], word
                queue.append(other)
    fewest: list[Use] = []
    step = towards[start]
    while step:
        fewest.append(step[0])
        step = towards[step[1]]
    return tuple(fewest)


def unfold(
    theorems: Sequence[Theorem], axiom_count: int, start: str, uses: Uses, *, share: bool, budget: StepLimit
) -> tuple[dict[int, Uses], Uses]:
    """The uses unfolded to uses of the given equations, and, where proofs are shared, of lemmas with their proofs.

    Parameters
    ----------
    theorems, given : the first `given` of the theorems are given equations.
    start, uses : where the uses start.
    share : whether a theorem that is used more than once stays a lemma.
    budget : pays for each use that is opened or written down.
    """
    search = StepLimit(min(budget.limit, SEARCH), "the search for shorter derivations")

    def opened(start: str, uses: Uses) -> Uses:
        return shortest(theorems, axiom_count, start, _opened(uses, parts, budget), search)

    uses = shortest(theorems, axiom_count, start, uses, search)
    times = _times_used(theorems, axiom_count, uses)
    # What is used once is opened where it is used; what is used more often is made short before it is copied.
    parts = {index: theorems[index].proof for index in times if index >= axiom_count and times[index] == 1}
    lemmas: dict[int, Uses] = {}
    for index in sorted(times):  # a proof uses earlier theorems only, so that one pass upwards meets them all in time
        if index >= axiom_count and times[index] > 1:
            body = opened(theorems[index].lhs, theorems[index].proof)
            if share and len(body) > 1:
                lemmas[index] = body
            else:
                parts[index] = body
    uses = opened(start, uses)
    needed = {index for index, _, _ in uses}  # for a lemma may have been used in loops only
    for index in reversed(lemmas):
        if index in needed:
            needed.update(earlier for earlier, _, _ in lemmas[index])
    return {index: body for index, body in lemmas.items() if index in needed}, uses


def _times_used(theorems: Sequence[Theorem], axiom_count: int, uses: Uses) -> Counter[int]:
    """How often each theorem is used, by these uses and by the proofs of what they use."""
    times = Counter(index for index, _, _ in uses)
    for index in range(len(theorems) - 1, axiom_count - 1, -1):
        if index in times:
            times.update(earlier for earlier, _, _ in theorems[index].proof)
    return times


def _opened(uses: Uses, parts: Mapping[int, Uses], budget: StepLimit) -> Uses:
    """The uses with each theorem that has parts replaced by them, again and again."""
    done: list[Use] = []
    stack = list(reversed(uses))
    while stack:
        budget.spend()
        index, forward, position = use = stack.pop()
        if index in parts:
            part = parts[index] if forward else backwards(parts[index])
            stack += [(i, f, position + p) for i, f, p in reversed(part)]
        else:
            done.append(use)
    return tuple(done)
