"""Exact stochastic maps: the laws of a Markov category, of the functor into it, what draws mean, and an oracle."""

import math
import random
from fractions import Fraction
from itertools import permutations
from operator import matmul, rshift

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import laws
import learning_diagrams as ld
import strategies
from learning_diagrams.backends.finite import FiniteFunctor, StochasticMap, drawn_term, exact_term
from learning_diagrams.backends.finite.term import chi_squared, kl, total_variation
from learning_diagrams.backends.torch import Finite, TorchFunctor, compile

torch.set_num_threads(1)
C = laws.Category(
    StochasticMap.id, rshift, matmul, StochasticMap.swap, StochasticMap.copy, StochasticMap.discard,
    lambda a, b: a == b, (), lambda x, y: x + y,
)  # fmt: skip
sizes = st.lists(st.integers(1, 2), max_size=2).map(tuple)


@st.composite
def maps(draw, dom=None, cod=None, deterministic=False):
    dom, cod = draw(sizes) if dom is None else dom, draw(sizes) if cod is None else cod
    return random_map(random.Random(draw(st.integers(0, 10**6))), dom, cod, deterministic)


def random_map(generator, dom, cod, deterministic):
    """Small fractions, zeros among them."""
    count = math.prod(cod)
    array = np.empty((math.prod(dom), count), dtype=object)
    for row in array:
        weights = [0] * count if deterministic else [generator.randrange(4) for _ in range(count)]
        weights[generator.randrange(count)] += 1
        row[:] = [Fraction(w, sum(weights)) for w in weights]
    return StochasticMap.of(dom, cod, array.reshape((*dom, *cod)))


@given(st.data())
def test_it_is_a_monoidal_category(data):
    f, f_ = data.draw(maps()), data.draw(maps())
    g, g_ = data.draw(maps(dom=f.cod)), data.draw(maps(dom=f_.cod))
    laws.associativity(C, f, g, data.draw(maps(dom=g.cod)))
    laws.unitality(C, f, f.dom, f.cod)
    laws.interchange(C, f, g, f_, g_)
    laws.tensor_unitality(C, f)


@given(maps(), maps())
def test_swap_is_natural(f, g):
    laws.swap_naturality(C, f, f.dom, f.cod, g, g.dom, g.cod)


small = st.lists(st.integers(1, 2), max_size=1).map(tuple)


@given(small, small)
def test_structural_maps(x, y):
    laws.swap_involution(C, x, y)
    laws.counit(C, x)
    laws.coassociativity(C, x)
    laws.cocommutativity(C, x)
    laws.discard_of_product(C, x, y)
    laws.copy_of_product(C, x, y)


@given(maps())
def test_discarding_is_natural_and_copying_for_deterministic_maps_only(f):
    laws.discard_naturality(C, f, f.dom, f.cod)
    assert laws.copy_is_natural(C, f, f.dom, f.cod) == f.deterministic


# ---- the functor -----------------------------------------------------------------------------------------------------

SIZES = dict.fromkeys(strategies.ATOMS, 2)


def random_functor(seed, *diagrams):
    """A functor with a random map for each box of some diagrams; those of kind `Box` are functions."""
    generator = random.Random(seed)
    boxes = {box.name: box for d in diagrams for _, box in strategies.steps_of(d) if not _is_wiring(box)}
    ar = {}
    for name, box in sorted(boxes.items()):
        dom, cod = (2,) * len(box.dom), (2,) * len(box.cod)
        ar[name] = random_map(generator, dom, cod, isinstance(box, ld.Box)).array
    return FiniteFunctor(SIZES, ar)


def _is_wiring(box):
    return type(box).__name__ in ("Copy", "Discard", "Swap")


@given(st.data())
def test_functor_laws(data):
    f = data.draw(strategies.diagrams(dom=data.draw(strategies.types(max_size=1)), max_size=3))
    g = data.draw(strategies.diagrams(dom=f.cod, max_size=3))
    F = random_functor(data.draw(st.integers(0, 10**6)), f, g)
    assert F(f >> g) == F(f) >> F(g) and F(f @ g) == F(f) @ F(g)
    x, y = (data.draw(strategies.types(max_size=2)) for _ in range(2))
    assert F(ld.Copy(x, 3)) == StochasticMap.copy(F(x), 3) and F(ld.Swap(x, y)) == StochasticMap.swap(F(x), F(y))


