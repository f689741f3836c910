"""The drawn term against the exact one: a bound for some divergences, on two wires too, and where the two are equal."""

import random
from fractions import Fraction

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

import learning_diagrams as ld
import plain_divergence as plain
from learning_diagrams.backends.finite import FiniteFunctor, drawn_term, exact_term
from learning_diagrams.backends.finite.term import total_variation
from learning_diagrams.semantics.divergences import divergence as divergence_kind
from learning_diagrams.semantics.program.lowering import require_free_outputs

x, unit = ld.Ty("x"), ld.Ty()
rows = ld.SampleSpace("rows")
col = rows.column("col", x)
BOXES = [ld.Kernel("k", x, x), ld.Kernel("m", x, x), ld.Kernel("join", x @ x, x), ld.Box("f", x, x), ld.Copy(x)]
BOUND = {name: plain.FORMULAS[name] for name in ("kl", "reverse_kl", "jensen_shannon", "hellinger")}
BOUND |= {"total_variation": total_variation, "renyi": lambda r, p: plain.renyi(r, p, 0.5)}
ADDS = ("kl", "reverse_kl", "renyi")


@st.composite
def circuits(draw, cod):
    diagram = ld.Id(x)
    for box, place in draw(st.lists(st.tuples(st.sampled_from(BOXES), st.integers(0, 2)), max_size=6)):
        if len(box.dom) <= len(diagram.cod) < 3:
            left = place % (len(diagram.cod) - len(box.dom) + 1)
            diagram = diagram >> x**left @ box @ x ** (len(diagram.cod) - left - len(box.dom))
    while len(diagram.cod) < cod:
        diagram = diagram >> ld.Copy(x) @ x ** (len(diagram.cod) - 1)
    return diagram >> x**cod @ ld.Discard(x ** (len(diagram.cod) - cod))


def random_functor(seed):
    generator = random.Random(seed)

    def law():
        weights = [generator.randrange(4), generator.randrange(1, 4)]
        return [Fraction(w, sum(weights)) for w in weights]

    tables = {"k": [law(), law()], "m": [law(), law()], "join": [[law(), law()], [law(), law()]]}
    return FiniteFunctor({x: 2}, {**tables, "f": lambda a: 1 - a}, {"rows": {"col": [0, 1, 1]}})


def draws(constraint):
    """Whether a side consumes the output of a kernel."""
    for graph in constraint.reading.sides:
        consumed = {wire for arguments in graph.arguments for wire in arguments}
        for box, _, outputs in graph.applications():
            if isinstance(box, ld.Kernel) and consumed.intersection(outputs):
                return True
    return False


@given(st.data())
@pytest.mark.parametrize("name", BOUND)
def test_the_drawn_term_is_an_upper_bound_on_one_and_two_wires(name, data):
    cod = data.draw(st.integers(1, 2))
    lhs, rhs = (data.draw(circuits(cod)) for _ in "lr")
    constraint = ld.Constraint("c", lhs, rhs, over=col)
    try:  # what `compile` takes
        for side in constraint.reading.sides:
            require_free_outputs(side, "here")
    except ld.CompileError:
        assume(False)
    F = random_functor(data.draw(st.integers(0, 10**6)))
    exact, drawn = exact_term(constraint, F, BOUND[name]), drawn_term(constraint, F, BOUND[name])
    event(f"{cod} wires, {'draws' if draws(constraint) else 'no draw'}")
    assert float(exact) <= float(drawn) + 1e-9
    if not draws(constraint) and (name in ADDS or cod == 1):
        assert float(exact) == pytest.approx(float(drawn), abs=1e-9)


def two_wires():
    k, m = ld.Kernel("k", x, x), ld.Kernel("m", x, x)
    return ld.Constraint("c", ld.Copy(x) >> k @ k, ld.Copy(x) >> m @ m, over=col)


def test_on_two_wires_without_draws_only_what_adds_is_equal():
    """k = (½, ½) and m = (¾, ¼): total variation ¼ a wire, jointly 5/16; χ² ¼ a wire, jointly (1 + ¼)² − 1 > ½."""
    half, quarter = [["1/2", "1/2"]] * 2, [["3/4", "1/4"]] * 2
    F = FiniteFunctor({x: 2}, {"k": half, "m": quarter}, {"rows": {"col": [0]}})
    c = two_wires()
    assert (exact_term(c, F, total_variation), drawn_term(c, F, total_variation)) == (Fraction(5, 16), Fraction(1, 2))
    assert exact_term(c, F, plain.kl) == pytest.approx(drawn_term(c, F, plain.kl))
    chi_squared = plain.FORMULAS["chi_squared"]
    assert (exact_term(c, F, chi_squared), drawn_term(c, F, chi_squared)) == (Fraction(9, 16), Fraction(1, 2))
    for name, laws in ((n, divergence_kind(n).laws) for n in (*BOUND, "chi_squared")):
        assert laws.tensors == (name in ADDS)


def test_renyi_above_1_is_no_bound_on_one_wire():
    """A fair draw between p and a sure outcome: drawn ½ · log 100, exact more."""
    p, h, g = ld.Kernel("p", x, x), ld.Kernel("h", x, x), ld.Kernel("g", x, x)
    law = ["99/100", "1/100"]
    F = FiniteFunctor({x: 2}, {p: [law] * 2, h: [["1/2", "1/2"]] * 2, g: [law, [0, 1]]}, {"rows": {"col": [0]}})
    c = ld.Constraint("c", p, h >> g, over=col)
    exact, drawn = exact_term(c, F, plain.renyi), drawn_term(c, F, plain.renyi)
    assert (round(exact, 3), round(drawn, 3)) == (3.248, 2.303)


def test_in_law_the_drawn_term_is_the_exact_one_where_a_side_draws_and_a_sum_over_wires_where_none_does():
    fair, sure, g = ld.Kernel("fair", unit, x), ld.Box("sure", unit, x), ld.Kernel("g", x, x)
    tables = {fair: ["1/2", "1/2"], g: [["9/10", "1/10"], ["1/10", "9/10"]], sure: lambda: 0}
    F = FiniteFunctor({x: 2}, tables)
    assert drawn_term(ld.Constraint("c", fair >> g, fair >> g), F, total_variation) == 0
    apart = ld.Constraint("c", fair @ fair, sure @ sure)
    assert (drawn_term(apart, F, total_variation), exact_term(apart, F, total_variation)) == (1, Fraction(3, 4))
