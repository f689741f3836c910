"""Losses whose value is known, as exact formulas."""

import warnings
from dataclasses import replace

import pytest
import sympy
import sympy.stats
from hypothesis import given, settings
from sympy import Rational
from sympy.stats import Normal

import learning_diagrams as ld
from learning_diagrams.backends.symbolic import Bernoulli, Euclidean, Finite, Moments, SymbolicFunctor, compare, loss
from learning_diagrams.semantics.functor.loss import LossFunctor
from loss_law import NAMES, compiled_loss_is_the_loss_functor, grids

a, b, c = sympy.symbols("a b c")
n, d, rows = ld.Ty("n"), ld.Ty("d"), ld.SampleSpace("rows")
x, y = rows.column("x", n), rows.column("y", n)
f, g, h = (ld.Box(name, n, n) for name in "fgh")
TIMES = SymbolicFunctor({n: Euclidean()}, {f: lambda x: a * x, g: lambda x: b * x, h: lambda x: c * x})
commutes = ld.Constraint("commutes", f >> g, h, over=x)


@pytest.mark.parametrize(
    "column", [Moments(0, 1), Normal("x", 0, 1), [1, -1], ([1, -1, 7], [True, True, False])], ids=str
)
def test_a_triangle_of_multipliers(column):
    value = loss(ld.LearningDiagram(commutes), TIMES, {"rows": {"x": column}})
    at = {a: 2, b: 3, c: 5}
    assert sympy.expand(value.total - (a * b - c) ** 2) == 0 and value.parameters == (a, b, c)
    assert value.total.subs(at) == 1 and [slope.subs(at) for slope in value.gradient()] == [6, 4, -2]
    assert value.hessian().subs(at) == sympy.Matrix([[18, 14, -6], [14, 8, -4], [-6, -4, 2]])
    assert value.gradient(b) == [sympy.diff(value.total, b)]
    (minimum,) = value.minimisers()
    assert minimum.at == {c: a * b} and minimum.value == 0 and minimum.kind == "global"


@pytest.mark.parametrize("moments", [True, False])
@pytest.mark.parametrize(("put_of", "values"), [(0, (0, 0, 0)), (1, (0, 1, 2))])
def test_the_laws_of_a_lens(moments, put_of, values):
    s, v = ld.Ty("s"), ld.Ty("v")
    get, put = ld.Box("get", s, v), ld.Box("put", s @ v, s)
    state, view = ld.SampleSpace("states").column("s", s), ld.SampleSpace("views").column("v", v)
    diagram = ld.LearningDiagram(
        ld.Constraint("a PutGet", put >> get, ld.Discard(s) @ v, over=state @ view),
        ld.Constraint("b GetPut", ld.Copy(s) >> s @ get >> put, ld.Id(s), over=state),
        ld.Constraint(
            "c Undo", ld.Copy(s) @ v >> s @ ld.Swap(s, v) >> put @ get >> put, s @ ld.Discard(v), over=state @ view
        ),
    )
    F = SymbolicFunctor(
        {s: Euclidean(2), v: Euclidean()}, {get: lambda s: s[0], put: lambda s, v: [v, s[1] + put_of * v]}
    )
    normal = sympy.Matrix([Normal("s1", 0, 1), Normal("s2", 0, 1)]), Normal("v", 0, 1)
    states, views = (Moments(0, 1), Moments(0, 1)) if moments else normal
    value = loss(diagram, F, {"states": {"s": states}, "views": {"v": views}})
    assert tuple(value.terms.values()) == values
    assert [compare(constraint, F).holds for constraint in diagram.constraints] == [number == 0 for number in values]


@pytest.mark.parametrize(("name", "number"), [
    ("kl", 0.510826), ("reverse_kl", 0.368064), ("total_variation", 0.4), ("renyi", 1.021651),
    ("jensen_shannon", 0.101749), ("hellinger", 0.105573), ("chi_squared", 1.777778),
])  # fmt: skip
def test_divergences_of_two_coins(name, number):
    p, q = ld.Kernel("p", ld.Ty(), d), ld.Kernel("q", ld.Ty(), d)
    F = SymbolicFunctor({d: Finite(2)}, {p: [0.5, "1/2"], q: [0.9, Rational(1, 10)]})
    value = loss(ld.LearningDiagram(ld.Constraint("c", q, p, divergence=name)), F, {}).total
    assert value.is_number and not value.has(sympy.Float) and abs(float(value) - number) < 5e-7


