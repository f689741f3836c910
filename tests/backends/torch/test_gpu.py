"""On a CUDA device: where things are, agreement with the CPU, mixed precision, no wait of the host for the device."""

import copy

import pytest
import torch
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.data.device import to_device

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and there is none"),
]
x, z, digit, bits = ld.Ty("x"), ld.Ty("z"), ld.Ty("digit"), ld.Ty("bits")
rows = ld.SampleSpace("rows")
x_of, label_of, bits_of = rows.column("x", x), rows.column("label", digit), rows.column("bits", bits)
encode, decode, start = ld.Box("encode", x, z), ld.Box("decode", z, x), ld.Box("start", ld.Ty(), z)
classify, decide, teacher = (
    ld.Kernel("classify", z, digit),
    ld.Kernel("decide", z, bits),
    ld.Kernel("teacher", x, digit),
)
noise = ld.Kernel("noise", z, z)
AGREEING = ld.LearningDiagram(
    ld.Constraint("supervised", x_of >> encode >> classify, label_of),
    ld.Constraint("bits", x_of >> encode >> decide, bits_of, weight=0.1),
    ld.Constraint("rebuilt", encode >> decode, ld.Id(x), over=x_of, weight=1 / 3),
    ld.Constraint("centred", x_of >> encode, ld.Discard(rows.ty) >> start),
    ld.Constraint(
        "distilled", x_of >> encode >> classify, x_of >> teacher, divergence={"name": "kl", "temperature": 3.0}
    ),
    frozen=[teacher],
)
NOISY = AGREEING.add(ld.Constraint("noisy", encode >> noise >> decode, ld.Id(x), over=x_of))


class Noise(nn.Linear):
    def forward(self, value):
        mean = super().forward(value)
        return Normal(mean, torch.ones_like(mean), validate_args=False)  # validation and numbers make the host wait


class Point(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.ones(4))

    def forward(self):
        return self.value


def objective_of(diagram=NOISY):
    torch.manual_seed(0)
    modules = {"encode": nn.Linear(6, 4), "decode": nn.Linear(4, 6), "start": Point(), "classify": nn.Linear(4, 3)}
    modules |= {"decide": nn.Linear(4, 2), "teacher": nn.Linear(6, 3), "noise": Noise(4, 4)}
    ob = {x: Euclidean(6), z: Euclidean(4), digit: Finite(3), bits: Bernoulli(2)}
    return compile(diagram, TorchFunctor(ob=ob, ar=modules))


def data(rows=64):
    torch.manual_seed(1)
    bits = torch.rand(rows, 2).round()
    return {"rows": {"x": torch.randn(rows, 6), "label": torch.randint(0, 3, (rows,)), "bits": bits}}


def masked(rows=64):
    here = torch.arange(rows) % 3 > 0
    return {"rows": {name: (column, here) for name, column in data(rows)["rows"].items()}}


def on_gpu(batch):
    return to_device(batch, torch.device("cuda"))


def test_terms_and_total_are_on_the_device():
    objective = objective_of().to("cuda")
    total, terms = objective(on_gpu(data()))
    assert {value.device.type for value in (total, *terms.values(), *objective.constants.buffers())} == {"cuda"}
    assert objective.constants.weight_bits.item() == torch.tensor(0.1).item()
    assert objective.functor.device.type == "cuda"


def test_the_gpu_agrees_with_the_cpu_to_1e_5():
    here = objective_of(AGREEING)
    there = copy.deepcopy(here).to("cuda")
    total, terms = here(data())
    on, at = there(on_gpu(data()))
    torch.testing.assert_close(on.cpu(), total, rtol=1e-5, atol=1e-6)
    for name in terms:
        torch.testing.assert_close(at[name].cpu(), terms[name], rtol=1e-5, atol=1e-6)
    total.backward()
    on.backward()
    for parameter, counterpart in zip(here.trainable_parameters(), there.trainable_parameters(), strict=True):
        torch.testing.assert_close(counterpart.grad.cpu(), parameter.grad, rtol=1e-4, atol=1e-6)


def test_the_host_never_waits_for_the_device():
    objective, batch = objective_of().to("cuda"), on_gpu(data())
    objective(batch)[0].backward()  # libraries are loaded here
    torch.cuda.synchronize()
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        total, _ = objective(batch)
        total.backward()
    finally:
        torch.cuda.set_sync_debug_mode(before)
    assert total.isfinite()


def test_axioms_are_checked_on_the_device_once_and_nothing_waits_for_them_later():
    turn, back = ld.Box("turn", x, x), ld.Box("back", x, x)
    diagram = ld.LearningDiagram(
        ld.Constraint("fit", x_of >> turn, x_of), axioms={"undo": ld.Equation(turn >> back, ld.Id(x))}
    )
    layers = [nn.Linear(4, 4, bias=False) for _ in range(2)]
    nn.init.orthogonal_(layers[0].weight)
    layers[1].weight.data = layers[0].weight.data.T.clone()
    functor = TorchFunctor({x: Euclidean(4)}, {turn: layers[0], back: layers[1]})
    objective, batch = compile(diagram, functor).to("cuda"), on_gpu({"rows": {"x": torch.randn(8, 4)}})
    state = torch.cuda.get_rng_state()
    objective(batch)
    assert objective.axiom_defects["undo"] < 1e-4 and torch.equal(state, torch.cuda.get_rng_state())
    torch.cuda.synchronize()
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        objective(batch)[0].backward()
    finally:
        torch.cuda.set_sync_debug_mode(before)


