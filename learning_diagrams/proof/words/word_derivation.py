"""Derivations from a word to another word by equations at positions, and the unfolding of proved equations.

Words are strings in this file, with a character for each letter. A theorem is an axiom, or an equation with a proof by
uses of earlier theorems. A list of theorems proves all of them, and holds a part that is used many times only once.

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

from learning_diagrams.errors import LimitExceeded, require_count

Word: TypeAlias = tuple[Hashable, ...]
Use: TypeAlias = tuple[int, bool, int]  # number of the theorem, whether from left to right, position
Uses: TypeAlias = tuple[Use, ...]

SEARCH = 10_000  # steps in the search for shorter derivations: a few milliseconds, enough for readable derivations


class Theorem(NamedTuple):
    """An axiom, which has a name, or an equation with a proof: uses of earlier theorems from lhs to rhs."""

    lhs: str
    rhs: str
    name: str
    proof: Uses


class StepLimit:
    """A number of steps that a computation may take. Steps are counted and not timed, so that answers are reproducible.

    Raises `LimitExceeded` beyond the limit, and `TypeMismatch` for a limit that is not a whole number ≥ 0.
    """

    def __init__(self, limit: int, task: str) -> None:
        require_count("limit=", limit, least=0)
        self.limit, self.left, self.task = limit, limit, task

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise LimitExceeded(f"{self.task} takes more steps than the limit {self.limit}; raise limit=")


def backwards(uses: Sequence[Use]) -> Uses:
    """The uses from the last word to the first."""
    return tuple((index, not forward, position) for index, forward, position in reversed(uses))


def words(theorems: Sequence[Theorem], text: str, uses: Iterable[Use]) -> Iterator[str]:
    """The words on the way of the uses, with the first and the last word."""
    yield text
    for index, forward, position in uses:
        theorem = theorems[index]
        old, new = (theorem.lhs, theorem.rhs) if forward else (theorem.rhs, theorem.lhs)
        text = text[:position] + new + text[position + len(old) :]
        yield text


def shortest(theorems: Sequence[Theorem], axiom_count: int, start: str, uses: Sequence[Use], budget: StepLimit) -> Uses:
    """The fewest uses that join the same two words over words on the way: some of these uses, and axioms.

    No word comes twice. The budget pays for the search for axioms; after that, only the given uses count.
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
            forward = len(lhs) >= len(rhs)  # the other side would give the same pairs
            old, new = (lhs, rhs) if forward else (rhs, lhs)
            for word in joined if lhs != rhs else ():
                budget.spend()
                at = word.find(old)
                while at >= 0:
                    budget.spend()
                    if (other := word[:at] + new + word[at + len(old) :]) in joined:
                        join(word, (index, forward, at), other)
                    at = word.find(old, at + 1)
    # Breadth first from the last word: each reached word knows its use towards the last word.
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
    """The uses unfolded to uses of axioms, and, where proofs are shared, of lemmas with their proofs.

    share : bool, whether a theorem that is used more than once stays a lemma.
    budget : StepLimit, which pays for each opened and each written use.
    """
    search = StepLimit(min(budget.limit, SEARCH), "the search for shorter derivations")

    def opened(start: str, uses: Uses) -> Uses:
        return shortest(theorems, axiom_count, start, _opened(uses, parts, budget), search)

    uses = shortest(theorems, axiom_count, start, uses, search)
    times = _times_used(theorems, axiom_count, uses)
    # A theorem that is used once is opened at its use. A theorem that is used more often is first made short.
    parts = {index: theorems[index].proof for index in times if index >= axiom_count and times[index] == 1}
    lemmas: dict[int, Uses] = {}
    for index in sorted(times):  # a proof uses earlier theorems only, so that a single pass suffices
        if index >= axiom_count and times[index] > 1:
            body = opened(theorems[index].lhs, theorems[index].proof)
            if share and len(body) > 1:
                lemmas[index] = body
            else:
                parts[index] = body
    uses = opened(start, uses)
    needed = {index for index, _, _ in uses}  # because a lemma may occur in loops only
    for index in reversed(lemmas):
        if index in needed:
            needed.update(earlier for earlier, _, _ in lemmas[index])
    return {index: body for index, body in lemmas.items() if index in needed}, uses


def _times_used(theorems: Sequence[Theorem], axiom_count: int, uses: Uses) -> Counter[int]:
    """The number of times that these uses, and the proofs of used theorems, use each theorem."""
    times = Counter(index for index, _, _ in uses)
    for index in range(len(theorems) - 1, axiom_count - 1, -1):
        if index in times:
            times.update(earlier for earlier, _, _ in theorems[index].proof)
    return times


def _opened(uses: Uses, parts: Mapping[int, Uses], budget: StepLimit) -> Uses:
    """The uses, where the parts of a theorem replace the theorem, again and again."""
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
