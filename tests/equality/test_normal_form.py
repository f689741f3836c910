"""The normal form decides equality in the free Markov category: its laws, a second decider, and its cost."""

import sys
from itertools import combinations, permutations
from operator import matmul, rshift

import networkx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import laws
from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.structure import Copy, Discard, Swap
from learning_diagrams.equality import normal_form as module
from learning_diagrams.equality.canonical_form import canonical, digest
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.errors import TypeMismatch
from strategies import (
    MOVES,
    ROWS,
    boxes,
    compose,
    diagrams,
    draw_again,
    equal_pairs,
    parallel_pairs,
    steps_of,
    types,
    wiring,
)

x, y = Ty("x"), Ty("y")
f, join, k = Box("f", x, x), Box("join", x @ x, x), Kernel("k", x, x)


def equal(lhs, rhs):
    """Same type, same digest; the digest alone also tells types apart."""
    return digest(lhs) == digest(rhs)


C = laws.Category(Id, rshift, matmul, Swap, Copy, Discard, equal, Ty())


@given(st.data())
def test_diagrams_up_to_normal_form_are_a_monoidal_category(data):
    f, f_ = data.draw(diagrams(max_size=4)), data.draw(diagrams(max_size=4))
    g, g_ = data.draw(diagrams(dom=f.cod, max_size=3)), data.draw(diagrams(dom=f_.cod, max_size=3))
    laws.associativity(C, f, g, data.draw(diagrams(dom=g.cod, max_size=3)))
    laws.unitality(C, f, f.dom, f.cod)
    laws.interchange(C, f, g, f_, g_)
    laws.tensor_associativity(C, f, g, f_)
    laws.tensor_unitality(C, f)


@given(diagrams(), diagrams())
def test_swap_is_natural(f, g):
    laws.swap_naturality(C, f, f.dom, f.cod, g, g.dom, g.cod)


@given(types(), types(), types())
def test_structural_maps_on_types(x, y, z):
    laws.tensor_of_identities(C, x, y)
    laws.swap_involution(C, x, y)
    laws.swap_unit(C, x)
    laws.hexagon(C, x, y, z)
    laws.counit(C, x)
    laws.coassociativity(C, x)
    laws.cocommutativity(C, x)
    laws.copy_of_product(C, x, y)
    laws.discard_of_product(C, x, y)


def test_copy_and_discard_of_nothing():
    laws.copy_and_discard_of_unit(C)


@given(diagrams())
def test_discarding_is_natural_for_all(f):
    laws.discard_naturality(C, f, f.dom, f.cod)


@given(diagrams(kinds="f"))
def test_copying_is_natural_for_deterministic_diagrams(f):
    laws.copy_naturality(C, f, f.dom, f.cod)


@given(boxes(kinds="kp"))
def test_copying_is_not_natural_for_a_kernel_with_outputs(k):
    assert laws.copy_is_natural(C, k, k.dom, k.cod) == (len(k.cod) == 0)


@given(diagrams(cod=Ty()))
def test_an_effect_is_discard_and_a_scalar_vanishes(f):
    assert equal(f, Discard(f.dom))


@pytest.mark.parametrize("kind", [Box, Kernel])
def test_boxes_without_legs(kind):
    scalar, point, effect = kind("s", Ty(), Ty()), kind("p", Ty(), x), kind("e", x, Ty())
    assert equal(scalar @ scalar, Id(Ty())) and equal(x @ scalar, Id(x))
    assert equal(effect, Discard(x)) and equal(point >> effect, Id(Ty()))
    assert equal(point @ point, point >> Copy(x)) == (kind is Box)


def test_wiring_alone_is_a_function_on_positions():
    a, b, c = (Ty(name) for name in "abc")
    forms = [digest(wiring(a @ b @ c, list(picks))) for picks in permutations(range(3))]
    assert len(set(forms)) == 6
    assert equal(Id(Ty()), Discard(Ty())) and not equal(Id(x), Id(y)) and not equal(Id(x), Id(x @ x))


def test_the_arguments_of_a_box_are_ordered():
    assert not equal(Swap(x, x) >> join, join)
    assert not equal(Copy(x @ x) >> join @ (Swap(x, x) >> join), join >> Copy(x))