def test_masked_columns_agree_with_the_cpu_and_nothing_waits_for_them():
    in_law = ld.Constraint("in law", rows.state >> x_of >> encode >> decode, rows.state >> x_of, divergence="mmd")
    here = objective_of(AGREEING.add(in_law))
    there, batch = copy.deepcopy(here).to("cuda"), on_gpu(masked())
    torch.testing.assert_close(there(batch)[0].cpu(), here(masked())[0], rtol=1e-5, atol=1e-6)
    torch.cuda.synchronize()
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        there(batch)[0].backward()
    finally:
        torch.cuda.set_sync_debug_mode(before)


@pytest.mark.parametrize("sample", ["straight-through", "gumbel", "expectation"])
def test_discrete_draws_are_made_on_the_device(sample):
    back = ld.Box("back", digit, x)
    diagram = ld.LearningDiagram(
        ld.Constraint("there and back", x_of >> teacher >> back, x_of), ld.Constraint("label", label_of >> back, x_of)
    )
    ob = {x: Euclidean(6), digit: Finite(3, sample=sample)}
    objective = compile(diagram, TorchFunctor(ob=ob, ar={teacher: nn.Linear(6, 3), back: nn.Linear(3, 6)})).to("cuda")
    objective(on_gpu(data()), strict=False)[0].backward()
    assert all(parameter.grad.isfinite().all() for parameter in objective.parameters())


def test_under_bfloat16_autocast_terms_are_float32_and_near():
    objective, batch = objective_of(AGREEING).to("cuda"), on_gpu(data())
    exact, _ = objective(batch)
    with torch.autocast("cuda", dtype=torch.bfloat16):
        total, terms = objective(batch)
    total.backward()
    assert {value.dtype for value in (total, *terms.values())} == {torch.float32}
    torch.testing.assert_close(total, exact, rtol=0.05, atol=0.05)


def test_a_column_on_another_device_is_a_typed_error():
    with pytest.raises(ld.DataError, match="is on cpu, and the model is on cuda"):
        objective_of().to("cuda")(data())


def test_fit_takes_the_gpu_and_lowers_the_loss():
    objective = objective_of()
    history = fit(objective, data(), epochs=20, batch_size=16, lr=1e-2, device="auto", progress=False)
    assert all(parameter.device.type == "cuda" for parameter in objective.parameters())
    assert history.epochs[-1]["supervised"] < history.epochs[0]["supervised"]


def test_weights_are_saved_from_the_gpu_and_loaded_on_the_cpu(tmp_path):
    there, here = objective_of().to("cuda"), objective_of()
    with torch.no_grad():
        there.boxes.of("encode").weight.add_(1.0)
    there.save(tmp_path / "w")
    here.load(tmp_path / "w")
    assert torch.equal(here.boxes.of("encode").weight, there.boxes.of("encode").weight.cpu())


def test_torch_compile_gives_the_same_value():
    objective, batch = objective_of(AGREEING).to("cuda"), on_gpu(data())
    compiled = torch.compile(objective, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(batch)[0], objective(batch)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("steps", [3, 120])
def test_the_history_on_the_device_is_that_on_the_cpu(steps):
    """Also where the values of many steps are looked at together; the counts are exact."""
    here, there = (
        fit(objective_of(AGREEING), masked(), steps=steps, batch_size=16, device=device, progress=False)
        for device in ("cpu", "cuda")
    )
    assert list(here.counts) == list(there.counts) and len(there.steps) == steps
    for row, other in zip(here.steps, there.steps, strict=True):
        assert row.keys() == other.keys() and row == pytest.approx(other, rel=1e-2, abs=1e-3)


def test_evaluation_and_prediction_on_the_device_agree_with_the_cpu():
    here = objective_of(AGREEING)
    there = copy.deepcopy(here).to("cuda")
    for source in (data(), masked()):
        assert there.evaluate(source, batch_size=10) == pytest.approx(here.evaluate(source), rel=1e-4)
    predicted = there.predict(data(), x_of >> encode)
    assert predicted.device.type == "cuda"
    torch.testing.assert_close(predicted.cpu(), here.predict(data(), x_of >> encode), rtol=1e-4, atol=1e-5)


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path):
    """With kernels whose draws are those of the device, and a fused optimizer."""

    def train(**options):
        objective = objective_of()
        history = fit(objective, data(), epochs=3, batch_size=16, progress=False, **options)
        return [list(history.steps), *objective.state_dict().values()]

    def stop(progress):
        if progress.step == 6:
            raise InterruptedError

    kept = {"run": tmp_path / "run", "resume": True, "checkpoint_every": 1}
    with pytest.raises(InterruptedError):
        train(step_callbacks=[stop], **kept)
    (steps, *rest), (all_steps, *whole) = train(**kept), train()
    assert steps == all_steps and all(map(torch.equal, rest, whole))
