"""Completion decides equality of paths where it converges, and every derivation replays from the given equations."""

import random
import sys
import time
from itertools import pairwise, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning_diagrams.box import Box, Ty
from learning_diagrams.errors import DuplicateName, LimitExceeded, TypeMismatch, UnknownName
from learning_diagrams.path_equation import path_equations
from learning_diagrams.proof.completion import Completion, complete
from learning_diagrams.proof.derivation import Step

# ---- what the library is held against --------------------------------------------------------------------------------


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
    found = True
    while found:
        found = False
        for lhs, rhs in rules:
            for i in range(len(word) - len(lhs) + 1):
                if not found and word[i : i + len(lhs)] == lhs:
                    word, found = word[:i] + rhs + word[i + len(lhs) :], True
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


def powers(**numbers):
    return {name: (("a",) * n, ()) for name, n in numbers.items()}


def spelled(**pairs):
    """Equations written as "aba=bab"."""
    return {name: tuple(map(tuple, text.split("="))) for name, text in pairs.items()}


A = ("a",)
S3 = spelled(a="aa=", b="bb=", ab="aba=bab")
S4 = S3 | spelled(c="cc=", bc="bcb=cbc", ac="ac=ca")
Z2 = spelled(ab="ba=ab", a="aA=", A="Aa=", b="bB=", B="Bb=")
BRAIDS = spelled(braid="aba=bab")


# ---- examples --------------------------------------------------------------------------------


def test_coprime_powers_give_the_identity():
    equations = powers(cube=3, fifth=5)
    done = complete(equations)
    assert done.converged and done.rules == ((A, ()),)
    assert derive(done, equations, A, ()) == 3
    assert done.decides(A, ()) is True


def test_powers_give_their_greatest_common_divisor_and_no_more():
    equations = powers(fourth=4, sixth=6)
    done = complete(equations)
    assert done.converged and done.rules == ((A * 2, ()),)
    assert derive(done, equations, A * 2, ()) == 2
    assert done.decides(A, ()) is False
    assert done.derivation(A, ()) is None and done.lemmas(A, ()) is None


def test_left_and_right_inverses_agree():
    equations = {"left": (("g1", "f"), ()), "right": (("f", "g2"), ())}
    done = complete(equations)
    assert done.converged
    steps = done.derivation(("g1",), ("g2",))
    assert steps == [
        Step("right", False, 1, ("g1",), ("g1", "f", "g2")),
        Step("left", True, 0, ("g1", "f", "g2"), ("g2",)),
    ]
    assert derive(done, equations, ("g1",), ("g2",)) == 2


def path(diagram):
    return tuple(box.name for box in diagram.boxes)


def as_words(equations):
    return {f"face{i}": (path(equation.lhs), path(equation.rhs)) for i, equation in enumerate(equations)}


def cube():
    letter = {corner: "abcdefgh"[i] for i, corner in enumerate(product((0, 1), repeat=3))}
    ups = [(v, (*v[:i], 1, *v[i + 1 :])) for v in letter for i in range(3) if v[i] == 0]
    return [Box(letter[v] + letter[w], Ty(letter[v]), Ty(letter[w])) for v, w in ups]


def test_a_cube_commutes_when_its_faces_do():
    faces = as_words(path_equations(cube(), max_length=2))
    every = path_equations(cube(), max_length=3)
    assert (len(faces), len(every)) == (6, 21)
    done = complete(faces)
    assert done.converged
    for equation in every:
        derive(done, faces, path(equation.lhs), path(equation.rhs))
    assert all(len(done.derivation(*face)) == 1 for face in faces.values())


@pytest.mark.parametrize("missing", range(6))
def test_no_face_of_a_cube_follows_from_the_others(missing):
    faces = as_words(path_equations(cube(), max_length=2))
    face = faces.pop(f"face{missing}")
    done = complete(faces)
    assert done.converged and done.decides(*face) is False


