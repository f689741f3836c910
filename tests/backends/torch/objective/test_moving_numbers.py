"""Weights and options that are learned or follow a schedule: values, gradients, steps, state, games and updates."""

import copy
import pickle
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, divergence, fit, run_plan
from learning_diagrams.schedule import cosine, linear, piecewise

torch.set_num_threads(1)
I, x, y, number = ld.Ty(), ld.Ty("x"), ld.Ty("y"), ld.Ty("number")
rows = ld.SampleSpace("rows")
a, b, label = rows.column("a", x), rows.column("b", x), rows.column("label", y)
f, student, teacher = ld.Box("f", x, x), ld.Kernel("student", x, y), ld.Kernel("teacher", x, y)
s, exp = ld.Box("s", I, number), ld.Box("exp", number, number)
torch.manual_seed(0)
DATA = {"a": torch.randn(8, 2).double(), "b": torch.randn(8, 2).double(), "label": torch.arange(8) % 3}
BATCH = {"rows": DATA}


class Number(nn.Module):
    """A number that is learned."""

    def __init__(self, start, shape=(1, 1)):
        super().__init__()
        self.value = nn.Parameter(torch.full(shape, start, dtype=torch.float64))

    def forward(self):
        return self.value


def objective(*constraints, start=0.7, **options):
    torch.manual_seed(1)
    modules = {"f": nn.Linear(2, 2).double(), "student": nn.Linear(2, 3).double(), "teacher": nn.Linear(2, 3).double()}
    modules |= {"s": Number(start), "exp": torch.exp}
    diagram = ld.LearningDiagram(*constraints, **options)
    spaces = {x: Euclidean(2), y: Finite(3), number: Euclidean(1)}
    return compile(diagram, TorchFunctor(ob=spaces, ar={box.name: modules[box.name] for box in diagram.boxes}))


def fitted(name="c", **options):
    return ld.Constraint(name, a >> f, b, **options)


def batch_of(names):
    return {"rows": {name: DATA[name] for name in names}}


AB = batch_of("ab")


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


# ---- weights ---------------------------------------------------------------------------------------------------------


def test_a_weight_of_a_box_is_a_factor_with_a_gradient():
    loss = objective(fitted(weight=s >> exp), fitted("d"))
    total, terms = loss(AB)
    value = loss.boxes.of("s").value
    close(total, value.exp().squeeze() * terms["c"] + terms["d"])
    (slope,) = torch.autograd.grad(total, value)
    close(slope.squeeze(), value.exp().squeeze() * terms["c"])
    assert "    total = exp_out.reshape(()) * c\n" in loss.code and loss.code.count("boxes['f']") == 1
    assert value in set(loss.trainable_parameters())


def test_a_frozen_or_detached_weight_is_a_factor_without_a_gradient():
    for loss in (objective(fitted(weight=s), frozen=[s]), objective(fitted(weight=s, detach=s))):
        total, terms = loss(AB)
        close(total, 0.7 * terms["c"])
        total.backward()
        assert loss.boxes.of("s").value.grad is None and loss.boxes.of("f").weight.grad is not None


@pytest.mark.parametrize("shape", [(1,), (1, 1), (1, 1, 1)])
def test_the_space_of_a_number_may_have_any_shape_of_one_number(shape):
    spaces = {x: Euclidean(2), number: Euclidean(*shape[1:])}
    loss = compile(
        ld.LearningDiagram(fitted(weight=s)),
        TorchFunctor(ob=spaces, ar={f: nn.Linear(2, 2).double(), s: Number(0.5, shape)}),
    )
    total, terms = loss(AB)
    close(total, 0.5 * terms["c"])


