"""Objectives of one functor that freeze different boxes: none changes the value, flags or training of another."""

import copy

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, Validation, compile, fit
from learning_diagrams.backends.torch.training.seeds import seed_after

pytestmark = pytest.mark.filterwarnings("ignore:the modules of")  # dropout is meant
torch.set_num_threads(1)
x = ld.Ty("x")
rows = ld.SampleSpace("rows")
noise, real = rows.column("noise", x), rows.column("real", x)
g, d = ld.Box("g", x, x), ld.Box("d", x, x)
FOOL = ld.Constraint("fool", noise >> g >> d, real)
TELL = ld.Constraint("tell", noise >> g >> d, noise, weight=0.5)

rng = torch.Generator().manual_seed(0)
N, R = torch.randn(6, 3, generator=rng), torch.randn(6, 3, generator=rng)
BATCH = {"rows": {"noise": N, "real": R}}
FOOLING, TELLING = BATCH, {"rows": {"noise": N}}


def nets():
    torch.manual_seed(1)
    return [nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 3)) for _ in "gd"]


def functor(modules):
    return TorchFunctor(ob={x: Euclidean(3)}, ar=dict(zip((g, d), modules, strict=True)))


def objective(F, constraint, *frozen):
    return compile(ld.LearningDiagram(constraint, frozen=frozen), F)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.05)


