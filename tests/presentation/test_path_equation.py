"""Path equations: how many there are, which, and that they are counted before any is made."""

from itertools import pairwise, product

import pytest
from discopy import markov
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.errors import DuplicateName, LimitExceeded, TypeMismatch, UnknownName
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation import path_equation as module
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.path_equation import path_equations

rows = SampleSpace("rows")


def graph(*edges):
    """Boxes for edges written as "ab": from a to b; an edge that comes twice has a second box."""
    return [Box(f"{edge}{edges[:i].count(edge)}", Ty(edge[0]), Ty(edge[1])) for i, edge in enumerate(edges)]


def cube():
    """The edges of the 3-cube; its vertices are the letters a to h."""
    letter = {corner: "abcdefgh"[i] for i, corner in enumerate(product((0, 1), repeat=3))}
    ups = [(v, (*v[:i], 1, *v[i + 1 :])) for v in letter for i in range(3) if v[i] == 0]
    return [letter[v] + letter[w] for v, w in ups]


TRIANGLE = ("ab", "bc", "ac")
SQUARE = ("ab", "bd", "ac", "cd")
TWO_SQUARES = ("ab", "bc", "ad", "be", "cf", "de", "ef")
CYCLE = ("ab", "ba")


@pytest.mark.parametrize(
    ("edges", "n", "pairs", "closed"),
    [
        (TRIANGLE, 1, 0, 0),
        (TRIANGLE, 2, 1, 0),
        (TRIANGLE, 9, 1, 0),
        (SQUARE, 2, 1, 0),
        (TWO_SQUARES, 3, 5, 0),
        (cube(), 3, 21, 0),
        (CYCLE, 2, 0, 2),
        (CYCLE, 4, 4, 4),
        (CYCLE, 8, 24, 8),
        (("aa",), 4, 6, 4),
        (("ab", "ab"), 3, 1, 0),
        ((), 3, 0, 0),
    ],
)
def test_how_many_there_are(edges, n, pairs, closed):
    equations = path_equations(graph(*edges), max_length=n)
    against_identity = [e for e in equations if not e.rhs.boxes]
    assert (len(equations) - len(against_identity), len(against_identity)) == (pairs, closed)
    assert len(set(equations)) == len(equations)
    assert all(len(e.lhs.boxes) <= n and len(e.rhs.boxes) <= len(e.lhs.boxes) for e in equations)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")).map("".join), max_size=3), st.integers(1, 3))
def test_they_are_all_pairs_of_parallel_walks(edges, n):
    """Against walks listed naively: all words of boxes that compose, and the identities."""
    boxes = graph(*edges)
    words = [word for length in range(1, n + 1) for word in product(boxes, repeat=length)]
    walks = [word for word in words if all(a.cod == b.dom for a, b in pairwise(word))]
    expected = set()
    for i, walk in enumerate(walks):
        diagram = Id(walk[0].dom).then(*walk)
        expected |= {
            frozenset((str(diagram), str(Id(other[0].dom).then(*other))))
            for other in walks[:i]
            if (other[0].dom, other[-1].cod) == (diagram.dom, diagram.cod)
        }
        if diagram.dom == diagram.cod:
            expected.add(frozenset((str(diagram), str(Id(diagram.dom)))))
    pairs = [frozenset((str(e.lhs), str(e.rhs))) for e in path_equations(boxes, max_length=n)]
    assert len(pairs) == len(set(pairs)) and set(pairs) == expected


def test_the_order_of_writing_does_not_matter_and_a_box_counts_once():
    boxes = graph(*cube())
    assert path_equations(boxes, max_length=3) == path_equations(boxes[::-1] + boxes, max_length=3)


def test_the_longer_walk_is_the_left_side():
    f, g, h = graph(*TRIANGLE)
    assert path_equations([h, g, f], max_length=2) == [Equation(f >> g, h)]


def test_too_many_are_refused_before_any_is_made(monkeypatch):
    monkeypatch.setattr(module, "_walks", lambda *_: pytest.fail("walks were made before they were counted"))
    monkeypatch.setattr(module, "_compose", lambda *_: pytest.fail("a diagram was made"))
    with pytest.raises(LimitExceeded, match=r"32 path equations up to length 8, more than the limit 31"):
        path_equations(graph(*CYCLE), max_length=8, limit=31)
    with pytest.raises(LimitExceeded, match="more than the limit 10000"):
        path_equations(graph("aa", "aa"), max_length=200)


def test_the_limit_itself_is_allowed():
    assert len(path_equations(graph(*CYCLE), max_length=8, limit=32)) == 32


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", None, True])
def test_a_length_is_a_number_from_one(n):
    with pytest.raises(TypeMismatch, match="max_length must be a whole number ≥ 1"):
        path_equations(graph(*TRIANGLE), max_length=n)


@pytest.mark.parametrize(
    ("boxes", "error"),
    [
        (["f"], TypeMismatch),
        ([Ty("a")], TypeMismatch),
        ([Id(Ty("a"))], TypeMismatch),
        ([Box("f", Ty("a"), Ty("b")), Box("f", Ty("a"), Ty("c"))], DuplicateName),
        ([markov.Box("f", Ty("a"), Ty("b")).dagger()], TypeMismatch),
    ],
)
def test_only_boxes_are_edges(boxes, error):
    with pytest.raises(error):
        path_equations(boxes, max_length=2)


# The learning diagram of a graph.


def columns(*vertices):
    return {Ty(vertex): rows.column(vertex, Ty(vertex)) for vertex in vertices}


def test_from_graph_tests_each_equation_over_the_column_of_its_start():
    d = LearningDiagram.from_graph(graph(*TWO_SQUARES), over=columns("a", "b"), max_length=3, name="grid")
    assert d.name == "grid" and len(d.constraints) == 5
    assert {c.over for c in d.constraints} == {rows.column("a", Ty("a")), rows.column("b", Ty("b"))}
    assert all(c.over.cod == c.lhs.dom and c.tested == "over" for c in d.constraints)
    assert {c.equation for c in d.constraints} == set(path_equations(graph(*TWO_SQUARES), max_length=3))


def test_from_graph_takes_a_mapping():
    with pytest.raises(TypeMismatch, match="over= maps objects to diagrams from data"):
        LearningDiagram.from_graph(graph(*TWO_SQUARES), over=rows.column("a", Ty("a")), max_length=2)


def test_from_graph_keeps_frozen_boxes_and_takes_vertices_by_name():
    f, g, h = graph(*TRIANGLE)
    over = {"a": rows.column("a", Ty("a"))}
    d = LearningDiagram.from_graph([f, g, h], over=over, max_length=2, frozen=[h])
    assert d.frozen == {h}
    assert d == LearningDiagram.from_graph([h, f, g], over=columns("a", "b", "c"), max_length=2, frozen=["ac0"])


def test_from_graph_says_which_column_is_missing():
    with pytest.raises(UnknownName, match="starts at b"):
        LearningDiagram.from_graph(graph(*CYCLE), over=columns("a"), max_length=2)


def test_from_graph_refuses_too_many():
    with pytest.raises(LimitExceeded):
        LearningDiagram.from_graph(graph(*CYCLE), over=columns("a", "b"), max_length=8, limit=31)


def test_from_graph_takes_kernels():
    k = Kernel("k", Ty("a"), Ty("a"))
    d = LearningDiagram.from_graph([k], over=columns("a"), max_length=2)
    assert [c.name for c in d.constraints] == ["k = Id(a)", "k >> k = Id(a)", "k >> k = k"]
