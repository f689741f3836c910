"""Training: `fit` is the loop one would write by hand, bitwise (CPU, float32), and what a run needs around it."""

import copy
import random
from functools import partial

import numpy
import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, Validation, batches, compile, fit

pytestmark = pytest.mark.filterwarnings("ignore:the modules of")  # dropout and batch statistics are meant

x, y = ld.Ty("x"), ld.Ty("y")
left, right = ld.SampleSpace("left"), ld.SampleSpace("right")
f, t = ld.Kernel("f", x, y), ld.Kernel("t", x, y)
lx, ly, rx = left.column("x", x), left.column("y", y), right.column("x", x)
supervised = ld.Constraint("supervised", lx >> f, ly)
distilled = ld.Constraint("distilled", rx >> f, rx >> t, weight=0.5)
DISTILLATION = ld.LearningDiagram(supervised, distilled, frozen=[t])

rng = torch.Generator().manual_seed(0)
X, Z = torch.randn(50, 4, generator=rng), torch.randn(23, 4, generator=rng)
Y = X[:, :3].argmax(1)
ONE = {"left": {"x": X, "y": Y}}
TWO = {**ONE, "right": {"x": Z}}


def net(*middle):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(4, 8), *middle, nn.ReLU(), nn.Linear(8, 3))


def objective_of(diagram, student=None, teacher=None):
    modules = {f: student or net(), t: teacher or net()}
    return compile(diagram, TorchFunctor(ob={x: Euclidean(4), y: Finite(3)}, ar=modules))


def learner(student=None):
    return objective_of(ld.LearningDiagram(supervised), student)


def train(objective, data=ONE, **options):
    return fit(objective, data, **{"epochs": 2, "batch_size": 16, "progress": False, **options})


def bits(module):
    return {key: value.clone() for key, value in module.state_dict().items() if key != "constants.steps"}


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


# ---- the loop --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("diagram, data", [(ld.LearningDiagram(supervised), ONE), (DISTILLATION, TWO)], ids=["1", "2"])
@pytest.mark.parametrize("options", [{}, {"drop_last": True}, {"batch_size": {"left": 9}}], ids=str)
def test_fit_is_the_loop_by_hand_bitwise(diagram, data, options):
    trained, by_hand = objective_of(diagram), objective_of(diagram)
    options = {"batch_size": 16, "seed": 3, **options}
    history = train(trained, data, **options)
    optimizer = torch.optim.AdamW(by_hand.trainable_parameters(), lr=1e-3)
    losses = []
    for batch in batches(data, epochs=2, **options):
        optimizer.zero_grad()
        total, _ = by_hand(batch)
        losses.append(total.item())
        total.backward()
        optimizer.step()
    assert [row["total"] for row in history.steps] == losses
    assert equal(bits(trained), bits(by_hand))
    assert not equal(bits(trained), bits(objective_of(diagram)))


def pairs():
    constraint = ld.Constraint("pairs", lx @ ld.Discard(right.ty) >> f, ld.Discard(left.ty) @ rx >> t)
    return objective_of(ld.LearningDiagram(constraint, frozen=[t]))


def test_only_the_last_batch_of_paired_sample_spaces_of_unequal_size_is_cut():
    objective = pairs()
    data = {"left": {"x": X}, "right": {"x": Z}}
    epoch = list(batches(data, epochs=1, batch_size=16, seed=0, objective=objective))
    assert [(len(batch["left"]["x"]), len(batch["right"]["x"])) for batch in epoch] == [(16, 16)] * 3 + [(2, 2)]
    by_hand = copy.deepcopy(objective)
    train(objective, data, epochs=1)
    optimizer = torch.optim.AdamW(by_hand.trainable_parameters(), lr=1e-3)
    for batch in epoch:
        optimizer.zero_grad()
        by_hand(batch)[0].backward()
        optimizer.step()
    assert equal(bits(objective), bits(by_hand))


