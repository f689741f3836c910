"""Which boxes of two diagrams are the same, and which a step rewrites, against a count by hand."""

from itertools import pairwise

import pytest
from hypothesis import given

import learning_diagrams as ld
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.theory import TheoryOps
from learning_diagrams.proof.identity import change_by_laws, change_of
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.step import Step
from random_derivation import LAWS, derivations, rows_of

x = ld.Ty("x")
f, g = ld.Box("f", x, x), ld.Box("g", x, x)


def classes(graph):
    """For each box of a graph the least box that equals it, by merging any two until nothing changes."""
    least = list(range(len(graph.boxes)))
    makers = [(-1 - i, 0) for i in range(len(graph.dom))]
    for box, part in enumerate(graph.boxes):
        makers += [(box, port) for port in range(len(part.cod))]

    def reads(box):
        ends = [makers[wire] for wire in graph.arguments[box]]
        return [(least[maker] if maker >= 0 else maker, port) for maker, port in ends]

    merged = True
    while merged:
        merged = False
        for i in range(len(least)):
            for j in range(i):
                same = label(graph.boxes[i]) == label(graph.boxes[j]) and is_deterministic(graph.boxes[i])
                if least[i] != least[j] and same and reads(i) == reads(j):
                    least = [least[j] if old == least[i] else old for old in least]
                    merged = True
    return least, makers


def laid_upon(graph, form):
    """For each box that the outputs of a graph need, its box in the normal form: both are walked from the outputs."""
    least, makers = classes(graph)
    starts = [None] * len(form.dom)
    for box, part in enumerate(form.boxes):
        starts += [box] * len(part.cod)
    image, todo = {}, list(zip(graph.outputs, form.outputs, strict=True))
    while todo:
        wire, there = todo.pop()
        box = makers[wire][0]
        if box >= 0:
            assert image.setdefault(least[box], starts[there]) == starts[there]
            todo += zip(graph.arguments[box], form.arguments[starts[there]], strict=True)
    return {box: image[own] for box, own in enumerate(least) if own in image}


@given(derivations())
def test_a_box_is_the_same_exactly_if_it_comes_from_the_same_box_of_the_context(derivation):
    ops = TheoryOps(derivation.theory)
    graph = ops.read(derivation.start)
    for step in derivation.steps:
        equation = derivation.axioms.equations[step.name]
        sides = [ops.read(side) for side in (equation.lhs, equation.rhs)][:: -1 if step.backwards else 1]
        change = change_of(step, equation, graph, ops)
        wholes = [step.around(side) for side in sides]
        after = ops.reduce(wholes[1])
        if not ops.linear:
            early = len(step.before.boxes)
            firsts = []
            for which, (whole, side, form) in enumerate(zip(wholes, sides, (graph, after), strict=True)):
                image = laid_upon(whole, form)
                rule = range(early, early + len(side.boxes))
                assert change.lit[which] == {image[box] for box in rule if box in image}
                first = {}
                for box in sorted(image, reverse=True):
                    first[image[box]] = box if box < early else None if box in rule else box - len(side.boxes)
                firsts.append(first)
            assert dict(change.kept) == {
                box: other
                for box, own in firsts[1].items()
                for other, theirs in firsts[0].items()
                if own is not None and own == theirs
            }
        for box, other in change.kept.items():
            assert label(after.boxes[box]) == label(graph.boxes[other])
        if ops.linear:  # every box is either kept or rewritten
            assert set(change.kept.values()) | change.lit[0] == set(range(len(graph.boxes)))
            assert set(change.kept) | change.lit[1] == set(range(len(after.boxes)))
            assert not set(change.kept) & change.lit[1] and not set(change.kept.values()) & change.lit[0]
        graph = after


@given(derivations())
def test_the_boxes_that_stay_are_joined_alike_on_both_sides_of_a_step(derivation):
    """A wire between two boxes that stay was there before, unless the step puts a bare wire in."""
    proof = derivation.proof()
    rows, changes = rows_of(proof)
    assert len(rows) == len(changes) + 1
    for (first, second), change in zip(pairwise(rows), changes, strict=True):
        if change.arrow and proof.theory == "symmetric" and not has_bare_wire(proof.axioms[change.name], change.arrow):
            ends = [joints(graph) for graph in (first, second)]
            for box, port, other, at in ends[1]:
                if box in change.kept and other in change.kept:
                    assert (change.kept[box], port, change.kept[other], at) in ends[0]


def has_bare_wire(equation, arrow):
    """Whether the side that a step puts in has a wire from an input to an output."""
    side = PortGraph.from_diagram(equation.lhs if arrow == "←" else equation.rhs)
    return any(wire < len(side.dom) for wire in side.outputs)


def joints(graph):
    makers = [(None, i) for i in range(len(graph.dom))]
    for box, part in enumerate(graph.boxes):
        makers += [(box, port) for port in range(len(part.cod))]
    return {(*makers[w], box, at) for box, wires in enumerate(graph.arguments) for at, w in enumerate(wires)}


def test_laws_merge_and_drop_boxes():
    ops = TheoryOps("markov")
    written, form = (ops.graph(d) for d in (ld.Copy(x) >> f @ f >> x @ (g >> ld.Discard(x)), f))
    change = change_by_laws(written, form, ops)
    assert dict(change.kept) == {0: 0} and change.lit == ({0, 1, 2}, {0})  # two are merged, the third is dropped
    change = change_by_laws(ops.graph(ld.Copy(x) >> f @ f), ops.graph(f >> ld.Copy(x)), ops)
    assert dict(change.kept) == {0: 0} and change.lit == ({0, 1}, {0})


def test_a_proof_whose_steps_do_not_fit_is_a_typed_error():
    here = PortGraph.from_diagram(ld.Id(x))
    wrong = Proof(ld.Equation(g, f), "markov", (Step("inverse", False, here, here),), LAWS)
    with pytest.raises(ld.ProofError, match="a step by 'inverse' does not start from g"):
        wrong.draw()
    with pytest.raises(ld.ProofError, match="the laws of the theory do not lead from g to f"):
        Proof(ld.Equation(g, f), "markov", (), LAWS).draw()
