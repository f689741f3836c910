"""Boxes that use others: derivatives reach what they use, in training, in validation, frozen or not."""

from copy import deepcopy

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

X, ROWS = ld.Ty("x"), ld.SampleSpace("rows")
T = ROWS.column("t", X)
u = ld.Box("u", X, X)
u_x, negate = ld.Box("u_x", X, X, uses=[u]), ld.Box("negate", X, X)
u_xx = ld.Box("u_xx", X, X, uses=[u_x])
RESIDUAL = ld.Constraint("residual", T >> u_xx, T >> u >> negate)


def derivative(name):
    """The derivative of a used function by torch.autograd."""

    def module(t, uses):
        t = t.requires_grad_()
        return torch.autograd.grad(uses[name](t).sum(), t, create_graph=True)[0]

    return module


def by_transform(name):
    """The derivative of a used function by torch.func."""
    return lambda t, uses: torch.func.vmap(torch.func.jacrev(lambda row: uses[name](row[None])[0]))(t)[:, :, 0]


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)).double()


def functor(make=derivative, inner=None):
    modules = {"u": inner or net(), "u_x": make("u"), "u_xx": make("u_x"), "negate": torch.neg}
    return TorchFunctor(ob={X: Euclidean(1)}, ar=modules)


def batch(rows=7):
    return {"rows": {"t": torch.linspace(0, 1, rows, dtype=torch.float64)[:, None]}}


def residual_by_hand(module, t):
    t = t.clone().requires_grad_()
    value = module(t)
    (first,) = torch.autograd.grad(value.sum(), t, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), t, create_graph=True)
    return ((second + value) ** 2).sum(-1).mean()


def objective(make=derivative, *constraints, frozen=("u_x", "u_xx", "negate")):
    return compile(ld.LearningDiagram(*(constraints or [RESIDUAL]), frozen=frozen), functor(make))


@pytest.mark.parametrize("make", [derivative, by_transform])
@pytest.mark.parametrize("frozen", [(), ("u_x", "u_xx", "negate")])
def test_a_second_derivative_is_that_by_hand_and_its_gradient_too(make, frozen):
    loss, by_hand = objective(make, frozen=frozen), net()
    total, _ = loss(batch())
    expected = residual_by_hand(by_hand, batch()["rows"]["t"])
    total.backward(), expected.backward()
    torch.testing.assert_close(total, expected, rtol=1e-12, atol=1e-12)
    for mine, theirs in zip(loss.boxes.of("u").parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [derivative, by_transform])
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_validation_has_derivatives_and_keeps_no_graph(make, mode):
    loss, data = objective(make).eval(), batch()
    with mode():
        data = {"rows": {"t": data["rows"]["t"].clone()}}  # in inference mode, a tensor of that mode
        total, terms = loss(data)
    assert not total.requires_grad
    torch.testing.assert_close(terms["residual"], residual_by_hand(net(), batch()["rows"]["t"]).detach())


def test_a_frozen_function_gets_no_gradient_and_passes_one_to_the_boxes_before_its_derivative():
    shift = ld.Box("shift", X, X)
    d = ld.LearningDiagram(ld.Constraint("c", T >> shift >> u_x, T), frozen=[u, u_x])
    modules = {"u": net(), "u_x": derivative("u"), "shift": nn.Linear(1, 1).double()}
    loss = compile(d, TorchFunctor(ob={X: Euclidean(1)}, ar=modules))
    loss(batch())[0].backward()
    assert all(p.grad is None for p in modules["u"].parameters())
    assert all(p.grad.abs() > 0 for p in modules["shift"].parameters())


def test_a_guard_against_gradients_stands_where_all_that_is_used_is_frozen():
    """A box is a constant only where it and everything behind it are frozen; a constant has a derivative too."""
    code = objective().code
    assert "no_grad" not in code.split("negate")[0] and "boxes['u_xx'](t)  # calls u, u_x" in code
    v, w = ld.Box("v", X, X), ld.Box("v_x", X, X, uses=[ld.Box("v", X, X)])
    d = ld.LearningDiagram(ld.Constraint("c", T >> u, T >> w), frozen=[v, w])
    loss = compile(
        d,
        TorchFunctor(ob={X: Euclidean(1)}, ar={"u": nn.Linear(1, 1).double(), "v": torch.sin, "v_x": derivative("v")}),
    )
    assert "with torch.no_grad():\n        v_x_out = boxes['v_x'](t)  # calls v" in loss.code
    total, _ = loss(batch())
    t = batch()["rows"]["t"]
    torch.testing.assert_close(total, ((loss.boxes.of("u")(t) - t.cos()) ** 2).mean(), rtol=1e-12, atol=1e-12)


def test_the_batch_keeps_its_flags():
    data = batch()
    objective()(data)
    assert not data["rows"]["t"].requires_grad and data["rows"]["t"].grad is None


def test_two_objectives_of_one_functor_may_freeze_the_used_function_differently():
    shared = functor()
    learns = compile(ld.LearningDiagram(RESIDUAL, frozen=["u_x", "u_xx", "negate"]), shared)
    shift = ld.Box("shift", X, X)
    fixed = ld.LearningDiagram(ld.Constraint("c", T >> shift >> u_xx, T), frozen=["u", "u_x", "u_xx"])
    shared.extend(TorchFunctor(ob={}, ar={"shift": nn.Linear(1, 1).double()}))
    holds = compile(fixed, shared)
    (learns(batch())[0] + holds(batch())[0]).backward()
    expected = net()
    residual_by_hand(expected, batch()["rows"]["t"]).backward()  # nothing comes through `holds`
    for mine, theirs in zip(shared.module("u").parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-12, atol=1e-12)


