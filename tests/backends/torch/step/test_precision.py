"""Half precision and devices: boxes under autocast, scaled losses, and steps that a device skips."""

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.optimizers.finite_step import step_if_finite
from learning_diagrams.backends.torch.step import round
from learning_diagrams.backends.torch.step.joined_loss import JoinedLoss
from learning_diagrams.backends.torch.step.player_step import PlayerStep
from learning_diagrams.backends.torch.step.round import make_player_steps
from learning_diagrams.backends.torch.step.skipped_steps import SCALED

torch.set_num_threads(1)
X, Y = ld.Ty("x"), ld.Ty("y")
s = ld.SampleSpace("s")
a, b, label = s.column("a", X), s.column("b", X), s.column("label", Y)
f, k, steep = ld.Box("f", X, X), ld.Kernel("k", X, Y), ld.Box("steep", X, X)
SGD = torch.optim.SGD
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def data(rows=16, device="cpu"):
    torch.manual_seed(1)
    columns = {"a": torch.randn(rows, 8), "b": torch.randn(rows, 8), "label": torch.arange(rows) % 3}
    return {"s": {name: column.to(device) for name, column in columns.items()}}


def objective_of(*constraints, ar=None):
    torch.manual_seed(0)
    nets = {f: nn.Linear(8, 8), k: nn.Linear(8, 3)} | (ar or {})
    diagram = ld.LearningDiagram(
        *(constraints or [ld.Constraint("fit", a >> f, b), ld.Constraint("kind", a >> f >> k, label)])
    )
    used = {box: net for box, net in nets.items() if box.name in diagram.signature.boxes}
    return compile(diagram, TorchFunctor(ob={X: Euclidean(8), Y: Finite(3)}, ar=used)), used