def test_cartesian_reads_every_box_as_deterministic():
    forms = [normalise(PortGraph.from_diagram(d), lambda box: True) for d in (k >> Copy(x), Copy(x) >> k @ k)]
    assert forms[0] == forms[1]


def test_kind_and_sample_space_are_part_of_a_label():
    column = ROWS.column("c", x)
    kinds = [Box("c", ROWS.ty, x), Kernel("c", ROWS.ty, x), column]
    assert len({digest(box) for box in kinds}) == 3
    assert equal(column >> Copy(x), Copy(ROWS.ty) >> column @ column)
    assert not equal(ROWS.state >> Copy(ROWS.ty), ROWS.state @ ROWS.state)


@pytest.mark.parametrize(("a", "b"), [(1, 1.0), (1, True), (0.0, -0.0), ((1,), (1.0,))])
def test_boxes_merge_exactly_if_their_digests_are_equal(a, b):
    g, h = Box("f", x, x, data=a), Box("f", x, x, data=b)
    assert equal(Copy(x) >> g @ h, g >> Copy(x)) == equal(g, h)
    assert equal(Copy(x) >> g @ h, Copy(x) >> h @ g) == equal(g, h)


@pytest.mark.parametrize("data", [["a", "list"], object()])
def test_data_that_has_no_digest_is_refused(data):
    with pytest.raises(TypeMismatch, match="data"):
        digest(Box("f", x, x, data=data))


@given(equal_pairs())
def test_equal_diagrams_have_one_digest(pair):
    assert canonical(pair[0]) == canonical(pair[1])
    assert equal(*pair)


@given(diagrams())
def test_the_normal_form_is_its_own_normal_form(diagram):
    form = normalise(PortGraph.from_diagram(diagram))
    assert normalise(form) == form
    assert equal(form.to_diagram(), diagram)


# A second decider, naive: rewrite until nothing changes, then look for an isomorphism.


def naive(diagram):
    """Nodes {number: (label, deterministic, sources)} and the sources of the outputs, unshared and undropped."""
    scan, nodes = [("in", i) for i in range(len(diagram.dom))], {}
    for n, (offset, box) in enumerate(steps_of(diagram)):
        here = slice(offset, offset + len(box.dom))
        if type(box).__name__ in ("Copy", "Discard"):
            scan[here] = scan[here] * len(box.cod)
        elif type(box).__name__ == "Swap":
            scan[here] = reversed(scan[here])
        else:
            nodes[n] = (isinstance(box, Box), box.name, str(box.dom), str(box.cod)), isinstance(box, Box), scan[here]
            scan[here] = [(n, i) for i in range(len(box.cod))]
    return nodes, scan


def alive(nodes, outputs):
    """The nodes that the outputs need."""
    reached, todo = set(), list(outputs)
    while todo:
        node, _ = todo.pop()
        if node != "in" and node not in reached:
            reached.add(node)
            todo += nodes[node][2]
    return reached


def rewritten(nodes, outputs):
    """Merge equal deterministic nodes pair by pair, then drop dead nodes."""
    while True:
        same = ((a, b) for a, b in combinations(sorted(nodes), 2) if nodes[a][1] and nodes[a] == nodes[b])
        kept, gone = next(same, (None, None))
        if gone is None:
            break
        del nodes[gone]
        nodes = {n: (*node[:2], [(kept if m == gone else m, i) for m, i in node[2]]) for n, node in nodes.items()}
        outputs = [(kept if m == gone else m, i) for m, i in outputs]
    return {n: nodes[n] for n in alive(nodes, outputs)}, outputs


def as_networkx(diagram):
    nodes, outputs = rewritten(*naive(diagram))
    graph = networkx.DiGraph()
    graph.add_node("in", label=str(diagram.dom))
    everything = {n: (label, sources) for n, (label, _, sources) in nodes.items()} | {"out": ("out", outputs)}
    for n, (label, _) in everything.items():
        graph.add_node(n, label=label)
    for n, (_, sources) in everything.items():
        for target, (m, source) in enumerate(sources):
            ports = graph.get_edge_data(m, n, {"ports": ()})["ports"]
            graph.add_edge(m, n, ports=(*ports, (source, target)))
    return graph


