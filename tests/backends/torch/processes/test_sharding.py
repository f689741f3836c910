"""Boxes that `fully_shard` has sharded are trained as in one process, and stay sharded."""

from functools import partial
from math import isfinite
from unittest import mock

import pytest
import torch
from torch import distributed
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

import joined_runs
import learning_diagrams as ld
from joined_runs import DATA, MORE, X, Y, Z, f, g, h, label, linear, made, net, other, point, target, trained
from learning_diagrams.backends.torch import Validation
from learning_diagrams.backends.torch.functor.module_support import whole
from learning_diagrams.backends.torch.step import round as round_of_players
from process_pool import Pool

torch.set_num_threads(1)
CHECK = Validation({"rows": {"x": X[:7], "y": Y[:7], "z": Z[:7]}, "more": {"x": MORE}})
OPTIONS = {
    "plain": {"clip_norm": 1.0},
    "accumulated": {"accumulate": 2, "batch_size": 5},
    "validated": {"validation": CHECK, "precision": "bf16"},
}


def run(when, name, path=None):
    """Steps, weights, and the outputs of a model; the boxes are sharded before or after compile, or as boxes only."""
    across = None if name == "accumulated" else "info_nce"
    constraints = [
        ld.Constraint("fit", point >> f, label),
        ld.Constraint("small", other >> f, other >> g, weight=0.1),
        ld.Constraint("contrast", point >> h, target, divergence=across),
    ]
    several = distributed.is_initialized()
    ar = {f: net(), g: net(), h: linear(4, 4)}
    if several and when == "before":
        for module in ar.values():
            fully_shard(module)
    objective = made(constraints, ar, ema={g: (f, 0.9)})
    if several and when != "before":
        for name_of_box in objective.boxes.names:
            fully_shard(objective.boxes.of(name_of_box))
        if when == "after":
            fully_shard(objective)
    history, _ = trained(objective, **OPTIONS[name])
    assert all(isinstance(parameter, DTensor) is several for parameter in objective.parameters())
    objective.eval()
    outputs = objective.model(f)(X).detach()
    if path is not None:
        objective.save(path)
        for parameter in objective.trainable_parameters():
            with torch.no_grad():
                parameter.zero_()
        objective.load(path)
        torch.testing.assert_close(objective.model(f)(X).detach(), outputs, rtol=0, atol=0)
    return [*history.steps], outputs


@pytest.fixture(scope="module")
def pool():
    with Pool(2) as processes:
        yield processes


@pytest.mark.parametrize(
    ("when", "name"), [("after", "plain"), ("before", "plain"), ("boxes", "accumulated"), ("after", "validated")]
)
def test_sharded_boxes_are_trained_as_in_one_process(pool, when, name, tmp_path):
    path = tmp_path / "weights.safetensors"
    steps, outputs = run(when, name)
    for own, answer in pool.run(run, when, name, path):
        for row, expected in zip(own, steps, strict=True):
            assert row == pytest.approx(expected, rel=1e-9 if name != "validated" else 1e-2)
        if name != "validated":
            torch.testing.assert_close(answer, outputs, rtol=1e-9, atol=1e-9)
    assert path.exists()


def sharded_game():
    """The steps of a game whose players call sharded boxes."""

    def made_sharded(constraints, ar, **options):
        objective = made(constraints, ar, **options)
        for name in objective.boxes.names if distributed.is_initialized() else ():
            fully_shard(objective.boxes.of(name))
        return objective

    with mock.patch.object(joined_runs, "made", made_sharded):
        return [*joined_runs.game()[0].steps]


def test_players_train_sharded_boxes(pool):
    expected = sharded_game()
    for steps in pool.run(sharded_game):
        for row, other_row in zip(steps, expected, strict=True):
            assert row == pytest.approx(other_row, rel=1e-9)


def scaled(fused=False):
    """Steps in float16, which need CUDA but for this test, with a scale that is too large at first; and the weights."""
    ar, optimizer = {f: net().float()}, partial(torch.optim.Adam, fused=fused)
    for module in ar.values() if distributed.is_initialized() else ():
        fully_shard(module)
    objective = made([ld.Constraint("fit", point >> f, label)], ar)
    scaler = partial(torch.amp.GradScaler, init_scale=2.0**20)
    with mock.patch.object(round_of_players, "require_combination"), mock.patch("torch.amp.GradScaler", scaler):
        data = {"rows": {"x": X.float(), "y": Y}}
        history, state = trained(objective, data, precision="fp16", clip_norm=1.0, optimizer=optimizer)
    return [*history.steps], {key: whole(value) for key, value in state.items()}


@pytest.mark.parametrize("fused", [False, True])
def test_float16_skips_the_same_steps_as_in_one_process(pool, fused):
    expected, state = scaled(fused)
    skipped = [not isfinite(row.pop("gradient_norm")) for row in expected]
    assert any(skipped) and not all(skipped)
    for steps, weights in pool.run(scaled, fused):
        assert [not isfinite(row.pop("gradient_norm")) for row in steps] == skipped
        for row, other_row in zip(steps, expected, strict=True):
            assert row == pytest.approx(other_row, rel=1e-2)
        torch.testing.assert_close(weights, state, rtol=1e-2, atol=1e-2)


def overflowing():
    """Whether a step is made whose gradient is infinite in the part of one process, and the scale after it."""
    module = linear(4, 4).float()
    fully_shard(module)
    optimizer, scaler = torch.optim.SGD(module.parameters(), 0.1), torch.amp.GradScaler("cpu")
    scaler.scale(torch.ones(()))
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
        if distributed.get_rank() == 1:
            parameter.grad.to_local()[-1] = torch.inf
    before = module.weight.full_tensor()
    scaler.step(optimizer)
    scaler.update()
    return torch.equal(module.weight.full_tensor(), before), scaler.get_scale()


def test_a_gradient_that_overflows_in_one_process_skips_the_step_in_all(pool):
    assert pool.run(overflowing) == [(True, 2.0**15)] * 2


def refused(**options):
    objective = made([ld.Constraint("fit", point >> f, label)], {f: net()})
    half = options.pop("half", False)
    fully_shard(objective.boxes.of("f")[0] if half else objective.boxes.of("f"))
    try:
        trained(objective, DATA, **options)
    except ld.LearningDiagramError as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"aggregator": torch.sum}, "TypeMismatch: aggregator= takes a Jacobian of whole gradients"),
        ({"precision": "fp16"}, "DataError: precision='fp16' needs a CUDA device"),
        ({"half": True}, "CompileError: box 'f' is sharded by fully_shard"),
    ],
    ids=["aggregator", "fp16", "half"],
)
def test_what_sharded_boxes_do_not_have_is_refused(pool, options, message):
    for answer in pool.run(refused_of, options):
        assert answer.startswith(message)


def refused_of(options):
    return refused(**options)