def by_hand(nets, batch, steps, device, dtype, lr):
    optimizer = SGD([p for net in nets.values() for p in net.parameters()], lr=lr)
    losses = []
    for _ in range(steps):
        with torch.autocast(device, dtype=dtype):
            code = nets[f](batch["a"])
            logits = nets[k](code)
        loss = (code.float() - batch["b"]).square().sum(1).mean() + functional.cross_entropy(
            logits.float(), batch["label"]
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_bf16_is_autocast_round_boxes_as_by_hand():
    o, nets = objective_of()
    theirs = dict(zip(nets, copy.deepcopy(nets).values(), strict=True))
    batch = data()["s"]
    history = fit(o, {"s": [batch]}, steps=5, optimizer=SGD, lr=0.05, precision="bf16", device="cpu", progress=False)
    losses = by_hand(theirs, batch, 5, "cpu", torch.bfloat16, 0.05)
    assert [row["total"] for row in history.steps] == pytest.approx(losses, rel=1e-6)
    for mine, other in zip(nets.values(), theirs.values(), strict=True):
        assert mine.weight.dtype == torch.float32 and torch.allclose(mine.weight, other.weight, rtol=1e-5, atol=1e-7)
    exact = fit(objective_of()[0], {"s": [batch]}, steps=5, optimizer=SGD, lr=0.05, device="cpu", progress=False)
    assert history.steps[0]["total"] != exact.steps[0]["total"]  # half precision is at work


def test_fp16_needs_a_gpu():
    with pytest.raises(ld.DataError, match="precision='fp16' needs a CUDA device"):
        fit(objective_of()[0], data(), epochs=1, precision="fp16", device="cpu", progress=False)


class Root(nn.Module):
    def forward(self, values):
        return values.square().sum(1, keepdim=True).sqrt() + 0 * values


def rooted(device):
    o, nets = objective_of(
        ld.Constraint("unit", a >> f >> steep, b), ar={f: nn.Linear(8, 8, bias=False), steep: Root()}
    )
    batch = {"a": torch.randn(4, 8), "b": torch.randn(4, 8)}
    batch["a"][1] = 0
    return o, nets, {"s": {name: column.to(device) for name, column in batch.items()}}


def scaled_step(o, scaler):
    context = partial(torch.autocast, "cpu", dtype=torch.float16)
    loss = JoinedLoss(o, o, context)
    return PlayerStep(
        None, o, loss, SGD(o.trainable_parameters(), lr=0.05), clip_norm=1e3, scaler=scaler, at_once=False
    )


def test_a_scaler_skips_until_the_scale_fits_and_the_step_is_that_of_the_loss():
    o, nets = objective_of()
    batch = data()
    start = nets[f].weight.detach().clone()
    step = scaled_step(o, torch.amp.GradScaler("cpu", init_scale=2.0**24, growth_interval=1000))
    records = []
    while not records or records[-1].skipped:
        assert torch.equal(nets[f].weight, start)
        records.append(step.make([batch]))
        assert len(records) < SCALED
    assert len(records) > 3  # 2^24 · gradient is no float16
    twin, theirs = objective_of()
    with torch.autocast("cpu", dtype=torch.float16):
        total = twin(batch)[0]
    total.backward()
    expected = start - 0.05 * theirs[f].weight.grad
    assert torch.allclose(nets[f].weight, expected, rtol=1e-2, atol=1e-3)
    assert records[-1].total.item() == pytest.approx(total.item(), rel=1e-3)
    assert records[-1].gradient_norm.item() == pytest.approx(
        torch.cat([p.grad.flatten() for p in twin.trainable_parameters()]).norm().item(), rel=1e-2
    )


@pytest.fixture
def as_on_a_device(monkeypatch):
    """Steps on the CPU that are decided as on an accelerator: skipped there, seen later."""
    monkeypatch.setattr(round, "PlayerStep", lambda *fields: PlayerStep(*fields[:-1], at_once=False))


@pytest.mark.parametrize("optimizer", [partial(SGD, fused=True), partial(torch.optim.AdamW, fused=True), SGD])
def test_a_device_skips_the_step_and_the_look_names_parameter_and_box(as_on_a_device, optimizer):
    o, nets, batch = rooted("cpu")
    before = nets[f].weight.detach().clone()
    with pytest.raises(
        ld.NonFiniteGradient, match=r"^the gradient of the total is not finite in parameter 'weight' of box"
    ):
        fit(o, batch, epochs=3, optimizer=lambda groups, lr: optimizer(groups, lr=lr), clip_norm=1.0, progress=False)
    assert torch.equal(nets[f].weight, before)


def test_joined_optimizers_skip_together():
    o, _ = objective_of()
    before = [p.detach().clone() for p in o.trainable_parameters()]
    parts = {"f": {"optimizer": partial(SGD, fused=True)}}
    (step,) = make_player_steps(o, o, SGD, groups=parts)
    for p in o.trainable_parameters():
        p.grad = torch.ones_like(p)
    assert step_if_finite(step.optimizer, torch.tensor(torch.nan))
    assert all(torch.equal(p, q) for p, q in zip(o.trainable_parameters(), before, strict=True))
    assert not step_if_finite(step.optimizer, torch.tensor(1.0))
    assert not any(torch.equal(p, q) for p, q in zip(o.trainable_parameters(), before, strict=True))


def test_twenty_skips_of_a_scaler_in_a_row_are_an_error(monkeypatch):
    o, nets, batch = rooted("cpu")
    before = nets[f].weight.detach().clone()
    scaled = lambda *fields: scaled_step(o, torch.amp.GradScaler("cpu"))  # noqa: E731
    monkeypatch.setattr(round, "PlayerStep", scaled)
    with pytest.raises(ld.NonFiniteGradient, match="box 'f' at step 20, and no step") as caught:
        fit(o, batch, epochs=60, device="cpu", progress=False)
    assert torch.equal(nets[f].weight, before) and len(caught.value.history.steps) == 20


# ---- a GPU -----------------------------------------------------------------------------------------------------------


@pytest.mark.gpu
@GPU
@pytest.mark.parametrize(
    "optimizer", [torch.optim.AdamW, torch.optim.SGD, lambda groups, lr: torch.optim.Adam(groups, lr=lr)]
)
@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_a_gpu_makes_no_step_with_a_gradient_that_is_not_finite(optimizer, clip_norm):
    o, nets, batch = rooted("cuda")
    before = nets[f].weight.detach().clone()
    with pytest.raises(ld.NonFiniteGradient, match=r"parameter 'weight' of box 'f' at step 1, and no step") as caught:
        fit(o, batch, epochs=3, optimizer=optimizer, clip_norm=clip_norm, progress=False)
    assert torch.equal(nets[f].weight.cpu(), before)
    assert len(caught.value.history.steps) >= 1


@pytest.mark.gpu
@GPU
def test_a_class_of_optimizers_decides_on_the_device():
    o, _ = objective_of()
    seen = []
    with torch.cuda.device(0):
        fit(o, data(), steps=3, callbacks=[lambda p: seen.append(p.optimizer)], progress=False)
    assert seen[0]._step_supports_amp_scaling
    step = PlayerStep(None, o, JoinedLoss(o, o), seen[0], clip_norm=1.0, at_once=False)
    batch = data(device="cuda")
    step.make([batch])
    torch.cuda.set_sync_debug_mode("error")  # a step that waits for the device is an error
    try:
        step.make([batch])
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
@GPU
@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_half_precision_on_a_gpu_is_the_loop_by_hand(precision, dtype):
    o, nets = objective_of()
    theirs = dict(zip(nets, [net.cuda() for net in copy.deepcopy(nets).values()], strict=True))
    batch = data()["s"]
    history = fit(o, {"s": [batch]}, steps=5, optimizer=SGD, lr=0.05, precision=precision, progress=False)
    losses = by_hand(theirs, {name: column.cuda() for name, column in batch.items()}, 5, "cuda", dtype, 0.05)
    assert [row["total"] for row in history.steps] == pytest.approx(losses, rel=2e-2)


@pytest.mark.gpu
@GPU
def test_twenty_skips_in_a_row_are_an_error_in_fp16():
    o, nets, batch = rooted("cuda")
    before = nets[f].weight.detach().clone()
    with pytest.raises(ld.NonFiniteGradient, match="box 'f' at step 20, and no step"):
        fit(o, batch, epochs=60, precision="fp16", progress=False)
    assert torch.equal(nets[f].weight.cpu(), before)