def test_the_chain_rule_of_kl_takes_its_second_term_under_the_reference():
    r1, l1 = ld.Kernel("r1", ld.Ty(), d), ld.Kernel("l1", ld.Ty(), d)
    r2, l2 = ld.Kernel("r2", d, d), ld.Kernel("l2", d, d)
    tenth, nine = Rational(1, 10), Rational(9, 10)
    entries = {r1: [tenth, nine], r2: [[tenth, nine], [nine, tenth]], l1: [0.6, 0.4], l2: [[tenth, nine]] * 2}
    diagram = ld.LearningDiagram(
        ld.Constraint("first", l1, r1),
        ld.Constraint("second", l2, r2, over=r1),
        ld.Constraint("under lhs", l2, r2, over=l1),
        ld.Constraint("whole", l1 >> l2, r1 >> r2),
    )
    terms = loss(diagram, SymbolicFunctor({d: Finite(2)}, entries), {}).terms
    numbers = {name: round(float(term), 6) for name, term in terms.items()}
    assert numbers == {"first": 0.550661, "second": 1.582002, "under lhs": 0.703112, "whole": 1.435691}
    assert sympy.simplify(terms["second"] - Rational(18, 25) * sympy.log(9)) == 0


def test_draws_are_summed_and_laws_are_exact():
    h, k, flip = ld.Kernel("h", ld.Ty(), d), ld.Kernel("k", d, d), ld.Box("not", d, d)
    F = SymbolicFunctor({d: Finite(2)}, {h: [0.5, 0.5], k: [[0.9, 0.1], [0.1, 0.9]], flip: lambda bit: 1 - bit})
    once = ld.Discard(rows.ty) >> h >> k
    diagram = ld.LearningDiagram(
        ld.Constraint("in law", h >> k, h >> k),
        ld.Constraint("sampled", once, once),
        ld.Constraint("precomposed", h, h >> flip, divergence="total_variation"),
        ld.Constraint("shared", ld.Id(d), flip, over=h, divergence="total_variation"),
    )
    terms = loss(diagram, F, {}).terms
    assert (terms["in law"], terms["precomposed"], terms["shared"]) == (0, 0, 1)
    assert sympy.simplify(terms["sampled"] - Rational(2, 5) * sympy.log(9)) == 0  # .878890
    assert compare(ld.Equation(h >> k, h), F).holds
    assert compare(ld.Equation(h >> ld.Copy(d), h @ h), F).holds is False
    assert F(k >> k)(0) == {0: Rational(41, 50), 1: Rational(9, 50)}


def test_squares_beside_each_other():
    """left .4, right .67 at f₁(1) = 2, outer 1.23 = 1.4 · .4 + .67; here as absolute differences."""
    times = {"f1": 2, "f2": 1.5, "g1": 1.8, "g2": 1.4, "u": 1, "v": 1.1, "w": 1.25}
    m = {name: ld.Box(name, n, n) for name in times}
    F = SymbolicFunctor({n: Euclidean()}, {name: lambda x, k=k: k * x for name, k in times.items()})
    left = ld.Square(m["f1"], m["v"], m["u"], m["g1"], name="left")
    both = left.beside(ld.Square(m["f2"], m["w"], m["v"], m["g2"], name="right"))
    values = []
    for square in (both, both.outer):
        cells = [replace(c, divergence="absolute") for c in square.learning_diagram(over=x).constraints]
        values += loss(ld.LearningDiagram(*cells), F, {"rows": {"x": [1]}}).terms.values()
    assert values == [Rational("0.4"), Rational("0.67"), Rational("1.23")]


