"""Equations between words, decided in other ways than the library does: replayed, reduced, merged, one by one."""

from itertools import product

from learning_diagrams.errors import LimitExceeded


def replay(equations, steps, start, end):
    """Whether the steps lead from one word to the other, each by one equation each. Apart from the library."""
    here = list(start)
    for name, forward, position, before, after in steps:
        lhs, rhs = equations[name] if forward else reversed(equations[name])
        assert here == list(before)
        assert position >= 0 and here[position : position + len(lhs)] == list(lhs)
        here[position : position + len(lhs)] = rhs
        assert here == list(after)
    assert here == list(end)


def derive(done, equations, word, other, limit=5000):
    """The number of steps of a derivation, once it and its form with lemmas are replayed."""
    try:
        steps = done.derivation(word, other, limit=limit)
    except LimitExceeded:  # then lemmas are needed
        steps = None
    if steps is not None:
        replay(equations, steps, word, other)
        through = [word, *(step.after for step in steps)]
        assert len(set(through)) == len(through)
    lemmas, last = done.lemmas(word, other, limit=limit)
    known = dict(equations)
    for lemma in lemmas:
        assert lemma.name not in known
        replay(known, lemma.steps, lemma.lhs, lemma.rhs)
        known[lemma.name] = lemma.lhs, lemma.rhs
    replay(known, last, word, other)
    assert steps is None or len(last) + sum(len(lemma.steps) for lemma in lemmas) <= len(steps)
    assert {lemma.name for lemma in lemmas} <= {s.equation for lemma in lemmas for s in lemma.steps + last}
    return steps is not None and len(steps)


def reduced(rules, word):
    """The normal form, by looking for every left side at every place."""
    change = True
    while change:
        change = False
        for lhs, rhs in rules:
            for i in range(len(word) - len(lhs) + 1):
                if not change and word[i : i + len(lhs)] == lhs:
                    word, change = word[:i] + rhs + word[i + len(lhs) :], True
    return word


def assert_reduced(done, order):
    """Rules are oriented and interreduced."""
    rank = {letter: i for i, letter in enumerate(order)}
    key = {word: (len(word), [rank[letter] for letter in word]) for rule in done.rules for word in rule}
    assert list(done.rules) == sorted(done.rules, key=lambda rule: key[rule[0]])
    for lhs, rhs in done.rules:
        assert key[lhs] > key[rhs]
        others = [rule for rule in done.rules if rule[0] != lhs]
        assert reduced(others, lhs) == lhs and reduced(done.rules, rhs) == rhs


def assert_confluent(done):
    """All critical pairs join."""
    for (l1, r1), (l2, r2) in product(done.rules, repeat=2):
        for k in range(1, min(len(l1), len(l2)) + (l1 != l2)):
            if l1[-k:] == l2[:k]:
                assert reduced(done.rules, r1 + l2[k:]) == reduced(done.rules, l1[:-k] + r2)


def all_words(letters, longest):
    return [word for n in range(longest + 1) for word in product(letters, repeat=n)]


def classes(equations, words):
    """Union–find by all single steps between these words: at least as fine as the congruence, and often equal to it."""
    parent = {word: word for word in words}

    def root(word):
        while parent[word] != word:
            parent[word] = word = parent[parent[word]]
        return word

    for word in words:
        for lhs, rhs in equations.values():
            for i in range(len(word) - len(lhs) + 1):
                if word[i : i + len(lhs)] == lhs:
                    other = word[:i] + rhs + word[i + len(lhs) :]
                    if other in parent:
                        parent[root(word)] = root(other)
    return {word: root(word) for word in words}
