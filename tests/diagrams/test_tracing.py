"""Diagrams written as functions: the diagrams of functions on wires, and typed errors."""

import copy
import pickle
import re
import threading

import pytest
from discopy import markov
from hypothesis import given

import learning_diagrams as ld
from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.structure import Copy, Discard, Swap
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import TypeMismatch
from strategies import diagrams

x, y = Ty("x"), Ty("y")
f, g, join = Box("f", x, y), Box("g", y, x), Box("join", x @ x, y)
split, effect = Box("split", x, x @ y), Kernel("effect", x, Ty())
point, coin = Box("point", Ty(), x), Kernel("coin", Ty(), x)


def same(lhs, rhs):
    return (lhs.dom, lhs.cod, digest(lhs)) == (rhs.dom, rhs.cod, digest(rhs))


def test_a_variable_used_twice_is_a_copy_and_an_unused_one_a_discard():
    @ld.diagram(x @ y, y @ x)
    def both(a, b):
        return f(a), a

    assert same(both, Copy(x) @ Discard(y) >> f @ x)


def test_the_order_of_outputs_is_a_swap():
    assert same(ld.diagram(x @ y, y @ x)(lambda a, b: (b, a)), Swap(x, y))


def test_a_call_is_one_draw():
    k = Kernel("k", x, x)

    @ld.diagram(x, x @ x)
    def shared(a):
        b = k(a)
        return b, b

    separate = ld.diagram(x, x @ x)(lambda a: (k(a), k(a)))
    assert same(shared, k >> Copy(x)) and same(separate, Copy(x) >> k @ k) and not same(shared, separate)


def test_many_outputs_are_a_tuple_and_none_are_an_empty_one():
    @ld.diagram(x, x)
    def first(a):
        left, _right = split(a)
        assert effect(left) == ()
        return left

    assert same(first, split >> x @ Discard(y))


def test_boxes_without_inputs_belong_to_the_function_being_read():
    assert same(ld.diagram(Ty(), y)(lambda: join(point(), coin())), point @ coin >> join)
    assert same(ld.diagram(x, x)(lambda a: coin()), Discard(x) >> coin)


@pytest.mark.parametrize("nothing", [None, (), []])
def test_returning_nothing_is_the_codomain_i(nothing):
    assert same(ld.diagram(x, Ty())(lambda a: nothing), Discard(x))


def test_the_result_is_a_diagram():
    traced = ld.diagram(x, y)(lambda a: f(a))
    assert isinstance(traced, ld.Diagram) and traced >> g == f >> g


@given(diagrams())
def test_applying_a_diagram_to_all_wires_gives_it_back(d):
    assert same(ld.diagram(d.dom, d.cod)(lambda *wires: ld.apply(d, *wires)), d)


@given(diagrams())
def test_a_composite_is_called_on_wires_however_it_was_made(d):
    ours = ld.Id(d.dom) >> d
    ways = [
        ours,
        ld.Id().tensor(d),
        ours @ x,
        x @ ours,
        d @ ours,
        d >> ld.Id(d.cod),
        f @ d,
        Copy(d.dom) >> d @ d.dom,
        Swap(x, d.dom) >> d @ x,
    ]
    for composite in [*ways, pickle.loads(pickle.dumps(ours))]:
        traced = ld.diagram(composite.dom, composite.cod)(lambda *wires, composite=composite: composite(*wires))
        assert same(traced, composite)


def test_a_composite_is_the_diagram_of_discopy():
    plain = markov.Diagram((f >> g).inside, x, x)
    assert plain == f >> g and f >> g == plain and hash(plain) == hash(f >> g)
    assert {markov.Diagram.id(x): 1}[ld.Id(x)] == 1 and "__call__" not in vars(markov.Diagram)
    with pytest.raises(TypeMismatch, match="outside, compose them"):
        (f >> g)(1)


@given(diagrams(), diagrams())
def test_applying_side_by_side_is_the_tensor(d, e):
    def both(*wires):
        ends = ld.apply(d, *wires[: len(d.dom)]), ld.apply(e, *wires[len(d.dom) :])
        return [wire for end in ends for wire in (end if isinstance(end, tuple) else (end,))]

    assert same(ld.diagram(d.dom @ e.dom, d.cod @ e.cod)(both), d @ e)


def test_functions_nest():
    @ld.diagram(x, x)
    def outer(a):
        inner = ld.diagram(Ty(), x)(lambda: point())
        return ld.apply(ld.diagram(x, x)(lambda b: g(f(b))), join_up(a, ld.apply(inner)))

    assert same(outer, x @ point >> join >> g >> f >> g)


def join_up(a, b):
    return g(join(a, b))


