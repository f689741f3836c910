"""The laws of completion: derivations replay, rules are reduced and confluent, and decisions are true."""

import random
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning_diagrams.proof.words.completion import complete
from learning_diagrams.proof.words.procedure import _most_shared
from words import all_words, assert_confluent, assert_reduced, classes, derive

WORDS = st.lists(st.sampled_from("abc"), max_size=5).map(tuple)
PRESENTATIONS = st.lists(st.tuples(WORDS, WORDS), max_size=5).map(
    lambda pairs: {f"e{i}": p for i, p in enumerate(pairs)}
)


@settings(deadline=None, max_examples=60)
@given(PRESENTATIONS, st.randoms(use_true_random=False))
def test_derivations_replay_and_rules_are_reduced_and_confluent(equations, source):
    done = complete(equations, 400)
    assert_reduced(done, "abc")
    if done.converged:
        assert_confluent(done)
        for lhs, rhs in equations.values():
            derive(done, equations, lhs, rhs)
    for lhs, rhs in done.rules:
        derive(done, equations, lhs, rhs)
    for word in source.sample(all_words("abc", 4), 10):
        derive(done, equations, word, done.normal_form(word))
        derive(done, equations, done.normal_form(word), word)


@settings(deadline=None, max_examples=60)
@given(PRESENTATIONS)
def test_what_is_decided_agrees_with_union_and_find(equations):
    """Equal words have derivations, by the test above; unequal words are in different classes here."""
    done = complete(equations, 400)
    class_of = classes(equations, all_words("abc", 5))
    for word, other in class_of.items():
        assert done.decides(word, other) is (True if done.converged else done.decides(word, other) and True)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=2))
def test_finite_monoids_are_decided(maps):
    """A monoid of maps of three points, presented by its right Cayley graph: a word is its action on the points."""
    letters = "ab"[: len(maps)]

    def act(word):
        points = (0, 1, 2)
        for letter in word:
            points = tuple(maps[letters.index(letter)][point] for point in points)
        return points

    first, queue, equations = {act(()): ()}, [()], {}
    for word in queue:
        for letter in letters:
            longer = (*word, letter)
            if act(longer) in first:
                equations[f"e{len(equations)}"] = longer, first[act(longer)]
            else:
                first[act(longer)] = longer
                queue.append(longer)
    done = complete(equations)
    assert done.converged
    assert_confluent(done)
    for word in all_words(letters, 6):
        assert done.normal_form(word) == first[act(word)]  # the least word, as the queue goes in shortlex order


def all_bands():
    """The free band on two letters, xx = x for each x, has seven elements with the identity (Green & Rees 1952)."""
    words = all_words("ab", 3)[1:]
    return {"".join(word): (word * 2, word) for word in words}


def test_the_free_band_on_two_letters():
    equations = all_bands()
    done = complete(equations)
    assert done.converged
    assert len({done.normal_form(word) for word in all_words("ab", 7)}) == 7
    class_of = classes({name: equations[name] for name in ("a", "b", "ab", "ba")}, all_words("ab", 8))
    short = all_words("ab", 4)
    for word, other in product(short, short):
        assert (class_of[word] == class_of[other]) is done.decides(word, other)


@settings(deadline=None, max_examples=60)
@given(PRESENTATIONS, st.randoms(use_true_random=False), st.sampled_from([5, 20, 100, 400]))
def test_the_order_of_equations_does_not_matter(equations, source, limit):
    items = list(equations.items())
    source.shuffle(items)
    first, other = complete(equations, limit), complete(dict(items), limit)
    assert (first.converged, first.rules) == (other.converged, other.rules)
    for word in all_words("abc", 2):
        assert first.lemmas(word, first.normal_form(word)) == other.lemmas(word, first.normal_form(word))


@settings(deadline=None, max_examples=40)
@given(PRESENTATIONS, st.permutations("abc"))
def test_the_order_of_letters_does_not_change_what_is_equal(equations, order):
    first, other = complete(equations, 400), complete(equations, 400, order=order)
    assert_reduced(other, order)
    if first.converged and other.converged:
        for word in all_words("abc", 3):
            assert first.decides(word, other.normal_form(word)) is True
            assert other.decides(word, first.normal_form(word)) is True


@settings(deadline=None, max_examples=50)
@given(st.randoms(use_true_random=False))
def test_objects_are_not_needed(source):
    """Over a graph with parallel equations, each word of each rule and derivation is a path again."""
    ends = {f"f{i}": (source.randrange(3), source.randrange(3)) for i in range(5)}

    def walk(start, length):
        word = ()
        for _ in range(length):
            leaving = [name for name, (dom, _) in ends.items() if dom == start]
            if not leaving:
                break
            word += (source.choice(leaving),)
            start = ends[word[-1]][1]
        return word, start

    equations = {}
    for i in range(40):
        start = source.randrange(3)
        (first, end), (other, finish) = walk(start, source.randrange(5)), walk(start, source.randrange(4))
        if end == finish and len(equations) < 4:
            equations[f"e{i}"] = first, other

    def is_path(word):
        return all(ends[f][1] == ends[g][0] for f, g in pairwise(word))

    def boundary(word):
        return (ends[word[0]][0], ends[word[-1]][1]) if word else None

    done = complete(equations, 300)
    for lhs, rhs in done.rules:
        assert is_path(lhs) and is_path(rhs)
        dom, cod = boundary(lhs)
        assert boundary(rhs) == (dom, cod) if rhs else dom == cod
        for step in done.derivation(lhs, rhs):
            assert is_path(step.after)


def test_overlaps_around_a_third_left_side_may_be_left_out():
    """Long powers have thousands of overlaps, and a single overlap matters; the rules are still confluent."""
    done = complete({"b": (("a",) * 12, ("b",)), "c": (("b", "a", "b"), ("c",))}, 2000)
    assert done.converged
    assert_confluent(done)


@pytest.mark.thorough
def test_many_presentations():
    source = random.Random(0)
    converged = 0
    for _ in range(800):
        letters = "abcd"[: source.randrange(1, 5)]
        sides = [tuple(source.choices(letters, k=source.randrange(7))) for _ in range(2 * source.randrange(1, 6))]
        equations = {f"e{i}": pair for i, pair in enumerate(zip(sides[::2], sides[1::2], strict=True))}
        done = complete(equations, 2000)
        assert_reduced(done, letters)
        if done.converged:
            converged += 1
            assert_confluent(done)
            for lhs, rhs in equations.values():
                derive(done, equations, lhs, rhs)
        for lhs, rhs in done.rules[:20]:
            derive(done, equations, lhs, rhs)
    assert converged > 300


@given(st.text("ab", max_size=12), st.text("ab", max_size=12), st.integers(1, 13))
def test_overlaps_are_found_in_order(first, second, below):
    below = min(below, len(first) or 1, len(second) or 1)
    shared = [n for n in range(below - 1, 0, -1) if first.endswith(second[:n])]
    assert _most_shared(first, second, below) == (shared[0] if shared else 0)
