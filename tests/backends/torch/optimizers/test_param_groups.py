"""What an optimizer holds after an update: groups, names and state of parameters that stay, leave, join or move."""

import copy

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit
from update_regime import (
    both,
    classify,
    code,
    decode,
    digit,
    encode,
    image,
    measure,
    measured,
    size,
)

torch.set_num_threads(1)
first, second = ld.Box("first", image, code), ld.Box("second", code, code)
SPACES = {image: Euclidean(6), code: Euclidean(4), digit: Finite(3), size: Euclidean(2)}
torch.manual_seed(0)
BATCH = {"rows": {"x": torch.randn(16, 6), "y": torch.arange(16) % 3}}


def begin(diagram=both):
    torch.manual_seed(1)
    modules = {encode: nn.Sequential(nn.Linear(6, 4), nn.Tanh()), classify: nn.Linear(4, 3), decode: nn.Linear(4, 6)}
    return compile(diagram, TorchFunctor(ob=SPACES, ar=modules))


def in_groups(objective, kind=torch.optim.AdamW):
    """decode in a group of its own."""
    rest = [*objective.boxes.of("encode").parameters(), *objective.boxes.of("classify").parameters()]
    own = {"params": list(objective.boxes.of("decode").parameters()), "lr": 0.001}
    return kind([{"params": rest}, own], lr=0.1, weight_decay=0.1)


def step(objective, optimizer, batch=BATCH):
    optimizer.zero_grad()
    total, _ = objective(batch)
    total.backward()
    optimizer.step()
    return total.item()


def sizes(optimizer):
    return [len(group["params"]) for group in optimizer.param_groups]


def test_another_module_joins_the_group_of_its_box():
    objective = begin()
    optimizer = in_groups(objective)
    schedule = StepLR(optimizer, 1, 0.5)
    step(objective, optimizer)
    schedule.step()
    fresh = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 6))
    objective.update(both, optimizer=optimizer, modules={decode: fresh})
    assert sizes(optimizer) == [4, 4] and optimizer.param_groups[1]["lr"] == 0.0005
    assert {id(p) for p in optimizer.param_groups[1]["params"]} == set(map(id, fresh.parameters()))
    step(objective, optimizer)
    schedule.step()
    assert schedule.get_last_lr() == [0.025, 0.00025]


def test_so_does_that_of_a_frozen_box_for_when_it_is_trained():
    objective = begin()
    optimizer = in_groups(objective)
    step(objective, optimizer)
    fresh = nn.Linear(4, 6)
    before = fresh.weight.detach().clone()
    objective.update(both.freeze(decode), optimizer=optimizer, modules={decode: fresh})
    step(objective, optimizer)
    assert sizes(optimizer) == [4, 2] and torch.equal(fresh.weight, before)
    objective.update(both, optimizer=optimizer)
    step(objective, optimizer)
    assert sizes(optimizer) == [4, 2] and not torch.equal(fresh.weight, before)


@pytest.mark.parametrize(
    "kind", [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adagrad]
)
def test_an_emptied_group_stays_and_does_no_harm(kind):
    objective = begin()
    optimizer = in_groups(objective, kind)
    step(objective, optimizer)
    objective.update(both.without("restored"), optimizer=optimizer, forget=[decode])
    assert sizes(optimizer) == [4, 0]
    step(objective, optimizer)
    stored = copy.deepcopy(optimizer.state_dict())
    optimizer.load_state_dict(stored)
    new = both.without("restored").add(measured)
    objective.update(new, optimizer=optimizer, modules={measure: nn.Linear(4, 2)})
    weight = objective.boxes.of("measure").weight
    before = weight.detach().clone()
    step(objective, optimizer, {"rows": {**BATCH["rows"], "z": torch.ones(16, 2)}})
    assert sizes(optimizer) == [6, 0] and not torch.equal(weight, before)


def test_names_of_parameters_leave_and_join_with_them():
    objective = begin()
    optimizer = torch.optim.AdamW(list(objective.named_parameters()))
    step(objective, optimizer)
    objective.update(both.without("restored"), optimizer=optimizer, forget=[decode])
    (group,) = optimizer.param_groups
    assert len(group["param_names"]) == len(group["params"]) == 4
    assert not any("decode" in name for name in group["param_names"])
    objective.update(both, optimizer=optimizer)
    assert group["param_names"][4:] == ["boxes.decode.weight", "boxes.decode.bias"]
    optimizer.load_state_dict(optimizer.state_dict())