def by_hand(modules, steps):
    """The two losses written out: each step trains one net, with the other in eval and without gradients."""
    optimizers = [adam(net.parameters()) for net in modules]
    losses = []
    for i in range(steps):
        mine, other = i % 2, 1 - i % 2
        modules[mine].train().requires_grad_(True)
        modules[other].eval().requires_grad_(False)
        torch.manual_seed(seed_after(0, i // 2))  # as `fit` does, after the steps of this objective
        out = modules[1](modules[0](N))
        loss = (1.0, 0.5)[mine] * (nn.functional.mse_loss(out, (R, N)[mine], reduction="sum") / 6)
        optimizers[mine].zero_grad()
        loss.backward()
        optimizers[mine].step()
        losses.append(loss.item())
    return losses


def by_loop(objectives, optimizers, i):
    torch.manual_seed(seed_after(0, i // 2))
    total, _ = objectives[i % 2]((FOOLING, TELLING)[i % 2])
    optimizers[i % 2].zero_grad()
    total.backward()
    optimizers[i % 2].step()
    return total.item()


def by_fit(objectives, optimizers, i):
    data = {"rows": iter([(FOOLING, TELLING)[i % 2]["rows"]])}
    history = fit(objectives[i % 2], data, steps=1, optimizer=optimizers[i % 2], device="cpu", progress=False)
    return history.steps[0]["total"]


@pytest.mark.parametrize("step", [by_loop, by_fit])
def test_two_objectives_in_turn_are_the_code_by_hand_bit_for_bit(step):
    ours, theirs = nets(), nets()
    F = functor(ours)
    objectives = objective(F, FOOL, d), objective(F, TELL, g)
    optimizers = [adam(one.trainable_parameters()) for one in objectives]
    losses = [step(objectives, optimizers, i) for i in range(8)]
    assert losses == by_hand(theirs, 8)
    for mine, other in zip(ours, theirs, strict=True):
        assert all(torch.equal(p, q) for p, q in zip(mine.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("edit", ["other boxes", "freeze", "unfreeze"])
def test_compiling_another_objective_changes_neither_value_nor_training(edit):
    def steps(interrupt):
        F = functor(nets())
        first = objective(F, FOOL, *{"other boxes": [d], "freeze": [], "unfreeze": [d]}[edit])
        optimizer = adam(first.trainable_parameters())
        values = []
        for _ in range(3):
            values.append(by_loop([first, None], [optimizer, None], 0))
            if interrupt:
                second = first.diagram.unfreeze(d) if edit == "unfreeze" else first.diagram.freeze(g)
                compile(second.unfreeze(d) if edit == "other boxes" else second, F)
        return values, list(first.state_dict().values())

    (values, state), (plain_values, plain_state) = steps(True), steps(False)
    assert values == plain_values
    assert all(torch.equal(one, other) for one, other in zip(state, plain_state, strict=True))


def test_a_frozen_teacher_with_dropout_stays_a_function_after_another_objective_trained_it():
    F = functor(nets())
    frozen, free = objective(F, FOOL, g, d), objective(F, TELL)
    expected = frozen(FOOLING)[0]
    for use in (lambda: free(TELLING), free.train, free.trainable_parameters, lambda: compile(free.diagram, F)):
        use()
        assert F.modules["d"].training and torch.equal(frozen(FOOLING)[0], expected)
        use()
        assert torch.equal(frozen.train()(FOOLING)[0], expected)


def test_trainable_parameters_are_right_at_any_time():
    modules = nets()
    F = functor(modules)
    made = [objective(F, FOOL, *frozen) for frozen in ([d], [g], [g, d], [])]
    own = [list(net.parameters()) for net in modules]
    expected = [own[0], own[1], [], own[0] + own[1]]
    for i in (0, 1, 2, 3, 2, 1, 0, 3, 0, 2):
        assert set(map(id, made[i].trainable_parameters())) == set(map(id, expected[i]))
        made[(i + 1) % 4](FOOLING)


def flags(module):
    return [part.training for part in module.modules()], [p.requires_grad for p in module.parameters()]


def test_a_partly_frozen_module_gets_its_flags_back_whoever_froze_it():
    modules = nets()
    modules[0][0].requires_grad_(False)
    modules[0][2].eval()
    before = flags(modules[0])
    F = functor(modules)
    free, frozen = objective(F, FOOL), objective(F, TELL, g)
    assert flags(modules[0]) == ([False] * 4, [False] * 4)
    free(FOOLING)
    assert flags(modules[0]) == before
    frozen(TELLING)
    assert flags(modules[0]) == before


def test_a_thawed_box_is_in_eval_where_its_objective_is():
    F = functor(nets())
    free, frozen = objective(F, FOOL).eval(), objective(F, TELL, g)
    frozen(TELLING)
    assert torch.equal(free(FOOLING)[0], free(FOOLING)[0])
    assert not F.modules["g"].training and F.modules["g"][0].weight.requires_grad


def test_a_copy_of_an_objective_has_a_functor_of_its_own():
    F = functor(nets())
    free, frozen = objective(F, FOOL), objective(F, TELL, g)
    other = copy.deepcopy(free)
    assert len(other.trainable_parameters()) == 8
    frozen(TELLING)
    assert all(p.requires_grad for p in other.boxes.parameters()) and F.freezing.frozen == {"g"}


def test_the_flags_are_those_before_the_freeze_where_the_module_came_in_eval():
    """A pretrained net comes in eval; the objective that trains it has been put in train mode."""
    modules = nets()
    modules[0].eval()
    F = functor(modules)
    free, frozen = objective(F, FOOL), objective(F, TELL, g)
    free.train()
    before = flags(modules[0])
    frozen(TELLING)
    free(FOOLING)
    assert before[0] == [True] * 4 and flags(modules[0]) == before


def test_the_gradient_of_a_total_is_the_same_after_another_objective_was_evaluated():
    """As in total_g + total_d, or with both totals made before the first backward."""
    modules = nets()
    F = functor(modules)
    first, second = objective(F, FOOL, d).eval(), objective(F, TELL, g).eval()
    first(FOOLING)[0].backward()
    second(TELLING)[0].backward()
    expected = [p.grad.clone() for net in modules for p in net.parameters()]
    for net in modules:
        net.zero_grad()
    (first(FOOLING)[0] + second(TELLING)[0]).backward()
    found = [p.grad for net in modules for p in net.parameters()]
    assert all(f is not None and torch.equal(f, e) for f, e in zip(found, expected, strict=True))


def test_a_frozen_teacher_stays_a_function_after_it_was_a_metric_of_another_training():
    F = functor(nets())
    free, frozen = objective(F, FOOL), objective(F, TELL, g, d)
    check = Validation(metrics={"tell": lambda _: frozen(TELLING)[0]}, monitor="tell")
    fit(free, FOOLING, epochs=1, validation=check, device="cpu", progress=False)
    assert torch.equal(frozen(TELLING)[0], frozen(TELLING)[0])


def test_a_model_of_frozen_boxes_stays_a_function_after_another_objective_trained_them():
    F = functor(nets())
    frozen, free = objective(F, FOOL, g, d), objective(F, TELL)
    model = frozen.model(g >> d)
    free.train()
    assert torch.equal(model(N), model(N))