def grid(n):
    def edge(row, column, down, right):
        ends = Ty(f"{row},{column}"), Ty(f"{row + down},{column + right}")
        return Box(f"{'down' if down else 'right'}{row},{column}", *ends)

    corners = list(product(range(n + 1), repeat=2))
    return [edge(i, j, 1, 0) for i, j in corners if i < n] + [edge(i, j, 0, 1) for i, j in corners if j < n]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_grid_commutes_when_its_faces_do(n):
    faces = as_words(path_equations(grid(n), max_length=2))
    assert len(faces) == n * n
    done = complete(faces)
    assert done.converged and len(done.rules) == n * n
    for equation in path_equations(grid(n), max_length=2 * n):
        derive(done, faces, path(equation.lhs), path(equation.rhs))


@pytest.mark.parametrize("n", [1, 2, 3, 20])
def test_the_outer_square_of_a_grid_takes_each_face_once(n):
    faces = as_words(path_equations(grid(n), max_length=2))
    done = complete(faces)
    top, right = [f"right0,{j}" for j in range(n)], [f"down{i},{n}" for i in range(n)]
    left, bottom = [f"down{i},0" for i in range(n)], [f"right{n},{j}" for j in range(n)]
    assert derive(done, faces, (*top, *right), (*left, *bottom)) == n * n


@pytest.mark.parametrize(("equations", "n"), [(S3, 3), (S4, 4)])
def test_the_symmetric_group_by_its_coxeter_presentation(equations, n):
    done = complete(equations)
    assert done.converged

    def permutation(word):
        images = list(range(n))
        for letter in word:
            i = "abc".index(letter)
            images[i], images[i + 1] = images[i + 1], images[i]
        return tuple(images)

    words = all_words("abc"[: n - 1], 6)
    normal = {word: done.normal_form(word) for word in words}
    assert len(set(normal.values())) == len(list(permutations(range(n))))
    represents = {permutation(word): word for word in normal.values()}
    assert len(represents) == len(set(normal.values()))
    for word in words:
        assert normal[word] == represents[permutation(word)]
    for word in words[::37]:
        derive(done, equations, word, normal[word])


def test_integer_vectors_of_length_two():
    done = complete(Z2, order="aAbB")
    assert done.converged and len(done.rules) == 8
    for word in all_words("aAbB", 4):
        x, y = (word.count(letter) - word.count(letter.upper()) for letter in "ab")
        assert done.normal_form(word) == (*("a" * x or "A" * -x), *("b" * y or "B" * -y))
    assert derive(done, Z2, tuple("BA"), tuple("AB")) == 5


def test_the_order_of_letters_decides_about_convergence():
    """With A < B < a < b each power of B between A and a needs a rule of its own."""
    done = complete(Z2)
    assert not done.converged
    assert derive(done, Z2, tuple("BA"), tuple("AB")) == 5
    assert done.decides(tuple("a"), tuple("b")) is None


@pytest.mark.parametrize("limit", [0, 1, 2, 10, 100, 1000, 10_000])
def test_braids_do_not_converge(limit):
    done = complete(BRAIDS, limit)
    assert not done.converged and repr(done).endswith("rules, not converged>")
    assert len(done.rules) <= limit
    assert_reduced(done, "ab")
    for lhs, rhs in done.rules:
        derive(done, BRAIDS, lhs, rhs)
    assert done.decides(tuple("a"), tuple("b")) is None
    assert done.derivation(tuple("a"), tuple("b")) is None
    if limit >= 10:
        half = tuple("abaaba")  # the full twist is central
        assert derive(done, BRAIDS, (*half, "a"), ("a", *half)) <= 20
        assert derive(done, BRAIDS, (*half, "b"), ("b", *half)) <= 20


def test_idempotents():
    equations = spelled(e="ee=e", f="ff=f", ef="ef=fe")
    done = complete(equations)
    assert done.converged
    assert len({done.normal_form(word) for word in all_words("ef", 5)}) == 4
    assert derive(done, equations, tuple("efef"), tuple("ef")) == 3
    assert done.decides(tuple("ef"), tuple("e")) is False


