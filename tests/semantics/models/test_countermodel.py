"""Countermodels: classic equations that do not follow, consequences, and random equations, evaluated twice."""

from itertools import product

import pytest
from discopy import markov
from hypothesis import given
from hypothesis import strategies as st

import exact_model
import learning_diagrams as ld
import strategies
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.diagrams.layers import stack_layers
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.countermodel import find_countermodel

x, y, z, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty("z"), ld.Ty()
a, m, e = ld.Box("a", x, x), ld.Box("m", x @ x, x), ld.Box("e", unit, x)
inverse = ld.Box("inverse", x, x)
k, p, two = ld.Kernel("k", x, x), ld.Kernel("p", unit, x), ld.Kernel("two", unit, x @ x)
f, f2, g = ld.Box("f", x, y), ld.Box("f2", x, y), ld.Box("g", y, x)
kf, kg = ld.Kernel("kf", x, y), ld.Kernel("kg", y, x)
u, v, into = ld.Box("u", unit, x), ld.Box("v", unit, x), ld.Box("into", z, x)
cup, cap, scalar = ld.Kernel("cup", unit, x @ x), ld.Kernel("cap", x @ x, unit), ld.Kernel("scalar", unit, unit)

associative = Equation(m @ x >> m, x @ m >> m)
commutative = Equation(ld.Swap(x, x) >> m, m)
monoid = [associative, Equation(e @ x >> m, ld.Id(x)), Equation(x @ e >> m, ld.Id(x))]
group = [*monoid, Equation(ld.Copy(x) >> inverse @ x >> m, ld.Discard(x) >> e)]
snakes = [Equation(x @ cup >> cap @ x, ld.Id(x)), Equation(cup @ x >> x @ cap, ld.Id(x))]
get, put = ld.Box("get", x, y), ld.Box("put", x @ y, x)
get_put, put_get = Equation(ld.Copy(x) >> x @ get >> put, ld.Id(x)), Equation(put >> get, ld.Discard(x) @ y)
put_put = Equation(put @ y >> put, x @ ld.Discard(y) @ y >> put)
copied = Equation(k >> ld.Copy(x), ld.Copy(x) >> k @ k)
marginal, other_marginal = two >> x @ ld.Discard(x), two >> ld.Discard(x) @ x


def power(n):
    return ld.Id(x).then(*[a] * n)


def stationary(state, step):
    """A step keeps the distribution of a draw, and a step does nothing almost surely."""
    return Equation(state >> step, state), Equation(state >> ld.Copy(x) >> step @ x, state >> ld.Copy(x))