def isomorphic(lhs, rhs):
    same = {
        f"{part}_match": lambda a, b, key=key: a[key] == b[key] for part, key in (("node", "label"), ("edge", "ports"))
    }
    return networkx.is_isomorphic(as_networkx(lhs), as_networkx(rhs), **same)


tiny = st.sampled_from([f, k, join, Box("p", Ty(), x), Kernel("q", Ty(), x), Copy(x), Discard(x), Swap(x, x)])


@st.composite
def over_one_object(draw, size=4):
    """Diagrams x → x over few generators, so that two of them are often equal."""
    scan, steps = 1, []
    for box in draw(st.lists(tiny, max_size=size)):
        if len(box.dom) <= scan <= 4:
            steps.append((draw(st.integers(0, scan - len(box.dom))), box.inside[0].boxes_or_types[1]))
            scan += len(box.cod) - len(box.dom)
    picked = draw(st.integers(0, scan - 1)) if scan else None
    diagram = compose(x, steps)
    return diagram >> (Box("p", Ty(), x) if picked is None else wiring(x**scan, [picked]))


nearly_equal_pairs = equal_pairs(moves=(draw_again, draw_again, *MOVES), max_moves=3)


@given(st.one_of(st.tuples(over_one_object(), over_one_object()), parallel_pairs(), nearly_equal_pairs))
def test_an_independent_decider_agrees(pair):
    assert equal(*pair) == isomorphic(*pair)


@given(st.data())
def test_another_label_on_a_box_that_is_alive_is_another_diagram(data):
    diagram = data.draw(diagrams(max_size=8))
    steps = steps_of(diagram)
    living = sorted(alive(*naive(diagram)))
    assume(living)
    offset, box = steps[i := data.draw(st.sampled_from(living))]
    other_kind = Kernel if isinstance(box, Box) else Box
    for new in (type(box)("new", box.dom, box.cod), other_kind(box.name, box.dom, box.cod)):
        assert not equal(diagram, compose(diagram.dom, [*steps[:i], (offset, new), *steps[i + 1 :]]))


@given(st.data())
def test_swapping_unequal_outputs_is_another_diagram(data):
    diagram = data.draw(diagrams(max_size=8))
    ends = range(len(diagram.cod))
    apart = [(i, j) for i, j in combinations(ends, 2) if diagram.cod[i] == diagram.cod[j]]
    apart = [p for p in apart if not isomorphic(*(diagram >> wiring(diagram.cod, [i]) for i in p))]
    assume(apart)
    i, j = data.draw(st.sampled_from(apart))
    order = [j if n == i else i if n == j else n for n in ends]
    assert not equal(diagram, diagram >> wiring(diagram.cod, order))


# Cost.


def ladder(n):
    """n diamonds in a row: 2^n paths, 3n boxes."""
    return Id(x).then(*[Copy(x) >> f @ Box("g", x, x) >> join] * n)


def test_a_chain_of_50_000_boxes_and_1_000_diamonds_pass():
    assert len(canonical(Id(x).then(*[k] * 50_000))[3]) == 50_000
    assert len(canonical(ladder(1_000))[3]) == 3_000


@pytest.mark.parametrize("family", [ladder, lambda n: Id(x).then(*[k, f] * n)])
def test_each_box_is_numbered_a_fixed_number_of_times(monkeypatch, family):
    calls, number = [], module.LabelTable.number
    monkeypatch.setattr(module.LabelTable, "number", lambda self, box: calls.append(1) or number(self, box))

    def count(n):
        calls.clear()
        digest(family(n))
        return len(calls)

    assert count(400) - count(200) == 2 * (count(200) - count(100)) > 0


@pytest.mark.parametrize("family", [ladder, lambda n: Id(x).then(*[k, f] * n)])
def test_work_is_linear_in_the_number_of_boxes(family):
    """Counted in lines of normal_form.py that run, so that no clock is asked."""

    def count(n):
        graph, lines = PortGraph.from_diagram(family(n)), [0]

        def local(frame, event, arg):
            lines[0] += event == "line"
            return local

        before = sys.gettrace()
        sys.settrace(lambda frame, event, arg: local if frame.f_code.co_filename == module.__file__ else None)
        try:
            canonical(graph)
        finally:
            sys.settrace(before)
        return lines[0]

    small, middle, large = count(100), count(200), count(400)
    assert large - middle == 2 * (middle - small) > 0