@given(st.data())
def test_equal_diagrams_have_one_map_in_every_model(data):
    lhs, rhs = data.draw(strategies.equal_pairs(of=strategies.diagrams(max_size=4), max_moves=4))
    F = random_functor(data.draw(st.integers(0, 10**6)), lhs, rhs)
    assert ld.equal(lhs, rhs) and F(lhs) == F(rhs)


@given(st.data())
def test_diagrams_that_some_model_tells_apart_are_not_equal(data):
    lhs, rhs = data.draw(strategies.parallel_pairs(max_size=3))
    F = random_functor(data.draw(st.integers(0, 10**6)), lhs, rhs)
    assert not ld.equal(lhs, rhs) or F(lhs) == F(rhs)


# ---- draws -----------------------------------------------------------------------------------------------------------

bit, unit = ld.Ty("bit"), ld.Ty()
h, g, fair = ld.Kernel("h", unit, bit), ld.Kernel("g", bit, bit), ld.Kernel("fair", unit, bit)
negate = ld.Box("negate", bit, bit)
LAWS = {h: ["1/2", "1/2"], fair: ["1/2", "1/2"], g: [["9/10", "1/10"], ["1/10", "9/10"]], negate: lambda b: 1 - b}
F = FiniteFunctor({bit: 2}, LAWS)


def test_two_sides_that_are_equal_have_kl_0_and_another_value_when_they_are_drawn():
    at, side = ld.SampleSpace("rows").column("at", bit), ld.Discard(bit) >> h >> g
    same = ld.Constraint("c", side, side, over=at)
    G = FiniteFunctor({bit: 2}, LAWS, {"rows": {"at": [0, 1]}})
    assert exact_term(same, G, kl) == 0 and drawn_term(same, G, kl) == pytest.approx(0.878890, abs=1e-6)


def test_a_fair_bit_against_its_negation_is_0_precomposed_and_1_on_a_shared_draw():
    assert exact_term(ld.Constraint("c", fair, fair >> negate), F, total_variation) == 0
    assert exact_term(ld.Constraint("c", ld.Id(bit), negate, over=fair), F, total_variation) == 1


def test_one_draw_used_twice_is_not_two_draws():
    once, twice = h >> ld.Copy(bit), h @ h
    for marginal in (bit @ ld.Discard(bit), ld.Discard(bit) @ bit):
        assert exact_term(ld.Constraint("c", once >> marginal, twice >> marginal), F, kl) == 0
    assert exact_term(ld.Constraint("c", twice, once), F, kl) == pytest.approx(math.log(2))


def test_the_chain_of_kl_needs_the_pushforward_of_the_reference():
    """.550661 + 1.582002 = 2.132663 ≥ 1.435691; under the pushforward of the prediction 1.253773, which is no bound."""
    first, second = (0.1, 0.9), ((0.1, 0.9), (0.9, 0.1))
    first_, second_ = (0.6, 0.4), ((0.1, 0.9), (0.1, 0.9))
    tenths = {"r1": first, "r2": second, "p1": first_, "p2": second_}
    exact = {key: _tenths(value) for key, value in tenths.items()}
    r1, p1 = ld.Kernel("r1", unit, bit), ld.Kernel("p1", unit, bit)
    r2, p2 = ld.Kernel("r2", bit, bit), ld.Kernel("p2", bit, bit)
    G = FiniteFunctor({bit: 2}, exact)
    first = exact_term(ld.Constraint("c", p1, r1), G, kl)
    second = exact_term(ld.Constraint("c", p2, r2, over=r1), G, kl)
    whole = exact_term(ld.Constraint("c", p1 >> p2, r1 >> r2), G, kl)
    wrong = first + exact_term(ld.Constraint("c", p2, r2, over=p1), G, kl)
    assert (first, second, whole) == (
        pytest.approx(0.550661, abs=1e-6), pytest.approx(1.582002, abs=1e-6), pytest.approx(1.435691, abs=1e-6)
    )  # fmt: skip
    assert wrong == pytest.approx(1.253773, abs=1e-6) and wrong < whole <= first + second