@pytest.mark.parametrize(("size", "least"), [({"left": 16, "right": 8}, 8), ({"left": 4}, 4), (32, 23)], ids=str)
def test_paired_sample_spaces_whose_batches_would_differ_in_length_are_refused(size, least):
    objective, data = pairs(), {"left": {"x": X}, "right": {"x": Z}}
    for make in (train, lambda objective, data, **options: next(batches(data, objective=objective, **options))):
        with pytest.raises(ld.DataError, match=rf"batches would differ in length: .*; set batch_size={least}$"):
            make(objective, data, epochs=1, batch_size=size)
    assert len(train(objective, data, epochs=1, batch_size=least).steps) == -(-50 // least)


def test_a_paired_sample_space_that_no_term_reads_needs_no_data():
    ignoring = ld.Constraint("c", lx @ ld.Discard(right.ty) >> f, ly @ ld.Discard(right.ty))
    objective = objective_of(ld.LearningDiagram(ignoring))
    objective(ONE)
    assert len(train(objective, epochs=1).steps) == 4


def test_a_last_batch_too_short_for_independent_draws_is_refused_before_any_update_or_left_out():
    """Two draws from one batch need two rows, and 33 rows leave a batch of one at the end of the epoch."""
    far, near = ld.Box("far", x @ x, x), ld.Box("near", x @ x, x)
    two_draws = ld.LearningDiagram(ld.Constraint("c", lx @ lx >> far, lx @ lx >> near))
    modules = {far: nn.Bilinear(4, 4, 4), near: torch.add}
    objective = compile(two_draws, TorchFunctor(ob={x: Euclidean(4)}, ar=modules))
    before, data = bits(objective), {"left": {"x": X[:33]}}
    with pytest.raises(ld.DataError, match="last batch would have 1 row; set drop_last=True"):
        train(objective, data)
    assert equal(before, bits(objective)) and len(train(objective, data, drop_last=True).steps) == 4


def test_columns_that_the_learning_diagram_does_not_have_are_refused_or_ignored():
    plain, more, compiled = learner(), learner(), learner()
    data = {"left": {**ONE["left"], "id": torch.arange(50)}}
    with pytest.raises(ld.DataError, match=r"a column 'id' .* pass strict=False to ignore it"):
        train(more, data)
    assert equal(bits(more), bits(plain))
    for objective in (more, torch.compile(compiled, backend="aot_eager")):
        train(objective, data, strict=False, validation=data)
    train(plain)
    assert equal(bits(more), bits(plain)) and len(bits(compiled)) == len(bits(plain))


def test_fit_trains_a_compiled_objective_to_the_same_weights():
    plain, compiled = learner(), learner()
    train(plain, epochs=1)
    history = train(torch.compile(compiled, backend="aot_eager", fullgraph=True), epochs=1)
    assert len(history.steps) == 4
    for a, b in zip(plain.parameters(), compiled.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


# ---- seeds and modes -------------------------------------------------------------------------------------------------


def test_one_seed_is_one_run_bitwise_and_another_seed_is_another():
    a, again, other = (learner(net(nn.Dropout(0.5))) for _ in range(3))
    histories = [train(objective, seed=seed).steps for objective, seed in ((a, 1), (again, 1), (other, 2))]
    assert histories[0] == histories[1] != histories[2]
    assert equal(bits(a), bits(again)) and not equal(bits(a), bits(other))


def test_a_seeded_run_takes_nothing_from_the_generators_outside():
    weights = []
    for outside in (5, 6):
        torch.manual_seed(outside)
        before = torch.get_rng_state(), random.getstate(), numpy.random.get_state()[1].tolist()
        objective = learner(net(nn.Dropout(0.5)))
        train(objective, validation=ONE)
        weights.append(bits(objective))
        assert torch.equal(before[0], torch.get_rng_state())
        assert before[1:] == (random.getstate(), numpy.random.get_state()[1].tolist())
    assert equal(*weights)


def test_without_a_seed_the_global_generator_decides():
    runs = []
    for outside in (5, 5, 6):
        torch.manual_seed(outside)
        runs.append(train(learner(net(nn.Dropout(0.5))), seed=None).steps)
    assert runs[0] == runs[1] != runs[2]


def test_the_generator_is_put_back_when_training_fails():
    before = torch.get_rng_state()
    with pytest.raises(ld.NonFiniteTerm):
        train(learner(), {"left": {"x": X / 0, "y": Y}})
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_put_back(training):
    objective = learner(net(nn.Dropout(0.5))).train(training)
    modes = []
    train(objective, callbacks=[lambda progress: modes.append(progress.objective.training)])
    assert modes == [True, True]
    assert {module.training for module in objective.modules()} == {training}


def test_the_mode_of_each_part_is_put_back():
    """A user may hold batch statistics fixed in a box that is trained; `compile` keeps that flag, and so must `fit`."""
    student = net(nn.BatchNorm1d(8))
    student[1].eval()
    train(learner(student))
    assert [part.training for part in student] == [True, False, True, True]


def test_frozen_boxes_are_unchanged_bit_for_bit_and_in_eval():
    teacher = net(nn.BatchNorm1d(8), nn.Dropout(0.5))
    objective = objective_of(DISTILLATION, teacher=teacher)
    before, modes = bits(teacher), []
    train(objective, TWO, optimizer=torch.optim.SGD, lr=0.1, callbacks=[lambda _: modes.append(teacher.training)])
    assert equal(before, bits(teacher)) and modes == [False, False]
    assert all(p.grad is None and not p.requires_grad for p in teacher.parameters())


# ---- optimizers ------------------------------------------------------------------------------------------------------


def test_an_optimizer_is_a_class_a_callable_or_an_instance():
    learners = [learner() for _ in range(3)]
    train(learners[0], optimizer=torch.optim.SGD, lr=0.1)
    train(learners[1], optimizer=lambda groups, lr: torch.optim.SGD(groups, lr=lr), lr=0.1)
    train(learners[2], optimizer=torch.optim.SGD(learners[2].trainable_parameters(), lr=0.1))
    assert equal(bits(learners[0]), bits(learners[1])) and equal(bits(learners[0]), bits(learners[2]))


def test_an_optimizer_instance_keeps_its_state_between_runs():
    split, whole = learner(), learner()
    optimizer = torch.optim.Adam(split.trainable_parameters())
    for batch in batches(ONE, epochs=1, batch_size=16, seed=0):
        train(split, {"left": iter([batch["left"]])}, epochs=None, steps=1, optimizer=optimizer)
    train(whole, epochs=1, optimizer=torch.optim.Adam)
    assert equal(bits(split), bits(whole))


def test_groups_give_options_to_single_boxes():
    by_name, by_box = (objective_of(ld.LearningDiagram(supervised, distilled)) for _ in range(2))
    before, seen, own_options = bits(by_name), [], {"lr": 0.0, "weight_decay": 0.5}
    options = {"lr": 0.1, "optimizer": torch.optim.SGD}
    watch = [lambda progress: seen.append(progress.optimizer)]
    train(by_name, TWO, groups={"t": own_options}, callbacks=watch, **options)
    assert [(group["lr"], group["weight_decay"]) for group in seen[0].param_groups] == [(0.1, 0), (0.0, 0.5)]
    after = bits(by_name)
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed == {key for key in before if key.startswith("boxes.f.")}
    train(by_box, TWO, groups={t: own_options}, **options)
    assert equal(bits(by_box), after)


def test_a_scheduler_is_stepped_after_every_update():
    rates = []
    objective = learner()
    watch = [lambda progress: rates.append(progress.optimizer.param_groups[0]["lr"])]
    halve = partial(torch.optim.lr_scheduler.LambdaLR, lr_lambda=lambda step: 0.5**step)
    train(objective, epochs=3, optimizer=torch.optim.SGD, lr=1.0, scheduler=halve, callbacks=watch)
    assert rates == [0.5**4, 0.5**8, 0.5**12]


def test_a_scheduler_may_be_made_already():
    objective = learner()
    optimizer = torch.optim.SGD(objective.trainable_parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    train(objective, optimizer=optimizer, scheduler=scheduler, steps=3, epochs=None)
    assert optimizer.param_groups[0]["lr"] == 0.125


def test_clip_norm_bounds_the_whole_gradient():
    objective, plain = learner(), learner()
    moved = []
    for trained, clip in ((objective, 1e-3), (plain, None)):
        before = torch.cat([p.detach().flatten().clone() for p in trained.parameters()])
        train(trained, epochs=None, steps=1, optimizer=torch.optim.SGD, lr=1.0, clip_norm=clip)
        after = torch.cat([p.detach().flatten() for p in trained.parameters()])
        moved.append((after - before).norm().item())
    assert moved[0] == pytest.approx(1e-3, rel=1e-3) and moved[1] > 0.1


# ---- what ends training ----------------------------------------------------------------------------------------------


def test_a_term_that_is_not_finite_stops_with_its_name_before_any_update():
    objective = objective_of(DISTILLATION)
    poisoned = Z.clone()
    weights, histories = [], []
    data = {"left": ONE["left"], "right": {"x": poisoned}}

    def poison(progress):
        weights.append(bits(objective))
        histories.append(progress.history)
        poisoned[:] = float("nan")

    says = "^term 'distilled' became nan at step 5; column 'x' of sample space 'right' holds NaN or ∞ in row 0 .*lower"
    with pytest.raises(ld.NonFiniteTerm, match=says) as caught:
        train(objective, data, callbacks=[poison])
    assert caught.value.history is histories[0]
    assert equal(weights[0], bits(objective))
    assert histories[0].stopped == "term 'distilled' became nan at step 5" and len(histories[0].steps) == 5


def test_an_infinite_term_stops_too():
    g = ld.Box("g", x, x)
    functor = TorchFunctor(ob={x: Euclidean(4)}, ar={g: nn.Linear(4, 4)})
    with pytest.raises(ld.NonFiniteTerm, match=r"^term 'c' became inf at step 1"):
        train(compile(ld.LearningDiagram(ld.Constraint("c", lx >> g, lx)), functor), {"left": {"x": X * 1e30}})


def test_a_total_that_is_not_finite_stops_too():
    heavy = ld.LearningDiagram(supervised).reweight({"supervised": 3e38})
    with pytest.raises(ld.NonFiniteTerm, match=r"^the total became inf at step 1"):
        train(objective_of(heavy), {"left": {"x": X * 100, "y": Y}})


def test_callbacks_see_progress_after_each_epoch_and_can_stop():
    seen = []

    def watch(progress):
        row = progress.history.epochs[-1]
        seen.append((progress.epoch, progress.step, row["epoch"], isinstance(progress.optimizer, torch.optim.SGD)))
        return progress.epoch == 3

    objective = learner()
    history = train(objective, epochs=9, optimizer=torch.optim.SGD, callbacks=[watch, lambda _: seen.append("also")])
    assert seen == [(1, 4, 1, True), "also", (2, 8, 2, True), "also", (3, 12, 3, True), "also"]
    assert history.stopped == "a callback asked for it" and len(history.steps) == 12


def test_an_interrupt_keeps_the_best_state_and_the_mode():
    """The best epoch is the first: the learning rate then makes things worse."""
    objective = learner().eval()
    best = []

    def interrupt(progress):
        best.append(bits(objective))
        if progress.epoch == 3:
            raise KeyboardInterrupt

    worse = iter(range(9))
    check = Validation(metrics={"worse": lambda _: next(worse)}, monitor="worse")
    with pytest.raises(KeyboardInterrupt):
        train(objective, epochs=9, validation=check, callbacks=[interrupt])
    assert equal(bits(objective), best[0]) and not equal(best[0], best[2])
    assert not objective.training
