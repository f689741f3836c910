"""Completion of equations between paths: worked examples, sizes, and errors."""

import sys
import time
from itertools import permutations, product

import pytest

from learning_diagrams.diagrams.box import Box, Ty
from learning_diagrams.errors import DuplicateName, LimitExceeded, TypeMismatch, UnknownName
from learning_diagrams.presentation.path_equation import path_equations
from learning_diagrams.proof.words.completion import WordStep, complete
from words import all_words, assert_reduced, derive, replay


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
        WordStep("right", False, 1, ("g1",), ("g1", "f", "g2")),
        WordStep("left", True, 0, ("g1", "f", "g2"), ("g2",)),
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
    """With A < B < a < b each power of B between A and a needs a separate rule."""
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
    assert time.process_time() - start < 5  # far less, where nothing else runs
    assert done.converged and lemmas
    replay(equations, steps, word, other)


def test_long_words_that_do_not_converge_stop_at_the_limit():
    equations = {"ab": (("a", "b") * (LONG // 2), ("b", "a") * (LONG // 2))}
    start = time.process_time()
    done = complete(equations, 1000)
    assert time.process_time() - start < 5  # far less, where nothing else runs
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
        with pytest.raises(TypeMismatch, match="limit= must be a whole number ≥ 0"):
            complete({}, limit)
    with pytest.raises(TypeMismatch, match="a word must be a tuple of hashable letters, got 'ab'"):
        complete({}).normal_form("ab")


def test_of_two_names_for_one_equation_the_first_is_used():
    first, other = (dict.fromkeys(names, (A * 2, A)) for names in ("xy", "yx"))
    assert [step.equation for step in complete(first).derivation(A * 2, A)] == ["x"]
    assert complete(first).derivation(A * 3, A) == complete(other).derivation(A * 3, A)