def test_a_space_of_several_numbers_or_of_labels_is_refused():
    for space in (Euclidean(2), Finite(3)):
        functor = TorchFunctor(ob={x: Euclidean(2), number: space}, ar={f: nn.Linear(2, 2), s: Number(0.5, (1, 2))})
        with pytest.raises(ld.CompileError, match="stands for a number, and ends in number"):
            compile(ld.LearningDiagram(fitted(weight=s)), functor)
        averaged = ld.LearningDiagram(ld.Constraint("c", a >> f, a >> ld.Box("g", x, x)), ema={"g": (f, s)})
        functor = TorchFunctor(
            ob={x: Euclidean(2), number: space}, ar={f: nn.Linear(2, 2), "g": nn.Linear(2, 2), s: Number(0.5, (1, 2))}
        )
        with pytest.raises(ld.CompileError, match="stands for a number"):
            compile(averaged, functor)


def test_a_negative_weight_raises_the_term_and_one_that_is_not_finite_makes_no_step():
    loss = objective(fitted(weight=s), start=-1.0, frozen=[s])
    total, terms = loss(AB)
    close(total, -terms["c"])
    endless = objective(fitted(weight=s), start=float("inf"), frozen=[s])
    before = copy.deepcopy(endless.state_dict())
    with pytest.raises(ld.LearningDiagramError):
        fit(endless, AB, steps=1, batch_size=8)
    assert all(torch.equal(value, before[key]) for key, value in endless.state_dict().items())


def test_a_schedule_moves_after_each_step_and_costs_no_box():
    schedule = piecewise([(1, 0.0), (3, 4.0)])
    loss = objective(fitted(weight=schedule), fitted("d", weight=cosine(1, 0, 2)))
    for step in range(5):
        assert loss.steps_made == step
        total, terms = loss(AB)
        close(total, schedule(step) * terms["c"] + [1, 0.5, 0, 0, 0][step] * terms["d"])
        loss.after_step()
    assert "constants['weight_c'] * c  # piecewise([[1, 0.0], [3, 4.0]])" in loss.code


def test_fit_counts_steps():
    loss = objective(fitted(weight=linear(0, 1, 4)))
    fit(loss, AB, steps=3, batch_size=4)
    assert loss.steps_made == 3 and loss.constants["weight_c"] == 0.75


def test_the_best_state_is_restored_with_its_count():
    loss = objective(fitted(weight=linear(1, 100, 4)))  # the total is least at first
    fit(loss, AB, epochs=4, batch_size=8, validation=AB, lr=1e-4, progress=False)
    assert loss.steps_made == 1 and loss.constants["weight_c"].item() == 25.75