@settings(max_examples=10)
@given(grids(ld.Box))
def test_the_loss_of_a_pasting_is_its_loss_functor(square):
    """Boxes are multiplications by symbols, and a law is a point."""
    factors = {name: sympy.Symbol(name) for name in NAMES}
    F = SymbolicFunctor({n: Euclidean()}, {name: lambda x, k=k: k * x for name, k in factors.items()})

    def push(p, diagram):
        return p * sympy.Mul(*(factors[box.name] for box in diagram.boxes))

    def total(diagram):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return loss(diagram, F, {"rows": {"x": [3]}}).total

    L = LossFunctor(lambda cell, p: (push(p, cell.equation.lhs) - push(p, cell.equation.rhs)) ** 2, push)
    compiled_loss_is_the_loss_functor(square, x, sympy.Integer(3), L, total, lambda a, b: sympy.expand(a - b) == 0)


def test_a_step_of_a_chain_of_two_multipliers():
    diagram = ld.LearningDiagram(ld.Constraint("half", x >> f >> g, y, weight=0.5))
    value = loss(diagram, TIMES, {"rows": {"x": [1], "y": [5]}})
    step = [symbol - slope / 10 for symbol, slope in zip((a, b), value.gradient(), strict=True)]
    assert [each.subs({a: 2, b: 3}) for each in step] == [Rational(17, 10), Rational(14, 5)]


def test_pairs_of_rows_measure_the_variance():
    """The mean of (x − x′)² over two independent rows is twice the variance."""
    sigma = sympy.Symbol("sigma", positive=True)
    diagram = ld.LearningDiagram(ld.Constraint("pairs", n @ ld.Discard(n), ld.Discard(n) @ n, over=x @ x))
    for column in (Moments(3, sigma**2), Normal("x", 3, sigma)):
        assert loss(diagram, TIMES, {"rows": {"x": column}}).total == 2 * sigma**2


def test_normal_kernels():
    sigma = sympy.Symbol("sigma", positive=True)
    k, prior = ld.Kernel("k", n, n), ld.Kernel("prior", n, n)
    F = SymbolicFunctor(
        {n: Euclidean()},
        {k: lambda x: Normal("z", a * x, sigma), prior: lambda x: Normal("z", 0, 1), g: lambda z: b * z},
    )
    diagram = ld.LearningDiagram(
        ld.Constraint("drawn", x >> k >> g, x),
        ld.Constraint("kl", x >> prior, x >> k, divergence="kl"),
        ld.Constraint("nll", x >> k, x, divergence="nll"),
    )
    terms = loss(diagram, F, {"rows": {"x": Moments(0, 1)}}).terms
    log = sympy.log
    assert sympy.expand(terms["drawn"] - (a * b - 1) ** 2 - b**2 * sigma**2) == 0
    assert sympy.expand(terms["kl"] - (a**2 + sigma**2 - 1) / 2 + log(sigma)) == 0
    likelihood = (a - 1) ** 2 / (2 * sigma**2) + log(sigma) + log(2) / 2 + log(sympy.pi) / 2
    assert sympy.expand(terms["nll"] - likelihood) == 0


def test_bits_and_finite_columns():
    bits, flips = ld.Ty("bits"), ld.Kernel("flips", n, ld.Ty("bits"))
    F = SymbolicFunctor({n: Euclidean(), bits: Bernoulli(1), d: Finite(6)}, {flips: lambda x: [a], f: lambda x: a * x})
    column = rows.column("bit", bits)
    diagram = ld.LearningDiagram(ld.Constraint("c", x >> flips, column))
    coin = sympy.stats.Bernoulli("coin", Rational(1, 4))
    total = loss(diagram, F, {"rows": {"x": coin, "bit": coin}}).total
    assert sympy.simplify(total + sympy.log(a) / 4 + 3 * sympy.log(1 - a) / 4) == 0


@pytest.mark.parametrize("column", [Moments(0, 1), [1, 2]])
def test_a_term_that_is_0_but_not_simplified_is_0(column):
    real, rows = ld.Ty("real"), ld.SampleSpace("rows")
    f, g = ld.Box("f", real, real), ld.Box("g", real, real)
    a, b = sympy.symbols("a b")
    there_and_back = ld.LearningDiagram(ld.Constraint("back", f >> g, ld.Id(real), over=rows.column("x", real)))
    functor = SymbolicFunctor(ob={real: Euclidean()}, ar={f: lambda x: a * x + b, g: lambda y: y / a - b / a})
    assert loss(there_and_back, functor, {"rows": {"x": column}}).total == 0