def test_a_model_of_a_derivative_is_on_the_same_parameters():
    loss, t = objective(), batch()["rows"]["t"]
    slope = loss.model(u_x)
    assert {id(p) for p in slope.parameters()} == {id(p) for p in loss.boxes.of("u").parameters()}
    with torch.no_grad():
        before = slope(t)
        assert not before.requires_grad
        loss.boxes.of("u")[2].weight.mul_(2)
        torch.testing.assert_close(slope(t), 2 * before)


def test_the_functor_itself_evaluates_a_derivative():
    F, t = functor(), batch()["rows"]["t"]
    torch.testing.assert_close(
        F(u_xx)(t), torch.func.vmap(torch.func.hessian(lambda r: F.module("u")(r[None])[0, 0]))(t)[:, 0]
    )


def test_a_functional_call_and_a_deep_copy_use_the_parameters_that_they_are_given():
    loss = objective()
    zero = {name: torch.zeros_like(p) for name, p in loss.named_parameters()}
    assert torch.func.functional_call(loss, zero, (batch(),))[0] == 0
    other = deepcopy(loss)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    assert other(batch())[0] == 0 != loss(batch())[0]


def test_a_kernel_may_use_boxes_and_a_kernel_may_be_used():
    """The entropy of a used kernel, and a kernel whose mean is a derivative."""
    law, real = ld.Kernel("law", X, X), ld.Ty("real")
    spread = ld.Box("spread", X, real, uses=[law])
    slope = ld.Kernel("slope", X, X, uses=[u])
    d = ld.LearningDiagram(
        ld.Constraint("entropy", T >> spread, T >> ld.Box("one", X, real)),
        ld.Constraint("slope", T >> slope, T, divergence="nll"),
        frozen=[spread, "one"],
    )

    class Law(nn.Module):
        def __init__(self):
            super().__init__()
            self.log_scale = nn.Parameter(torch.zeros((), dtype=torch.float64))

        def forward(self, t):
            return torch.distributions.Independent(torch.distributions.Normal(t, self.log_scale.exp() + 0 * t), 1)

    def normal(t, uses):
        return torch.distributions.Independent(
            torch.distributions.Normal(derivative("u")(t, uses), torch.ones_like(t)), 1
        )

    modules = {
        "law": Law(),
        "spread": lambda t, uses: uses["law"](t).entropy()[:, None],
        "slope": normal,
        "u": net(),
        "one": torch.ones_like,
    }
    loss = compile(d, TorchFunctor(ob={X: Euclidean(1), real: Euclidean(1)}, ar=modules))
    total, terms = loss(batch())
    total.backward()
    half = 0.5 * torch.log(torch.tensor(2 * torch.pi, dtype=torch.float64))
    torch.testing.assert_close(terms["entropy"], (half + 0.5 - 1) ** 2, rtol=1e-12, atol=1e-12)
    assert modules["law"].log_scale.grad != 0 and modules["u"][0].weight.grad.abs().sum() > 0
    with torch.no_grad():
        loss(batch())


def failing(**modules):
    F = functor()
    F.modules |= modules
    return F


@pytest.mark.parametrize(
    "module, message",
    [
        (lambda t: t, "'u_x' must take 2 positional arguments.* and last the mapping of the boxes that it uses"),
        (lambda t, uses: uses["v"](t), "the module of box 'u_x' cannot take .* KeyError: 'v'"),
        (lambda t, uses: torch.autograd.grad(uses["u"](t).sum(), t)[0], "call requires_grad_\\(\\) on the input first"),
    ],
)
def test_a_module_that_does_not_take_its_uses_is_named_at_compile(module, message):
    with pytest.raises(ld.CompileError, match=message):
        compile(ld.LearningDiagram(RESIDUAL), failing(u_x=module))


def test_a_used_box_needs_a_module_that_fits_its_type():
    modules = {"u_x": derivative("u"), "u_xx": derivative("u_x"), "negate": torch.neg}
    with pytest.raises(ld.UnknownName, match="box 'u' has no module"):
        compile(ld.LearningDiagram(RESIDUAL), TorchFunctor(ob={X: Euclidean(1)}, ar=modules))
    with pytest.raises(ld.CompileError, match="the module of box 'u' returned"):
        compile(ld.LearningDiagram(ld.Constraint("c", T >> u_x, T)), failing(u=lambda t: torch.cat([t, t], 1)))


def test_an_axiom_may_speak_of_a_derivative():
    twice = ld.Box("twice", X, X)
    d = ld.LearningDiagram(
        RESIDUAL, axioms=[ld.Equation(u_xx, u_x >> twice)], frozen=["u_x", "u_xx", "negate", "twice"]
    )
    modules = {
        "u": torch.exp,
        "u_x": derivative("u"),
        "u_xx": derivative("u_x"),
        "negate": torch.neg,
        "twice": nn.Identity(),
    }
    loss = compile(d, TorchFunctor(ob={X: Euclidean(1)}, ar=modules))
    loss(batch())
    assert max(loss.axiom_defects.values()) < 1e-12


def test_training_moves_the_used_function_and_saves_it(tmp_path):
    loss = objective()
    before = loss(batch())[0].item()
    fit(loss, batch(16), epochs=30, lr=1e-2, validation=batch(5), device="cpu")
    assert loss(batch())[0].item() < before / 2
    loss.save(tmp_path / "w.safetensors")
    assert objective().load(tmp_path / "w.safetensors")(batch())[0] == loss(batch())[0]
