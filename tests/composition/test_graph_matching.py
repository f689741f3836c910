"""Matchings of labelled graphs: networkx decides the same, and symmetric graphs take no long search."""

import time

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networkx.algorithms.isomorphism import categorical_multiedge_match, categorical_node_match

from learning_diagrams.composition.graph_matching import find_matching

nodes = st.integers(0, 4)
edges = st.lists(st.tuples(nodes, st.sampled_from("ab"), nodes), max_size=7)
colours = st.lists(st.sampled_from("rg"), min_size=5, max_size=5)


def labelled(colours, edges):
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from((node, {"colour": colour}) for node, colour in enumerate(colours))
    graph.add_edges_from((source, target, {"label": label}) for source, label, target in edges)
    return graph


def keeps(pairs, first, second):
    there = [(pairs[source], pairs[target], label) for source, target, label in first.edges(data="label")]
    coloured = {pairs[node]: colour for node, colour in first.nodes(data="colour")}
    return sorted(there) == sorted(second.edges(data="label")) and coloured == dict(second.nodes(data="colour"))


@given(colours, edges, st.permutations(range(5)))
def test_a_permuted_graph_matches(colours, edges, new):
    first = labelled(colours, edges)
    there = [(new[source], label, new[target]) for source, label, target in edges]
    second = labelled([colours[new.index(node)] for node in range(5)], there[::-1])
    assert keeps(find_matching(first, second), first, second)


@given(colours, edges, colours, edges, st.permutations(range(5)), st.booleans())
def test_networkx_decides_the_same(colours, edges, other_colours, other_edges, new, near):
    """Half of the pairs differ from a permuted copy in one edge."""
    first = labelled(colours, set(edges))
    if near:
        other_edges = [(new[a], label, new[b]) for a, label, b in edges[1:]] + other_edges[:1]
        other_colours = [colours[new.index(node)] for node in range(5)]
    second = labelled(other_colours, set(other_edges))
    there = networkx.is_isomorphic(
        first,
        second,
        categorical_node_match("colour", None),
        categorical_multiedge_match("label", None),
    )
    pairs = find_matching(first, second)
    assert (pairs is not None) == there
    assert pairs is None or keeps(pairs, first, second)


def of_networkx(*parts):
    graph = networkx.MultiDiGraph()
    for at, part in enumerate(parts):
        for a, b in part.edges:
            graph.add_edge((at, a), (at, b), label="edge")
            graph.add_edge((at, b), (at, a), label="edge")
    return graph


def cayley(steps):
    """The graph on ℤ₄ × ℤ₄ whose edges are some steps."""
    graph = networkx.Graph()
    graph.add_edges_from(((a, b), ((a + s) % 4, (b + t) % 4)) for a in range(4) for b in range(4) for s, t in steps)
    return graph


SHRIKHANDE = cayley([(0, 1), (1, 0), (1, 1)])
ROOK = cayley([(0, 1), (0, 2), (1, 0), (2, 0)])


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ([SHRIKHANDE], [ROOK], False),  # refinement alone cannot tell strongly regular graphs apart
        ([SHRIKHANDE, ROOK] * 5, [ROOK] * 5 + [SHRIKHANDE] * 5, True),
        ([SHRIKHANDE] * 6 + [ROOK] * 4, [ROOK] * 5 + [SHRIKHANDE] * 5, False),
        ([networkx.cycle_graph(3)] * 40, [networkx.cycle_graph(6)] * 20, False),
        ([networkx.complete_graph(30)], [networkx.complete_graph(30)], True),
        ([networkx.hypercube_graph(6)], [networkx.hypercube_graph(6)], True),
        ([networkx.path_graph(600)], [networkx.path_graph(600)], True),
    ],
)
def test_symmetric_graphs_are_quick(first, second, same):
    start = time.process_time()
    assert (find_matching(of_networkx(*first), of_networkx(*second)) is not None) == same
    assert time.process_time() - start < 5
