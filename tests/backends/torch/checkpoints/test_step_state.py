"""The state of an optimizer is put back exactly."""

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

import learning_diagrams as ld
from learning_diagrams.backends.torch.checkpoints.optimizer_check import require_optimizer_state
from learning_diagrams.backends.torch.checkpoints.packing import pack, unpack
from learning_diagrams.backends.torch.checkpoints.scheduler_check import require_scaler_state, require_scheduler_state
from learning_diagrams.backends.torch.checkpoints.step_state import load_exactly


def test_a_state_keeps_the_dtype_that_it_has_where_parameters_have_another():
    """PyTorch converts the state of a parameter in bfloat16 to bfloat16."""
    first, second = (nn.Parameter(torch.ones(3, dtype=torch.bfloat16)) for _ in range(2))
    optimizer, other = (torch.optim.SGD([weight], lr=0.1, momentum=0.9) for weight in (first, second))
    optimizer.state[first]["momentum_buffer"] = torch.full((3,), 1 / 3)
    load_exactly(other, unpack(*pack(optimizer.state_dict())))
    assert torch.equal(other.state[second]["momentum_buffer"], torch.full((3,), 1 / 3))


def state_of(optimizer, **changes):
    """The state of an optimizer after a step, in which something of the first parameter is something else."""
    state = unpack(*pack(optimizer.state_dict()))
    state["state"][0] |= changes
    return state


def stepped(kind, **options):
    """An optimizer of two parameters that has made a few steps."""
    weights = [nn.Parameter(torch.ones(2, 3)), nn.Parameter(torch.ones(4, 2))]
    optimizer = kind(weights, lr=0.1, **options)

    def closure():
        for weight in weights:
            weight.grad = weight.detach().clone()
        return sum(weight.square().sum() for weight in weights).detach()

    for _ in range(3):
        closure()
        optimizer.step(closure)
    return optimizer


KINDS = [
    kind for kind in vars(torch.optim).values() if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)
]
KINDS = [kind for kind in KINDS if kind not in (torch.optim.Optimizer, torch.optim.SparseAdam)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_of_each_optimizer_is_that_of_its_class(kind):
    optimizer = stepped(kind)
    require_optimizer_state(optimizer, unpack(*pack(optimizer.state_dict())))
    for name, value in [*optimizer.state_dict()["state"].get(0, {}).items()]:
        for wrong in (torch.full((7,), 1.0), torch.nan, "x"):
            if name != "al" or isinstance(wrong, str):
                with pytest.raises((ld.FileError, TypeError, ValueError)):
                    require_optimizer_state(optimizer, state_of(optimizer, **{name: wrong}))
        if isinstance(value, torch.Tensor):
            with pytest.raises(ld.FileError):
                require_optimizer_state(optimizer, state_of(optimizer, **{name: torch.full_like(value, torch.nan)}))


@pytest.mark.parametrize("step", [0.0, -1.0, 0.5, 1e30, torch.nan, torch.inf])
@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.NAdam, torch.optim.ASGD])
def test_a_count_of_steps_that_none_has_made_is_refused(kind, step):
    optimizer = stepped(kind)
    with pytest.raises(ld.FileError, match=r"as 'step' of .*, which is a whole number ≥ 1"):
        require_optimizer_state(optimizer, state_of(optimizer, step=torch.tensor(step)))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"lr": torch.nan}, "it holds nan as 'lr' of Adam"),
        ({"betas": (1.0, 0.999)}, "Adam does not take the options"),
        ({"eps": -1.0}, "Adam does not take the options"),
        ({"amsgrad": True}, r"it lacks \['max_exp_avg_sq'\] of Adam"),
        ({"params": [1, 0]}, "of other parameters"),
        ({"weight_decay": "much"}, "it holds 'much' as 'weight_decay', where the run has 0"),
    ],
)
def test_options_that_the_class_refuses_are_refused(options, reason):
    optimizer = stepped(torch.optim.Adam)
    state = state_of(optimizer)
    state["param_groups"][0] |= options
    with pytest.raises(ld.FileError, match=reason):
        require_optimizer_state(optimizer, state)


RATES = {
    lr_scheduler.StepLR: {"step_size": 2},
    lr_scheduler.MultiStepLR: {"milestones": [3, 5]},
    lr_scheduler.CosineAnnealingLR: {"T_max": 5},
    lr_scheduler.CosineAnnealingWarmRestarts: {"T_0": 2},
    lr_scheduler.OneCycleLR: {"max_lr": 0.1, "total_steps": 4},
    lr_scheduler.CyclicLR: {"base_lr": 0.1, "max_lr": 0.5},
    lr_scheduler.LambdaLR: {"lr_lambda": lambda i: 0.9**i},
    lr_scheduler.ReduceLROnPlateau: {},
}


@pytest.mark.parametrize("kind", RATES)
def test_the_state_of_each_scheduler_is_that_of_its_class(kind):
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.5)
    scheduler = kind(optimizer, **RATES[kind])
    for _ in range(4 - (kind is lr_scheduler.OneCycleLR)):  # which ends there
        groups, state = optimizer.state_dict()["param_groups"], unpack(*pack(scheduler.state_dict()))
        require_scheduler_state(scheduler, state, optimizer, groups)
        optimizer.step()
        scheduler.step(1.0) if kind is lr_scheduler.ReduceLROnPlateau else scheduler.step()
    before = repr((scheduler.state_dict(), optimizer.param_groups))
    require_scheduler_state(scheduler, scheduler.state_dict(), optimizer, optimizer.state_dict()["param_groups"])
    assert repr((scheduler.state_dict(), optimizer.param_groups)) == before
    for wrong in (
        {"last_epoch": -2},
        {"last_epoch": "x"},
        {"_last_lr": [torch.nan]},
        {"step": 1},
        {"load_state_dict": []},
    ):
        with pytest.raises(ld.FileError):
            require_scheduler_state(scheduler, state | wrong, optimizer, groups)


def test_several_schedulers_are_tried_without_a_step_of_the_run():
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
    parts = [lr_scheduler.ConstantLR(optimizer), lr_scheduler.StepLR(optimizer, 2)]
    scheduler = lr_scheduler.SequentialLR(optimizer, parts, milestones=[2])
    state, groups = unpack(*pack(scheduler.state_dict())), optimizer.state_dict()["param_groups"]
    before = repr((scheduler.state_dict(), optimizer.param_groups))
    require_scheduler_state(scheduler, state, optimizer, groups)
    assert repr((scheduler.state_dict(), optimizer.param_groups)) == before
    state["_schedulers"][0]["last_epoch"] = "x"
    with pytest.raises(ld.FileError):
        require_scheduler_state(scheduler, state, optimizer, groups)


def test_the_state_of_a_scaler_has_numbers_that_scale():
    state = {"scale": 2.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 9, "_growth_tracker": 0}
    require_scaler_state(dict(state), state)
    for key in state:
        for wrong in (-1.0, torch.nan, "x"):
            with pytest.raises(ld.FileError):
                require_scaler_state(state | {key: wrong}, state)