def test_what_was_trained_by_others_does_not_join():
    """Two optimizers by hand: a new box joins the one that is given, and what stays stays where it is."""
    objective = begin()
    optimizer = torch.optim.SGD(objective.boxes.of("decode").parameters(), lr=0.1)
    objective.update(both.reweight({"restored": 2.0}), optimizer=optimizer)
    assert sizes(optimizer) == [2]
    objective.update(both.add(measured), optimizer=optimizer, modules={measure: nn.Linear(4, 2)})
    assert sizes(optimizer) == [4]


def test_a_module_around_the_old_one_keeps_its_state():
    objective = begin()
    optimizer = in_groups(objective)
    step(objective, optimizer)
    old = objective.boxes.of("decode")
    moment = optimizer.state[old.weight]["exp_avg"].clone()
    objective.update(both, optimizer=optimizer, modules={decode: nn.Sequential(old, nn.Linear(6, 6))})
    assert torch.equal(optimizer.state[old.weight]["exp_avg"], moment) and sizes(optimizer) == [4, 4]
    step(objective, optimizer)
    assert optimizer.state[old.weight]["step"] == 2


def test_a_box_divided_into_parts_trains_on_as_before_and_a_part_can_be_frozen():
    whole, divided = begin(), begin()
    optimizer, optimizer_of_parts = in_groups(whole), in_groups(divided)
    assert step(whole, optimizer) == step(divided, optimizer_of_parts)
    old = divided.boxes.of("encode")
    parts = both.substitute({encode: first >> second})
    divided.update(parts, optimizer=optimizer_of_parts, modules={first: old[0], second: old[1]})  # nothing is forgotten
    assert [step(whole, optimizer) for _ in range(5)] == [step(divided, optimizer_of_parts) for _ in range(5)]
    divided.update(parts.freeze(first), optimizer=optimizer_of_parts)
    before = old[0].weight.detach().clone()
    step(divided, optimizer_of_parts)
    assert torch.equal(old[0].weight, before)
    divided.update(both, optimizer=optimizer_of_parts, modules={encode: nn.Sequential(old[0], old[1])})
    assert sizes(optimizer_of_parts) == [4, 2] and optimizer_of_parts.state[old[0].weight]["step"] == 6


def test_a_division_that_fails_leaves_the_box_whole():
    objective = begin(both.freeze(encode))
    old = objective.boxes.of("encode")
    parts = both.substitute({encode: first >> second})
    with pytest.raises(ld.CompileError, match="first"):
        objective.update(parts, modules={first: nn.Sequential(old[0], nn.Linear(4, 3)), second: old[1]})
    assert objective.functor.modules["encode"] is old and "first" not in objective.functor.modules
    assert objective.functor.freezing.frozen == {"encode"} and not old[0].weight.requires_grad
    with pytest.raises(ld.DuplicateName, match="'decode'"):
        objective.update(both, modules={classify: nn.Sequential(objective.boxes.of("decode"), nn.Linear(6, 3))})
    objective(BATCH)


def test_one_state_for_all_parameters_cannot_be_carried_over():
    objective = begin()
    with pytest.raises(ld.TypeMismatch, match="LBFGS"):
        objective.update(both.freeze(decode), optimizer=torch.optim.LBFGS(objective.trainable_parameters()))
    assert objective.diagram == both


def test_what_a_fit_made_goes_on_in_the_next():
    """With groups= and a scheduler; the optimizer is found in a callback."""
    objective, seen = begin(), []
    options = {"steps": 4, "progress": False, "batch_size": 8}
    fit(objective, BATCH, groups={"decode": {"lr": 1e-4}}, callbacks=[lambda p: seen.append(p.optimizer)], **options)
    (optimizer,) = set(seen)
    objective.update(both.freeze(classify), optimizer=optimizer, modules={decode: nn.Linear(4, 6)})
    fit(objective, BATCH, optimizer=optimizer, scheduler=lambda o: StepLR(o, 2), **options)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([1e-5, 1e-6])
    assert sizes(optimizer) == [4, 2]