@pytest.mark.parametrize("equations", [{}, {"same": (A, A)}, {"nothing": ((), ())}])
def test_equations_that_say_nothing(equations):
    done = complete(equations, 0)
    assert done.converged and done.rules == ()
    assert done.derivation(A, A) == [] and done.lemmas(A, A) == ([], [])
    assert done.decides(A, ("b",)) is False
    assert done.normal_form(("b", "a")) == ("b", "a")


def test_letters_that_no_equation_has_are_free():
    equations = powers(square=2)
    done = complete(equations)
    assert done.normal_form(("x", "a", "a", None, "a")) == ("x", None, "a")
    assert derive(done, equations, ("x", "a", "a", "y"), ("a", "a", "x", "y")) == 2


def test_letters_are_any_hashable_values_in_the_order_given():
    equations = {"e": ((1, None), (frozenset(),))}
    done = complete(equations, order=[frozenset(), None, 1, "unused"])
    assert done.rules == (((1, None), (frozenset(),)),)
    assert complete({"e": (("x",), ("y",))}).rules == ((("y",), ("x",)),)
    assert complete({"e": (("x",), ("y",))}, order="yx").rules == ((("x",), ("y",)),)


# ---- size --------------------------------------------------------------------------------

LONG = 2000


@pytest.mark.parametrize(
    ("equations", "word", "other"),
    [
        (powers(long=LONG), A * (2 * LONG + 1), A),
        (powers(long=LONG, longer=LONG + 1), A, ()),
        ({"b": (A * LONG, ("b",))}, (*A * LONG, "b"), ("b", *A * LONG)),
        ({"b": (A * LONG, ("b",) * LONG)}, (*A * LONG, "b"), ("b", *A * LONG)),
        ({"n": (tuple(range(LONG)), tuple(range(LONG, 2 * LONG)))}, tuple(range(LONG)), tuple(range(LONG, 2 * LONG))),
        ({str(i): ((i + 1,), (i,)) for i in range(LONG // 4)}, (LONG // 4,), (0,)),
    ],
)
def test_long_words_take_no_recursion_and_less_than_a_second(equations, word, other):
    limit, start = sys.getrecursionlimit(), time.process_time()
    sys.setrecursionlimit(200)
    try:
        done = complete(equations)
        steps, lemmas = done.derivation(word, other), done.lemmas(word, other)
    finally:
        sys.setrecursionlimit(limit)
    assert time.process_time() - start < 1
    assert done.converged and lemmas
    replay(equations, steps, word, other)


def test_long_words_that_do_not_converge_stop_at_the_limit():
    equations = {"ab": (("a", "b") * (LONG // 2), ("b", "a") * (LONG // 2))}
    start = time.process_time()
    done = complete(equations, 1000)
    assert time.process_time() - start < 1
    assert not done.converged and derive(done, equations, *equations["ab"]) == 1


def test_lemmas_are_short_where_a_derivation_is_long():
    equations = powers(m=1999, n=1210)
    done = complete(equations)
    lemmas, steps = done.lemmas(A, ())
    assert len(steps) + sum(len(lemma.steps) for lemma in lemmas) < 40
    assert derive(done, equations, A, ()) > 1000


def test_lemmas_take_names_that_no_equation_has():
    equations = powers(lemma_1=8, lemma_3=13)
    done = complete(equations)
    assert derive(done, equations, A, ()) == 8
    assert [lemma.name for lemma in done.lemmas(A, ())[0]] == ["lemma_2", "lemma_4"]


# ---- errors --------------------------------------------------------------------------------


def test_a_derivation_past_its_limit_is_refused():
    done = complete(powers(m=1999, n=1210))
    with pytest.raises(LimitExceeded, match="the derivation takes more steps than the limit 500; raise limit="):
        done.derivation(A, (), limit=500)
    assert done.lemmas(A, (), limit=500)
    with pytest.raises(LimitExceeded, match="the normal form takes more steps than the limit 4"):
        done.normal_form(A * 5, limit=4)
    assert done.normal_form(A * 5, limit=5) == ()


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        ([("a", "b")], "equations are a mapping from names to pairs of words"),
        ({1: (A, A)}, "an equation is a pair of words under a name, got .* as 1"),
        ({"e": (A, A, A)}, "an equation is a pair of words under a name"),
        ({"e": ("aa", A)}, "a side of equation 'e' must be a tuple of hashable letters, got 'aa'"),
        ({"e": (A, ([],))}, "a side of equation 'e' must be a tuple of hashable letters"),
        ({"e": ((1,), ("a",))}, "the letters cannot be sorted; give order="),
    ],
)
def test_what_is_no_set_of_equations_is_refused(equations, message):
    with pytest.raises(TypeMismatch, match=message):
        complete(equations)


def test_orders_and_limits_are_checked():
    with pytest.raises(UnknownName, match="order= lacks letters of the equations: 'b', 'c'"):
        complete(spelled(e="abc="), order="a")
    with pytest.raises(DuplicateName, match="order= has the letter 'a' 2 times"):
        complete(spelled(e="a="), order="aa")
    with pytest.raises(TypeMismatch, match="the letters cannot be sorted; give order="):
        complete(spelled(e="a="), order=5)
    for limit in (-1, True, 1.5):
        with pytest.raises(TypeMismatch, match="limit must be a number of steps ≥ 0"):
            complete({}, limit)
    with pytest.raises(TypeMismatch, match="a word must be a tuple of hashable letters, got 'ab'"):
        complete({}).normal_form("ab")


# ---- laws --------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from("abc"), max_size=5).map(tuple)
PRESENTATIONS = st.lists(st.tuples(WORDS, WORDS), max_size=5).map(
    lambda pairs: {f"e{i}": p for i, p in enumerate(pairs)}
)


@settings(deadline=None, max_examples=150)
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
    """Equal words have derivations, by the test above; unequal ones are in different classes here."""
    done = complete(equations, 400)
    found = classes(equations, all_words("abc", 5))
    for word, other in found.items():
        assert done.decides(word, other) is (True if done.converged else done.decides(word, other) and True)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=2))
def test_finite_monoids_are_decided(maps):
    """A monoid of maps of three points, presented by its right Cayley graph: a word is what it does to the points."""
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
    found = classes({name: equations[name] for name in ("a", "b", "ab", "ba")}, all_words("ab", 8))
    short = all_words("ab", 4)
    for word, other in product(short, short):
        assert (found[word] == found[other]) is done.decides(word, other)


@settings(deadline=None, max_examples=60)
@given(PRESENTATIONS, st.randoms(use_true_random=False), st.sampled_from([5, 20, 100, 400]))
def test_the_order_of_equations_does_not_matter(equations, source, limit):
    items = list(equations.items())
    source.shuffle(items)
    one, other = complete(equations, limit), complete(dict(items), limit)
    assert (one.converged, one.rules) == (other.converged, other.rules)
    for word in all_words("abc", 2):
        assert one.lemmas(word, one.normal_form(word)) == other.lemmas(word, one.normal_form(word))


@settings(deadline=None, max_examples=40)
@given(PRESENTATIONS, st.permutations("abc"))
def test_the_order_of_letters_does_not_change_what_is_equal(equations, order):
    one, other = complete(equations, 400), complete(equations, 400, order=order)
    assert_reduced(other, order)
    if one.converged and other.converged:
        for word in all_words("abc", 3):
            assert one.decides(word, other.normal_form(word)) is True
            assert other.decides(word, one.normal_form(word)) is True


@settings(deadline=None, max_examples=100)
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
        (one, end), (other, finish) = walk(start, source.randrange(5)), walk(start, source.randrange(4))
        if end == finish and len(equations) < 4:
            equations[f"e{i}"] = one, other

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
    """Long powers have thousands of overlaps, of which one matters; the rules are confluent all the same."""
    done = complete({"b": (A * 12, ("b",)), "c": (("b", "a", "b"), ("c",))}, 2000)
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
        assert isinstance(done, Completion)
        assert_reduced(done, letters)
        if done.converged:
            converged += 1
            assert_confluent(done)
            for lhs, rhs in equations.values():
                derive(done, equations, lhs, rhs)
        for lhs, rhs in done.rules[:20]:
            derive(done, equations, lhs, rhs)
    assert converged > 300