@pytest.mark.parametrize("weight", [s >> exp, linear(1, 3, 4)], ids=["box", "schedule"])
@pytest.mark.parametrize("options", [{}, {"divergence": {"name": "huber", "delta": s}}], ids=["plain", "option"])
def test_a_mask_counts_as_the_shorter_batch(weight, options):
    loss = objective(fitted(weight=weight, **options), fitted("d"))
    loss.after_step()
    mask = torch.arange(8) < 5
    short = {"rows": {name: DATA[name][:5] for name in "ab"}}
    masked = {"rows": {"a": (DATA["a"], mask), "b": DATA["b"]}}
    for ours, theirs in zip(loss(masked), loss(short), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def test_the_weight_of_a_term_in_law_may_move():
    loss = objective(ld.Constraint("c", rows.state >> a >> f, rows.state >> b, weight=s))
    total, terms = loss(AB)
    close(total, 0.7 * terms["c"])


# ---- options ---------------------------------------------------------------------------------------------------------

OPTIONS = {
    "temperature of labels": (ld.Constraint("c", a >> student, label), "kl", "temperature", 2.0),
    "temperature of kernels": (ld.Constraint("c", a >> student, a >> teacher), "kl", "temperature", 2.0),
    "temperature, reversed": (ld.Constraint("c", a >> student, a >> teacher), "reverse_kl", "temperature", 0.5),
    "smoothing": (ld.Constraint("c", a >> student, label), "kl", "label_smoothing", 0.25),
    "alpha above 1": (ld.Constraint("c", a >> student, a >> teacher), "renyi", "alpha", 3.0),
    "alpha below 1": (ld.Constraint("c", a >> student, a >> teacher), "renyi", "alpha", 0.5),
    "bend": (fitted(), "huber", "delta", 0.5),
    "temperature of contrast": (fitted(), "info_nce", "temperature", 0.5),
    "bandwidth": (ld.Constraint("c", rows.state >> a >> f, rows.state >> b), "mmd", "bandwidth", 1.5),
    "alpha in law": (
        ld.Constraint("c", rows.state >> a >> student, rows.state >> a >> teacher), "renyi", "alpha", 3.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("constraint", "name", "option", "value"), OPTIONS.values(), ids=OPTIONS)
def test_an_option_of_a_box_or_a_schedule_is_the_option_as_a_number(constraint, name, option, value):
    def at(number, start=value):
        return objective(replace(constraint, divergence={"name": name, option: number}), start=start)

    fixed, boxed, scheduled = at(value), at(s), at(piecewise([(0, value)]))
    masked = {"rows": {key: (column, torch.arange(8) < 6) for key, column in DATA.items()}}
    for batch in (BATCH, masked):
        for moving in (boxed, scheduled):
            close(moving(batch, strict=False)[0], fixed(batch, strict=False)[0])
    total = boxed(BATCH, strict=False)[0]
    (slope,) = torch.autograd.grad(total, boxed.boxes.of("s").value)
    high, low = (at(s, value + step)(BATCH, strict=False)[0] for step in (1e-6, -1e-6))
    assert slope.item() == pytest.approx((high - low).item() / 2e-6, rel=1e-5, abs=1e-8)


def test_an_option_moves_with_the_steps():
    loss = objective(fitted(divergence={"name": "huber", "delta": linear(0.5, 2.5, 2)}))
    for delta in (0.5, 1.5, 2.5, 2.5):
        close(loss(AB)[0], F.huber_loss(loss.boxes.of("f")(DATA["a"]), DATA["b"], reduction="sum", delta=delta) / 8)
        loss.after_step()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "huber", "delta": linear(0, 1, 5)}, "delta of divergence 'huber' must be a number > 0"),
        ({"name": "info_nce", "symmetric": s}, "symmetric of divergence 'info_nce' must be true or false"),
        ({"name": "huber", "width": s}, "takes delta, got 'width'"),
    ],
)
def test_options_that_cannot_move_or_leave_their_range_are_refused(options, words):
    with pytest.raises(ld.CompileError, match=words):
        objective(fitted(divergence=options))


def test_the_option_of_a_divergence_of_ones_own_moves():
    @divergence(formula="|p − r|² / w", unit="units")
    def scaled(reference, prediction, *, width=1):
        return (prediction - reference).square().sum(1) / width

    for width in (s, piecewise([(0, 0.7)])):
        loss = objective(fitted(divergence={"name": "scaled", "width": width}), fitted("d"))
        terms = loss(AB)[1]
        close(terms["c"], terms["d"] / 0.7)


# ---- the state -------------------------------------------------------------------------------------------------------


def test_the_count_is_saved_and_older_states_load(tmp_path):
    loss, other = (objective(fitted(weight=linear(0, 1, 10))) for _ in range(2))
    for _ in range(4):
        loss.after_step()
    loss.save(tmp_path / "w.safetensors")
    other.load(tmp_path / "w.safetensors")
    assert other.steps_made == 4 and other.constants["weight_c"] == 0.4
    older = loss.state_dict()
    assert older.pop("constants.steps") == 4
    other.after_step()
    other.load_state_dict(older)
    assert other.steps_made == 5 and "constants.steps" not in older
    fresh = objective(fitted(weight=linear(0, 1, 10)))
    fresh.load_state_dict(loss.state_dict())
    assert fresh.steps_made == 4 and torch.equal(fresh(AB)[0], loss(AB)[0])


def test_copies_pickles_and_dtypes_keep_the_count():
    loss = objective(fitted(weight=linear(0, 1, 10)))
    loss.after_step()
    for same in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert same.steps_made == 1 and torch.equal(same(AB)[0], loss(AB)[0])
    loss.float()
    assert loss.constants["weight_c"].dtype == torch.float32 and loss.constants["weight_c"] == torch.tensor(0.1)
    assert loss.double().constants["weight_c"].item() == 0.1  # exact again
    assert loss.state_dict()["constants.steps"].dtype == torch.int64