def _tenths(value):
    return [_tenths(part) for part in value] if isinstance(value, tuple) else Fraction(round(value * 10), 10)


@given(st.data())
def test_a_drawn_term_is_at_least_the_exact_one_and_equal_without_draws(data):
    lhs, rhs = (data.draw(strategies.diagrams(cod=ld.Ty("x"), dom=ld.Ty("y"), max_size=3)) for _ in range(2))
    G = random_functor(data.draw(st.integers(0, 10**6)), lhs, rhs)
    over = ld.SampleSpace("rows").column("y", ld.Ty("y"))
    G.data = {"rows": {"y": [0, 1, 1]}}
    constraint = ld.Constraint("c", lhs, rhs, over=over)
    assert drawn_term(constraint, G, total_variation) >= exact_term(constraint, G, total_variation)


# ---- the oracle of the PyTorch back end ------------------------------------------------------------------------------

x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
x_of, y_of = rows.column("x", x), rows.column("y", y)
k, m, back = ld.Kernel("k", x, y), ld.Kernel("m", x, y), ld.Kernel("back", y, y)
DATA = {"x": [0, 1, 2, 1], "y": [1, 0, 1, 1]}
TABLES = {
    "k": [["1/4", "3/4"], ["2/5", "3/5"], ["1/2", "1/2"]],
    "m": [["1/3", "2/3"], ["1/5", "4/5"], ["7/8", "1/8"]],
    "back": [["1/6", "5/6"], ["3/4", "1/4"]],
    "same": [[["1/8", "7/8"], ["4/5", "1/5"]], [["1/2", "1/2"], ["1/9", "8/9"]]],
}
TABLES |= {"twin": TABLES["k"], "back'": TABLES["back"]}


class Table(nn.Module):
    """The logarithms of a table of probabilities as logits, for labels or for one-hot vectors."""

    def __init__(self, name):
        super().__init__()
        table = np.vectorize(lambda p: float(Fraction(p)))(np.array(TABLES[name]))
        self.logits = nn.Parameter(torch.tensor(table, dtype=torch.float64).log())

    def forward(self, *values):
        chosen = [value.argmax(-1) if value.is_floating_point() else value for value in values]
        return self.logits[tuple(chosen)]


def both(constraint, sample=None, copies=1):
    """The term of the PyTorch back end, and a functor for the exact one."""
    names = {box.name for box in ld.LearningDiagram(constraint).boxes}
    loss = compile(
        ld.LearningDiagram(constraint),
        TorchFunctor({x: Finite(3), y: Finite(2, sample=sample)}, {name: Table(name) for name in names}),
    )
    batch = {"rows": {name: torch.tensor(values).repeat(copies) for name, values in DATA.items()}}
    exact = FiniteFunctor({x: 3, y: 2}, {name: TABLES[name] for name in names}, data={"rows": DATA})
    return loss(batch, strict=False)[0].item(), exact


@pytest.mark.parametrize(
    ("name", "exact"), [("kl", kl), ("total_variation", total_variation), ("chi_squared", chi_squared)]
)
@pytest.mark.parametrize("lhs, rhs", [(x_of >> k, y_of), (x_of >> k, x_of >> m), (x_of >> m, x_of >> k)])
def test_without_draws_the_two_back_ends_have_the_same_numbers(name, exact, lhs, rhs):
    constraint = ld.Constraint("c", lhs, rhs, divergence=name)
    ours, functor = both(constraint)
    assert ours == pytest.approx(float(exact_term(constraint, functor, exact)), rel=1e-12)
    ways = (float(term(constraint, functor, exact)) for term in (exact_term, drawn_term))
    assert next(ways) == pytest.approx(next(ways), rel=1e-14)


def test_with_draws_the_mean_of_the_sampled_term_is_the_drawn_term():
    constraint = ld.Constraint("c", x_of >> k >> back, x_of >> m >> back)
    torch.manual_seed(0)
    ours, functor = both(constraint, sample="straight-through", copies=20_000)
    drawn, exact = (term(constraint, functor, kl) for term in (drawn_term, exact_term))
    assert ours == pytest.approx(drawn, rel=0.02) and drawn > exact + 0.1