def test_a_failed_function_leaves_nothing_behind():
    with pytest.raises(ZeroDivisionError):
        ld.diagram(x, x)(lambda a: 1 / 0)
    with pytest.raises(TypeMismatch, match=r"@ld\.diagram"):
        point()


def test_threads_do_not_see_each_other():
    errors = []

    def other():
        try:
            point()
        except TypeMismatch as error:
            errors.append(error)

    def read(a):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return a

    ld.diagram(x, x)(read)
    assert len(errors) == 1


@pytest.mark.parametrize(
    ("dom", "cod", "function", "message"),
    [
        (x, y, lambda a: a, "must return wires of type y, got x"),
        (x, x, lambda a: None, "must return wires of type x, got none"),
        (x, x, lambda a: "a", "must return wires of type x, got 'a'"),
        (x, x @ x, lambda a: a, "must return wires of type x @ x, got x"),
        (y, y, lambda a: f(a), "f takes wires of type x, got y"),
        (x, y, lambda a: f(a, a), "f takes wires of type x, got x @ x"),
        (x, y, lambda a: f(), "f takes wires of type x, got none"),
        (x, y, lambda a: f("a"), "got 'a'"),
        (x, y, lambda a: f(ld.Kernel("u", ld.Ty(), x)), "got the diagram u; call it, as u()"),
        (x, y, lambda a: f, "got the diagram f; call it, as f(…)"),
        (x, x @ x, lambda a: ld.Box("u", ld.Ty(), x) >> ld.Copy(x), "call it, as (u >> Copy(x))()"),
        (x, x, lambda a: [*f(a)], "cannot be unpacked"),
        (x, x, lambda a: ld.apply("f", a), "takes a diagram and wires, got 'f'"),
    ],
)
def test_misuse_is_a_typed_error(dom, cod, function, message):
    with pytest.raises(TypeMismatch, match=re.escape(message)):
        ld.diagram(dom, cod)(function)


def test_a_wire_of_another_diagram_is_refused():
    kept = []
    ld.diagram(x, x)(lambda a: kept.append(a) or a)
    for function in (lambda a: kept[0], lambda a: join_up(a, kept[0])):
        with pytest.raises(TypeMismatch, match="another"):
            ld.diagram(x, x)(function)


@pytest.mark.parametrize("wires", [(), ("a",), (3, 4)])
def test_outside_a_function_a_call_says_what_to_do(wires):
    with pytest.raises(TypeMismatch, match=r"inside a function under @ld\.diagram"):
        f(*wires)


@pytest.mark.parametrize("ends", [("x", x), (x, "x"), (None, x), (f, x)])
def test_ends_that_are_no_types_are_refused(ends):
    with pytest.raises(TypeMismatch):
        ld.diagram(*ends)(lambda *wires: wires[0])


def test_ten_thousand_calls_pass():
    def long(a):
        for _ in range(5_000):
            a = g(f(a))
        return a

    assert same(ld.diagram(x, x)(long), Id(x).then(*[f, g] * 5_000))


OPERATIONS = {
    "+": lambda a: a + f(a), "* from the left": lambda a: 0.25 * a, "[]": lambda a: a[0], "-": lambda a: -a,
    "<": lambda a: max(a, f(a)), "sum": lambda a: sum([a, a]), "@": lambda a: a @ a, ">>": lambda a: a >> f,
    "if": lambda a: f(a) if a else a, "or": lambda a: f(a) or a, "not": lambda a: not a,
    "in": lambda a: 1 in a, "len": len, "float": float, "int": int, "abs": abs, "named": lambda a: f(x=a),
    "unpacked": lambda a: [*a],
}  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_asks_for_the_value_of_a_wire_is_refused(operation):
    with pytest.raises(TypeMismatch, match=r"wire|called on wires"):
        ld.diagram(x, y)(OPERATIONS[operation])


def test_a_wire_may_be_copied():
    assert ld.diagram(x, y)(lambda a: f(copy.copy(a))) == f


def test_so_it_is_for_methods_and_functions_of_tensors():
    with pytest.raises(AttributeError, match=r"wire 0 : x has no attribute 'detach': .*make a box"):
        ld.diagram(x, y)(lambda a: a.detach())
    numpy = pytest.importorskip("numpy")
    for call in (numpy.sin, lambda a: numpy.ones(2) * a):
        with pytest.raises(TypeMismatch, match=r"was called on wires: .*make a box"):
            ld.diagram(x, y)(call)
    torch = pytest.importorskip("torch")
    for call in (torch.tanh, lambda a: torch.cat([a, a]), lambda a: torch.ones(2) * a):
        with pytest.raises(TypeMismatch, match=r"make a box"):
            ld.diagram(x, y)(call)