def test_players_count_their_own_steps():
    players = {
        "one": {"terms": {"c": 1.0}, "boxes": [f], "steps": 2},
        "two": {"terms": {"c": -2.0, "d": 1.0}, "boxes": [s]},
    }
    game = objective(fitted(weight=linear(0, 1, 10)), fitted("d", weight=s), players=players)
    for player in ("one", "one", "two"):
        game.after_step(player)
    one, two = (game.players[name] for name in ("one", "two"))
    assert (game.steps_made, one.steps_made, two.steps_made) == (3, 2, 1)
    total, terms = one(AB)
    close(total, 0.2 * terms["c"])
    total, terms = two(AB)
    close(total, -2 * 0.1 * terms["c"] + 0.7 * terms["d"])
    other = objective(fitted(weight=linear(0, 1, 10)), fitted("d", weight=s), players=players)
    other.load_state_dict(game.state_dict())
    assert [each.steps_made for each in (other, *other.players.values())] == [3, 2, 1]
    assert torch.equal(other.players["one"](AB)[0], one(AB)[0])


def test_a_factor_multiplies_the_weight_of_a_box():
    players = {"one": {"terms": {"c": -0.5}, "boxes": [f]}}
    game = objective(fitted(weight=s), players=players)
    total, terms = game.players["one"](AB)
    close(total, -0.5 * 0.7 * terms["c"])
    assert "constants['weight_c'] * s_out.reshape(()) * c  # -0.5" in game.players["one"].code
    none = objective(fitted(weight=s), fitted("d"), players={"one": {"terms": {"c": 0.0, "d": 1}, "boxes": [f]}})
    total, terms = none.players["one"](AB)
    close(total, terms["d"])


def test_updates_keep_the_count_and_change_weights():
    loss = objective(fitted(weight=linear(0, 1, 10)))
    for _ in range(5):
        loss.after_step()
    diagram = loss.diagram
    loss.update(diagram.reweight({"c": cosine(0, 1, 10)}))
    assert loss.steps_made == 5 and loss.constants["weight_c"].item() == pytest.approx(0.5)
    optimizer = torch.optim.SGD(loss.trainable_parameters(), lr=0.1)
    loss.update(
        diagram.reweight({"c": s}), modules={s: Number(2.0)}, spaces={number: Euclidean(1)}, optimizer=optimizer
    )
    total, terms = loss(AB)
    close(total, 2 * terms["c"])
    assert loss.boxes.of("s").value in {p for group in optimizer.param_groups for p in group["params"]}
    loss.update(diagram.reweight({"c": 3.0}), optimizer=optimizer, forget=[s])
    assert loss.steps_made == 5 and loss.boxes.names == ("f",)
    close(loss(AB)[0], 3 * terms["c"])


def test_a_plan_goes_on_counting():
    loss = objective(fitted(weight=linear(0, 1, 10)))
    plan = ld.Plan(
        ld.Stage(loss.diagram, steps=3, optimizer={"name": "sgd", "lr": 0.01}, batch_size=8),
        ld.Stage(loss.diagram.reweight({"c": linear(1, 0, 10)}), steps=2, batch_size=8),
    )
    trained = run_plan(plan, loss.functor, AB).objective
    assert trained.steps_made == 5 and trained.constants["weight_c"] == 0.5


@pytest.mark.parametrize("start, compilations", [(0.5, 1), (0, 2)])
def test_a_compiled_loss_follows_its_schedule_and_is_compiled_anew_only_where_it_leaves_zero(start, compilations):
    schedule = linear(start, 1, 4)
    loss = objective(fitted(weight=schedule))
    graphs = []
    run = torch.compile(loss, backend=lambda graph, _: graphs.append(graph) or graph.forward, fullgraph=True)
    for step in range(3):
        close(run(AB)[0], schedule(step) * loss(AB)[1]["c"])
        loss.after_step()
    assert len(graphs) == compilations