def test_one_draw_used_twice_and_two_draws_are_trained_as_they_are_written():
    """f >> copy, and copy >> f @ f, where a box consumes the draws: the sampled means are those of the exact terms."""
    same = ld.Kernel("same", y @ y, y)
    once = ld.Constraint("once", x_of >> k >> ld.Copy(y) >> same, y_of)
    twice = ld.Constraint("twice", x_of >> ld.Copy(x) >> k @ k >> same, y_of)
    torch.manual_seed(0)
    terms = {}
    for constraint in (once, twice):
        ours, functor = both(constraint, sample="straight-through", copies=20_000)
        terms[constraint.name] = drawn_term(constraint, functor, kl)
        assert ours == pytest.approx(terms[constraint.name], rel=0.02)
    assert terms["twice"] > 1.2 * terms["once"]


def test_two_sides_draw_independently_and_share_what_over_draws():
    """Two equal laws: not 0 where each side draws for itself, 0 where the draw is shared."""
    twin, back_ = ld.Kernel("twin", x, y), ld.Kernel("back'", y, y)
    apart = ld.Constraint("apart", x_of >> k >> back, x_of >> twin >> back_)
    shared = ld.Constraint("shared", back, back_, over=x_of >> k)
    torch.manual_seed(0)
    ours, functor = both(apart, sample="straight-through", copies=20_000)
    assert ours == pytest.approx(drawn_term(apart, functor, kl), rel=0.03) and ours > 0.1
    assert exact_term(apart, functor, kl) == 0
    ours, functor = both(shared, sample="straight-through")
    assert ours == drawn_term(shared, functor, kl) == 0


@pytest.mark.parametrize("name", ["two draws from one space", "draws from two spaces"])
def test_a_product_of_sample_spaces_is_drawn_without_replacement(name):
    """The mean over all orders of the rows is the exact term, in which two draws from one space are two rows of it."""
    same_space = name == "two draws from one space"
    other = rows if same_space else ld.SampleSpace("others")
    right = other.column("y", y)
    constraint = ld.Constraint("pairs", (x_of >> k) @ ld.Discard(other.ty), ld.Discard(rows.ty) @ right)
    functor = FiniteFunctor({x: 3, y: 2}, {"k": TABLES["k"]}, data={"rows": DATA, "others": DATA})
    loss = compile(ld.LearningDiagram(constraint), TorchFunctor({x: Finite(3), y: Finite(2)}, {"k": Table("k")}))
    values = []
    for order in permutations(range(4)):
        batch = {"rows": {c: torch.tensor(v)[torch.tensor(order)] for c, v in DATA.items()}}
        if not same_space:
            batch["others"] = {"y": torch.tensor(DATA["y"])}
        values.append(loss(batch, strict=False)[0].item())
    assert sum(values) / len(values) == pytest.approx(float(exact_term(constraint, functor, kl)), rel=1e-12)


def test_evidence_is_confirmed_by_the_functor():
    """The model that tells two diagrams apart, as tables for the functor: the same two probabilities."""
    m2 = ld.Kernel("m2", x @ x, x)
    f, step = ld.Box("f", x, x), ld.Kernel("step", x, x)
    pairs = [
        (step >> ld.Copy(x), ld.Copy(x) >> step @ step),
        (ld.Copy(x) >> step @ f >> m2, ld.Copy(x) >> f @ step >> m2),
        (step >> f, f >> step),
        (ld.Copy(x) >> step @ step, ld.Copy(x) >> step @ step >> ld.Swap(x, x) >> f @ x),
    ]
    for lhs, rhs in pairs:
        evidence = ld.equal(lhs, rhs, evidence=True)
        model = evidence.model
        G = FiniteFunctor({x: model.size(x)}, {box: model.table(box) for box in (f, step, m2)})
        probabilities = [G(side).array[model.inputs + model.outcome] for side in (lhs, rhs)]
        assert probabilities == [evidence.lhs, evidence.rhs] and evidence.lhs != evidence.rhs


def test_machine_integers_become_long_ones_before_they_overflow():
    chain = ld.Id(bit).then(*[g] * 60)  # denominators of 10^60
    assert F(chain) == StochasticMap.id((2,)).then(*[F(g)] * 60)
    assert F(chain).distribution(0)[0] == (1 + Fraction(8, 10) ** 60) / 2
