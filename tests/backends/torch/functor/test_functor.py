"""`TorchFunctor` is a functor into the Markov category of `TensorMap`s: its laws, as properties."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor
from learning_diagrams.backends.torch.functor.tensor_map import TensorMap

torch.set_num_threads(1)
x = ld.Ty("x")
X = (Euclidean(2),)
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
join, split = ld.Box("join", x @ x, x), ld.Box("split", x, x @ x)
point = ld.Box("point", ld.Ty(), x)
h = ld.Kernel("h", x, x)


class Noise(nn.Module):
    """Normal(v, 1), which counts how often it is asked."""

    calls = 0

    def forward(self, value):
        self.calls += 1
        return Normal(value, 1.0)


class Split(nn.Linear):
    def forward(self, value):
        return tuple(super().forward(value).chunk(2, -1))


torch.manual_seed(0)
F = TorchFunctor(
    ob={x: Euclidean(2)},
    ar={
        f: nn.Linear(2, 2), g: nn.Tanh(), join: nn.Bilinear(2, 2, 2), split: Split(2, 4), h: Noise(),
        point: lambda: torch.tensor([1.0, 2.0]),
    },
)  # fmt: skip
MENU = [f, g, join, split, point, ld.Copy(x), ld.Discard(x), ld.Swap(x, x)]


@st.composite
def diagrams(draw, width=None):
    width = draw(st.integers(0, 3)) if width is None else width
    diagram = ld.Id(x**width)
    for box, position in draw(st.lists(st.tuples(st.sampled_from(MENU), st.integers(0, 3)), max_size=4)):
        wide = len(diagram.cod)
        if len(box.dom) <= wide:
            left = position % (wide - len(box.dom) + 1)
            diagram = diagram >> ld.Id(x**left) @ box @ ld.Id(x ** (wide - left - len(box.dom)))
    return diagram


def assert_same(left, right):
    """Equal as arrows: the same type, and the same values at a point, bit for bit."""
    assert (left.dom, left.cod) == (right.dom, right.cod)
    torch.manual_seed(1)
    values = tuple(torch.randn(3, 2) for _ in left.dom)
    for one, other in zip(left.inside(3, values), right.inside(3, values), strict=True):
        assert torch.equal(one, other)


@given(st.data())
def test_composition_is_preserved(data):
    """F(d ≫ e) = F(d) ≫ F(e)."""
    d = data.draw(diagrams())
    e = data.draw(diagrams(len(d.cod)))
    assert_same(F(d >> e), F(d) >> F(e))


@given(diagrams(), diagrams())
def test_the_tensor_is_preserved(d, e):
    """F(d ⊗ e) = F(d) ⊗ F(e)."""
    assert_same(F(d @ e), F(d) @ F(e))


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_structure_is_preserved(m, n, copies):
    """F(id) = id, F(swap) = swap, F(copy) = copy, F(discard) = discard."""
    assert F(x**m) == X * m
    assert_same(F(ld.Id(x**m)), TensorMap.id(X * m))
    assert_same(F(ld.Swap(x**m, x**n)), TensorMap.swap(X * m, X * n))
    assert_same(F(ld.Copy(x**m, copies)), TensorMap.copy(X * m, copies))
    assert_same(F(ld.Discard(x**m)), TensorMap.discard(X * m))


@given(diagrams(), diagrams())
def test_tensor_maps_are_a_symmetric_monoidal_category(d, e):
    """Units, interchange, and naturality of the swap; `then` and `tensor` take any number of arrows."""
    a, b = F(d), F(e)
    assert_same(TensorMap.id(a.dom) >> a, a)
    assert_same(a >> TensorMap.id(a.cod), a)
    assert_same(a @ TensorMap.id(()), a)
    assert_same((a @ TensorMap.id(b.dom)) >> (TensorMap.id(a.cod) @ b), a @ b)
    assert_same((a @ b) >> TensorMap.swap(a.cod, b.cod), TensorMap.swap(a.dom, b.dom) >> (b @ a))
    assert_same(a.tensor(b, a), a @ (b @ a))
    assert_same(a.then(TensorMap.id(a.cod), TensorMap.copy(a.cod)), a >> TensorMap.copy(a.cod))


@given(diagrams())
def test_deterministic_maps_are_comonoid_homomorphisms(d):
    """d ≫ copy = copy ≫ d ⊗ d, and d ≫ discard = discard; copy is coassociative, counital, cocommutative."""
    a = F(d)
    assert_same(a >> TensorMap.copy(a.cod), TensorMap.copy(a.dom) >> (a @ a))
    assert_same(a >> TensorMap.discard(a.cod), TensorMap.discard(a.dom))
    one = TensorMap.id(X)
    copy = TensorMap.copy(X)
    assert_same(copy >> (copy @ one), copy >> (one @ copy))
    assert_same(copy >> (copy @ one), TensorMap.copy(X, 3))
    assert_same(copy >> (TensorMap.discard(X) @ one), one)
    assert_same(copy >> TensorMap.swap(X, X), copy)


@pytest.mark.parametrize("by_composition", [True, False])
def test_a_kernel_then_copy_is_one_draw_and_a_copy_then_kernels_two(by_composition):
    def image(*parts):
        if by_composition:
            return F(parts[0]).then(*map(F, parts[1:]))
        return F(ld.Id(parts[0].dom).then(*parts))

    value = torch.zeros(4, 2)
    one, same = image(h, ld.Copy(x), f @ f)(value)
    assert torch.equal(one, same)
    one, other = image(ld.Copy(x), h @ h, f @ f)(value)
    assert not torch.equal(one, other)


def test_a_kernel_at_the_end_gives_its_law_and_nothing_is_drawn():
    before = torch.get_rng_state()
    law = F(f >> h)(torch.zeros(4, 2))
    assert isinstance(law, Normal) and law.batch_shape == (4, 2)
    assert torch.equal(before, torch.get_rng_state())


def test_a_draw_is_made_anew_each_time_the_map_is_applied():
    arrow = F(h >> g)
    assert not torch.equal(arrow(torch.zeros(4, 2)), arrow(torch.zeros(4, 2)))


def test_a_box_from_the_unit_is_expanded_to_the_rows_beside_it():
    beside, made = F(ld.Id(x) @ point)(torch.zeros(3, 2))
    assert beside.shape == made.shape == (3, 2) and torch.equal(made[2], torch.tensor([1.0, 2.0]))


def test_composition_is_preserved_where_a_box_starts_from_the_unit():
    """F(discard ≫ point) = F(discard) ≫ F(point), and F(id ⊗ point) = F(id) ⊗ F(point), the number of rows included."""
    assert_same(F(ld.Discard(x) >> point), F(ld.Discard(x)) >> F(point))
    assert_same(F(ld.Id(x) @ point), F(ld.Id(x)) @ F(point))
    value = torch.zeros(3, 2)
    assert (F(ld.Discard(x)) >> F(point) >> F(f))(value).shape == (3, 2) and F(point)().shape == (1, 2)
    ones = TensorMap((), X, lambda rows, values: (torch.ones(rows, 2),))
    assert torch.equal((TensorMap.discard(X) >> ones)(value), torch.ones(3, 2))


def test_maps_that_do_not_compose_and_wrong_numbers_of_values_are_refused():
    with pytest.raises(ld.TypeMismatch, match="do not compose"):
        F(f) >> TensorMap.id((Finite(3),))
    with pytest.raises(ld.TypeMismatch, match="takes 1 values"):
        F(f)(torch.zeros(1, 2), torch.zeros(1, 2))
    with pytest.raises(ld.TypeMismatch, match="types and diagrams"):
        F(3)


def test_faults_of_a_functor_are_typed_errors():
    net = nn.Linear(2, 2)
    with pytest.raises(ld.DuplicateName, match="also that of box 'f'"):
        TorchFunctor(ob={}, ar={f: net, g: net})
    with pytest.raises(ld.DuplicateName, match="also that of box 'f'"):
        TorchFunctor(ob={}, ar={f: net, g: nn.Sequential(net)})
    with pytest.raises(ld.DuplicateName, match="boxes of different types get a lambda each"):
        TorchFunctor(ob={}, ar={f: torch.neg, split: torch.neg})
    tied = nn.Linear(2, 2)
    tied.weight = net.weight
    with pytest.raises(ld.DuplicateName, match="weight"):
        TorchFunctor(ob={}, ar={f: net, g: tied})
    with pytest.raises(ld.DuplicateName, match="two modules"):
        TorchFunctor(ob={}, ar={f: net, "f": nn.Tanh()})
    with pytest.raises(ld.TypeMismatch, match="callable"):
        TorchFunctor(ob={}, ar={f: 3})
    with pytest.raises(ld.TypeMismatch, match="needs a space"):
        TorchFunctor(ob={x: 2}, ar={})
    with pytest.raises(ld.UnknownName, match="did you mean 'f'"):
        TorchFunctor(ob={x: Euclidean(2)}, ar={"f": net}).module("ff")
    with pytest.raises(ld.UnknownName, match="no space"):
        TorchFunctor(ob={}, ar={"f": net})(f)


@pytest.mark.parametrize("shape", [(12,), [3, 4], torch.Size([5])])
def test_the_sizes_of_a_space_are_given_one_by_one(shape):
    with pytest.raises(ld.CompileError, match=r"one by one, as in Euclidean\(\*shape\)"):
        Euclidean(shape)
    assert Euclidean(*shape).shape == tuple(shape)
