"""The check of axioms leaves no trace, happens once, and runs wherever the loss does."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.distributions import Normal
from torch.nn import functional

import learning_diagrams as ld
from axiom_regime import (
    BATCH,
    Q,
    X,
    Y,
    back,
    checked,
    inverse,
    net,
    noise,
    objective_of,
    orthogonal_matrix,
    times,
    turn,
    x_of,
    y_of,
)
from learning_diagrams.backends.torch import fit
from learning_diagrams.backends.torch.axioms.difference import TOLERANCES, tolerance
from learning_diagrams.backends.torch.functor.shape_check import ROWS

torch.set_num_threads(1)


class Watched(nn.Module):
    """Batch statistics, dropout, and a buffer that counts calls, in eval too."""

    def __init__(self):
        super().__init__()
        self.linear, self.norm, self.drop = nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, value):
        self.calls += 1
        functional.dropout(value, 0.5)  # draws in eval too
        return self.drop(self.norm(self.linear(value)))


COUNTED = ld.Equation(turn >> back >> net, net)


@pytest.mark.filterwarnings("ignore:the modules of 'net'")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("autocast", [False, True])
def test_loss_gradients_buffers_and_generators_are_the_same_bits(training, autocast):
    found = []
    fuzzy = ld.Constraint("fuzzy", x_of >> noise >> net, y_of)
    for axioms in ({}, {"a": COUNTED, "b": inverse}):
        torch.manual_seed(0)
        module = Watched()
        objective = objective_of(axioms, fuzzy, net=module, noise=lambda v: Normal(v, 1.0)).train(training)
        steps = []
        for _ in range(2):
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                total, _ = objective(BATCH, strict=False)
            total.backward()
            steps += [total.detach(), *(p.grad.clone() for p in objective.trainable_parameters())]
        assert [part.training for part in module.modules()] == [training] * 4
        found.append([*steps, *(b.clone() for b in module.buffers()), torch.get_rng_state()])
    for plain, with_axioms in zip(*found, strict=True):
        assert torch.equal(plain, with_axioms)


def test_modules_are_called_once_more_and_only_in_the_first_step():
    module = nn.Linear(4, 4)
    calls = []
    module.register_forward_hook(lambda *_: calls.append(torch.is_grad_enabled()))
    objective = objective_of({"a": COUNTED}, net=module)
    counts = []
    for _ in range(3):
        before = len(calls)
        objective(BATCH, strict=False)
        counts.append(len(calls) - before)
    assert counts[1:] == [1, 1]
    assert calls[0] is False and calls[-1] is True
    assert counts[0] == 4  # for test points, two sides, the loss


def test_frozen_boxes_stay_frozen_and_trained_ones_trained():
    net_module, turn_module = nn.Linear(4, 4), nn.Linear(4, 4, bias=False)
    turn_module.weight.data = Q.T.clone()
    objective = objective_of({"undo": inverse}, net=net_module, turn=turn_module, frozen=[turn])
    objective(BATCH, strict=False)
    assert objective.axiom_defects["undo"] < 1e-6
    assert net_module.training and net_module.weight.requires_grad
    assert not turn_module.training and not turn_module.weight.requires_grad
    assert turn_module.weight.grad is None and net_module.weight.grad is None


def test_trust_evaluates_nothing():
    calls = []
    objective = objective_of(
        {"a": inverse},
        ld.Constraint("f", x_of >> net, y_of),
        axiom_option="trust",
        turn=lambda v: calls.append(v) or v,
        back=lambda v: 3 * v,
    )
    assert calls == []  # not in the check of shapes either
    objective(BATCH, strict=False)
    assert calls == [] and objective.axiom_defects == {"a": None}
    assert objective.unchecked_axioms == {"a": "it is trusted"}


@pytest.mark.parametrize("given", ["no", None, True, ["check"]])
def test_anything_but_check_or_trust_is_an_error(given):
    with pytest.raises(ld.TypeMismatch, match="axioms= of compile is 'check' or 'trust'"):
        objective_of({}, axiom_option=given)


def test_fit_stops_before_the_first_update():
    module = nn.Linear(4, 4)
    before = copy.deepcopy(module.state_dict())
    objective = objective_of({"undo": inverse}, net=module, back=times(Q))
    with pytest.raises(ld.FalseAxiom, match="axiom 'undo'"):
        fit(objective, {"rows": {"x": X, "y": Y}}, steps=3, progress=False)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


def test_all_false_axioms_are_named():
    objective = objective_of(
        {"one": inverse, "two": ld.Equation(turn, back), "fine": ld.Equation(turn, turn)}, back=times(Q + 1)
    )
    with pytest.raises(ld.FalseAxiom, match=r"(?s)axiom 'one'.*axiom 'two'"):
        objective(BATCH, strict=False)


# ---- where it runs ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_each_dtype_has_its_tolerance(dtype):
    allowed = tolerance({dtype})
    assert allowed == tolerance({dtype, torch.float64})
    matrix = orthogonal_matrix().double()
    batch = {"rows": {"x": X.to(dtype), "y": Y.to(dtype)}}

    def modules(shift=0.0):
        return {
            "net": nn.Linear(4, 4, dtype=dtype),
            "turn": times(torch.linalg.qr(matrix)[0].to(dtype)),
            "back": times((torch.linalg.qr(matrix)[0].T + shift * torch.eye(4)).to(dtype)),
        }

    assert checked(inverse, batch=batch, **modules()) <= allowed / 2
    with pytest.raises(ld.FalseAxiom):
        checked(inverse, batch=batch, **modules(10 * allowed))


def test_autocast_widens_the_tolerance_and_gradients_pass():
    linear, undo = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    linear.weight.data, undo.weight.data = Q.T.clone(), Q.clone()
    objective = objective_of({"undo": inverse}, turn=linear, back=undo)
    with torch.autocast("cpu", torch.bfloat16):
        total, _ = objective(BATCH, strict=False)
    total.backward()
    assert TOLERANCES[torch.float32] < objective.axiom_defects["undo"] < TOLERANCES[torch.bfloat16]
    assert linear.weight.grad.abs().sum() > 0


def test_what_is_computed_in_short_numbers_counts_though_a_box_returns_long_ones():
    modules = {"turn": lambda v: (v @ Q).float(), "back": lambda v: (v @ Q.T).float()}
    objective = objective_of({"undo": inverse}, **modules)
    with torch.autocast("cpu", torch.bfloat16):
        objective(BATCH, strict=False)
    assert objective.axiom_defects["undo"] > TOLERANCES[torch.float32]


@pytest.mark.parametrize(("precision", "allowed"), [("highest", 1e-4), ("high", 1e-2), ("medium", 5e-2)])
def test_products_of_lower_precision_widen_the_tolerance(precision, allowed):
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        assert checked(inverse, back=lambda v: v @ Q.T * (1 + allowed)) <= allowed
        with pytest.raises(ld.FalseAxiom):
            checked(inverse, back=lambda v: v @ Q.T * (1 + 4 * allowed))
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.filterwarnings("ignore:the modules of 'net'")
@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_without_gradients(context):
    objective = objective_of({"undo": inverse}, net=Watched().eval())
    with context():
        objective(BATCH, strict=False)
    assert objective.axiom_defects["undo"] < 1e-6
    objective(BATCH, strict=False)[0].backward()


def test_a_loss_is_differentiated_by_torch_func_too():
    objective = objective_of({"undo": inverse})
    parameters = dict(objective.named_parameters())
    loss = lambda p: torch.func.functional_call(objective, p, (BATCH,), {"strict": False})[0]  # noqa: E731
    assert torch.func.grad(loss)(parameters).keys() == parameters.keys()
    assert objective.axiom_defects["undo"] < 1e-6


def test_inside_compiled_code_the_check_waits():
    objective = objective_of({"undo": inverse}, back=times(Q))
    torch.compile(objective, backend="eager", fullgraph=True)({"rows": {"x": X, "y": Y}})
    assert objective.axiom_defects == {"undo": None}
    with pytest.raises(ld.FalseAxiom):
        objective(BATCH, strict=False)


class PlayerStep(nn.Module):
    def __init__(self, matrix):
        super().__init__()
        self.register_buffer("matrix", matrix)

    def forward(self, value):
        return value @ self.matrix


def test_copies_and_pickles_check_for_themselves_and_loading_does_not_ask_again(tmp_path):
    objective = objective_of({"undo": inverse}, turn=PlayerStep(Q), back=PlayerStep(Q.T))
    fresh = pickle.loads(pickle.dumps(objective))
    objective(BATCH, strict=False)
    seen = copy.deepcopy(objective)
    assert fresh.axiom_defects == {"undo": None} and seen.axiom_defects == objective.axiom_defects
    fresh.boxes.of("back").matrix += 1
    with pytest.raises(ld.FalseAxiom):
        fresh(BATCH, strict=False)
    objective.save(tmp_path / "weights")
    seen.boxes.of("back").matrix += 1
    seen.load(tmp_path / "weights")(BATCH, strict=False)
    assert seen.axiom_defects == objective.axiom_defects


def test_a_fault_in_a_module_says_which_axiom_asked():
    def moody(value):
        if value.shape[0] != ROWS:
            raise RuntimeError("not today")
        return value

    with pytest.raises(RuntimeError, match="not today") as caught:
        checked(ld.Equation(turn >> back, turn), back=moody)
    assert "axiom 'axiom' was checked" in caught.value.__notes__[0]
    with pytest.raises(ld.CompileError, match="the module of box 'back' returned"):
        checked(inverse, back=lambda v: v[:, :2])


def test_wrong_data_is_explained_as_for_the_loss():
    with pytest.raises(ld.DataError, match="has dtype float64, and the model computes in float32"):
        objective_of({"a": COUNTED})({"rows": {"x": X.double(), "y": Y.double()}})