# name: goal, axioms, theory, sizes of the model (some may be smaller elsewhere), rows tried at most
REFUTED = {
    "a⁴ = a⁶ = 1 without a = 1": (Equation(a, ld.Id(x)), [Equation(power(4), ld.Id(x)), Equation(power(6), ld.Id(x))],
                                  "markov", {"x": 2}, 20),
    "a⁷ = 1": (Equation(a, ld.Id(x)), [Equation(power(7), ld.Id(x))], "markov", {"x": 7}, 1000),
    "associative, not commutative": (commutative, [associative], "markov", {"x": 2}, 50),
    "commutative, not associative": (associative, [commutative], "markov", {"x": 2}, 50),
    "a monoid that does not commute": (commutative, monoid, "markov", {"x": 3}, 200),
    "a group of exponent 3": (Equation(inverse, ld.Id(x)), group, "markov", {"x": 3}, 1000),
    "stationary": (stationary(p, k)[1], [stationary(p, k)[0]], "markov", {"x": 2}, 50),
    "stationary under a function": (stationary(p, a)[1], [stationary(p, a)[0]], "markov", {"x": 2}, 50),
    "idempotent, not the identity": (Equation(k, ld.Id(x)), [Equation(k >> k, k)], "markov", {"x": 2}, 50),
    "idempotent, not deterministic": (copied, [Equation(k >> k, k)], "markov", {"x": 2}, 50),
    "an inverse on one side": (Equation(f >> g, ld.Id(x)), [Equation(g >> f, ld.Id(y))], "markov",
                               {"x": 2, "y": 1}, 100),
    "a section need not be a function": (Equation(kf >> ld.Copy(y), ld.Copy(x) >> kf @ kf),
                                         [Equation(kf >> kg, ld.Id(x))], "markov", {"x": 1, "y": 2}, 200),
    "cancellation": (Equation(f, f2), [Equation(into >> f, into >> f2)], "markov", {}, 50),
    "lens laws without PutGet": (put_get, [get_put, put_put], "markov", {"x": 2, "y": 2}, 200),
    "lens laws without GetPut": (get_put, [put_get, put_put], "markov", {"x": 2, "y": 1}, 200),
    "lens laws without PutPut": (put_put, [get_put, put_get], "markov", {"x": 3, "y": 2}, 500),
    "almost surely": (Equation(f, f2), [Equation(p >> ld.Copy(x) >> x @ f, p >> ld.Copy(x) >> x @ f2)], "markov",
                      {"x": 2, "y": 2}, 50),
    "only an empty set": (Equation(u, v), [Equation(ld.Discard(y) >> u, ld.Discard(y) >> v)], "markov",
                          {"x": 2, "y": 0}, 50),
    "only an empty set, kernels": (Equation(p, v), [Equation(ld.Discard(y) >> p, ld.Discard(y) >> v)], "markov",
                                   {"x": 2, "y": 0}, 50),
    "equal marginals, no symmetry": (Equation(two, two >> ld.Swap(x, x)), [Equation(marginal, other_marginal)],
                                     "markov", {"x": 3}, 500),
    "equal marginals, no independence": (Equation(two, marginal @ marginal), [Equation(marginal, other_marginal)],
                                         "markov", {"x": 2}, 50),
    "without axioms": (copied, [], "markov", {"x": 2}, 50),
    "in cartesian": (Equation(k, ld.Id(x)), [Equation(k >> k, k)], "cartesian", {"x": 2}, 50),
    "an idempotent scalar": (Equation(scalar, ld.Id(unit)), [Equation(scalar @ scalar, scalar)], "symmetric", {}, 20),
    "a dimension": (Equation(cup >> cap, ld.Id(unit)), snakes, "symmetric", {}, 100),
    "a duality that is not symmetric": (Equation(ld.Swap(x, x) >> cap, cap), snakes, "symmetric", {"x": 3}, 10_000),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUTED)
def test_refuted_by_name(name):
    goal, axioms, theory, sizes, at_most = REFUTED[name]
    countermodel = find_countermodel(goal, axioms, theory, budget=at_most)
    assert countermodel is not None and countermodel.verify()
    assert countermodel.nodes <= at_most
    assert dict(countermodel.model.sizes) | sizes == dict(countermodel.model.sizes)
    agree_elsewhere(countermodel)


# Equations that follow: whatever the budget, nothing is found.
TRUE = {
    "a⁴ = a⁶ = 1 gives a² = 1": (Equation(power(2), ld.Id(x)),
                                 [Equation(power(4), ld.Id(x)), Equation(power(6), ld.Id(x))], "markov"),
    "stationary, a state that is a point": (stationary(u, k)[1], [stationary(u, k)[0]], "markov"),
    "a group of exponent 2 is commutative": (commutative, [*group, Equation(ld.Copy(x) >> m, ld.Discard(x) >> e)],
                                             "markov"),
    "an inverse on both sides is unique": (
        Equation(g, ld.Box("h", y, x)),
        [Equation(g >> f, ld.Id(y)), Equation(f >> ld.Box("h", y, x), ld.Id(x))], "markov"),
    "cancellation of what has a section": (
        Equation(f, f2), [Equation(into >> f, into >> f2), Equation(ld.Box("s", x, z) >> into, ld.Id(x))], "markov"),
    "functions copy": (copied, [Equation(k >> k, k)], "cartesian"),
    "a scalar": (Equation(scalar @ scalar, scalar), [Equation(scalar, ld.Id(unit))], "symmetric"),
    "not derivable, but true on finite sets": (Equation(kf >> ld.Copy(y), ld.Copy(x) >> kf @ kf),
                                               [Equation(kf >> kg, ld.Id(x)), Equation(kg >> kf, ld.Id(y))], "markov"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUE)
def test_what_holds_is_not_refuted(name):
    goal, axioms, theory = TRUE[name]
    assert find_countermodel(goal, axioms, theory, budget=3000) is None


def test_determinism_may_be_asked_for():
    assert find_countermodel(copied, [], deterministic=["k"]) is None
    goal, axioms = stationary(p, k)[1], [stationary(p, k)[0]]
    assert find_countermodel(goal, axioms, deterministic=["p"], budget=2000) is None
    countermodel = find_countermodel(goal, axioms, deterministic=[k])
    assert countermodel is not None and countermodel.model.deterministic == ("k",) and countermodel.verify()
    assert all(len(row) == 1 for row in countermodel.model.rows[label(k)].values())


def test_sample_spaces_are_ordinary_objects():
    rows = SampleSpace("rows")
    one, other = rows.column("one", x), rows.column("other", x)
    countermodel = find_countermodel(Equation(one, other), [Equation(rows.state >> one, rows.state >> other)])
    assert countermodel is not None and countermodel.verify()
    goal = Equation(rows.state >> ld.Copy(rows.ty) >> one @ one, rows.state >> one >> ld.Copy(x))
    assert find_countermodel(goal, [Equation(one >> k, one)]) is None


@pytest.mark.thorough
def test_a_group_that_does_not_commute():
    countermodel = find_countermodel(commutative, group, budget=400_000)
    assert countermodel is not None and countermodel.model.sizes["x"] == 6 and countermodel.verify()


def test_the_answer_is_always_the_same_and_the_budget_is_kept():
    goal, axioms, theory, _, _ = REFUTED["equal marginals, no symmetry"]
    countermodel = find_countermodel(goal, axioms, theory)
    assert find_countermodel(goal, axioms, theory) == countermodel
    assert find_countermodel(goal, axioms, theory, budget=countermodel.nodes) == countermodel
    assert find_countermodel(goal, axioms, theory, budget=countermodel.nodes - 1) is None
    assert find_countermodel(goal, axioms, theory, budget=0) is None


def test_the_text():
    countermodel = find_countermodel(stationary(p, k)[1], [stationary(p, k)[0]])
    assert str(countermodel).splitlines() == [
        "p >> Copy(x) >> k @ x = p >> Copy(x) does not follow from the axioms in the theory markov; this model "
        "satisfies them and tells its sides apart:",
        "  x = {0, 1}",
        "  p() = 0 (1/2), 1 (1/2)",
        "  k(0) = 0 (1/2), 1 (1/2)",
        "  k(1) = 0 (1/2), 1 (1/2)",
        "given (), the outcome (0, 1) has probability 1/4 on the left-hand side, 0 on the right-hand side",
    ]


# ---- random equations ----------------------------------------------------------------------------------------------


class _Twin:
    """A found model as `exact_model` reads it."""

    def __init__(self, model):
        self.model = model

    def row(self, box, elements):
        rows = self.model.rows[label(box)]
        if elements in rows:
            return rows[elements]
        nowhere = tuple(self.model.sizes[name] - 1 for name in object_names(box.cod))
        return {} if self.model.theory == "symmetric" else {nowhere: 1}


def agree_elsewhere(countermodel):
    """Axioms and goal, computed by `exact_model`."""

    def law(side, inputs):
        return {o: w for o, w in exact_model.evaluate(side, _Twin(countermodel.model), inputs).items() if w}

    for axiom in countermodel.axioms:
        for inputs in product(*(range(countermodel.model.sizes[name]) for name in object_names(axiom.lhs.dom))):
            assert law(axiom.lhs, inputs) == law(axiom.rhs, inputs)
    lhs, rhs = law(countermodel.goal.lhs, countermodel.inputs), law(countermodel.goal.rhs, countermodel.inputs)
    assert (lhs.get(countermodel.outcome, 0), rhs.get(countermodel.outcome, 0)) == (countermodel.lhs, countermodel.rhs)
    assert countermodel.lhs != countermodel.rhs


pairs = strategies.parallel_pairs(max_size=3).map(lambda pair: Equation(*pair))


@given(pairs, st.lists(pairs, max_size=2), st.sampled_from(("markov", "cartesian")))
def test_what_is_found_is_true(goal, axioms, theory):
    countermodel = find_countermodel(goal, axioms, theory, budget=300)
    if countermodel is not None:
        assert not ld.equal(goal.lhs, goal.rhs, theory)
        assert countermodel.verify()
        agree_elsewhere(countermodel)


@st.composite
def consequences(draw):
    """An axiom inside a context, after moves that keep it equal: it follows in one step."""
    axiom = draw(pairs)
    before = draw(strategies.diagrams(cod=axiom.lhs.dom, max_size=2))
    beside = draw(strategies.diagrams(dom=strategies.Ty("x"), max_size=1))
    after = draw(strategies.diagrams(dom=axiom.lhs.cod, max_size=2))
    lhs, rhs = ((before >> side >> after) @ beside for side in (axiom.lhs, axiom.rhs))
    _, moved = draw(strategies.equal_pairs(of=st.just(lhs), max_moves=3))
    return Equation(moved, rhs), axiom


@given(consequences(), st.lists(pairs, max_size=1), st.sampled_from(("markov", "cartesian")))
def test_a_consequence_is_never_refuted(case, others, theory):
    goal, axiom = case
    assert find_countermodel(goal, [axiom, *others], theory, budget=300) is None


@given(strategies.equal_pairs(), st.lists(pairs, max_size=2))
def test_what_equal_proves_is_never_refuted(pair, axioms):
    assert find_countermodel(Equation(*pair), axioms) is None


@given(pairs, pairs)
def test_an_axiom_is_never_refuted_from_either_side(axiom, other):
    assert find_countermodel(axiom, [other, axiom], budget=300) is None
    assert find_countermodel(Equation(axiom.rhs, axiom.lhs), [other, axiom], budget=300) is None


# ---- without axioms ------------------------------------------------------------------------------------------------


@given(strategies.equal_pairs(moves=(*strategies.MOVES, strategies.draw_again)), st.sampled_from((0, 300)))
def test_without_axioms_there_is_an_answer(pair, budget):
    countermodel = find_countermodel(Equation(*pair), budget=budget)
    assert (countermodel is None) == ld.equal(*pair)
    if countermodel is not None:
        assert countermodel.verify()
        agree_elsewhere(countermodel)


@st.composite
def without_copies(draw, dom):
    steps, scan = [], list(dom.inside)
    for _ in range(draw(st.integers(0, 4))):
        width = draw(st.integers(0, min(2, len(scan))))
        offset = draw(st.integers(0, len(scan) - width))
        here = ld.Ty(*scan[offset : offset + width])
        box = draw(strategies.boxes(dom=here))
        if width == 2 and draw(st.booleans()):
            box = markov.Swap(here[0], here[1])
        if len(scan) + len(box.cod) - width <= 3:
            steps.append((offset, box))
            scan[offset : offset + width] = box.cod.inside
    return strategies.compose(dom, steps)


@st.composite
def symmetric_pairs(draw):
    dom = draw(strategies.types(max_size=2))
    lhs, rhs = draw(without_copies(dom)), draw(without_copies(dom))
    return (lhs, rhs) if lhs.cod == rhs.cod else (lhs @ scalar, scalar @ lhs @ scalar)


@given(symmetric_pairs(), st.lists(symmetric_pairs(), max_size=1), st.sampled_from((0, 300)))
def test_symmetric(pair, axioms, budget):
    axioms = [Equation(*axiom) for axiom in axioms]
    countermodel = find_countermodel(Equation(*pair), axioms, "symmetric", budget=budget)
    if not axioms:
        assert (countermodel is None) == ld.equal(*pair, "symmetric")
    if countermodel is not None:
        assert countermodel.verify()
        agree_elsewhere(countermodel)


def test_long_and_wide_diagrams_without_axioms():
    chain = Equation(ld.Id(x).then(*[k] * 1000), ld.Id(x).then(*[k] * 1001))
    wide = Equation(*(stack_layers(unit, [*((i, p) for i in range(60)), (60, end)]) for end in (p, u)))
    for goal in (chain, wide):
        countermodel = find_countermodel(goal)
        assert countermodel is not None and countermodel.verify()


# ---- wrong input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: find_countermodel(a), ld.TypeMismatch, r"as Equation\(lhs, rhs\); got the diagram a"),
        (lambda: find_countermodel(copied, copied), ld.TypeMismatch, "axioms= takes a list of equations"),
        (lambda: find_countermodel(copied, [k]), ld.TypeMismatch, "the goal and the axioms are equations"),
        (lambda: find_countermodel(copied, budget=-1), ld.TypeMismatch, "budget= must be a whole number ≥ 0, got -1"),
        (lambda: find_countermodel(copied, budget=True), ld.TypeMismatch, "budget="),
        (lambda: find_countermodel(copied, [], "modal"), ld.UnknownName, "theory must be one of"),
        (lambda: find_countermodel(copied, [], "symmetric"), ld.TypeMismatch, "Copy has no meaning"),
        (lambda: find_countermodel(snakes[0], [copied], "symmetric"), ld.TypeMismatch, "Copy has no meaning"),
        (lambda: find_countermodel(copied, deterministic="k"), ld.TypeMismatch, "deterministic= takes a list"),
    ],
)
def test_wrong_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
