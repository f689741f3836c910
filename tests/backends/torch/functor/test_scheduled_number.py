"""A schedule as the module of a box from I: values by steps, dtypes, states, games, copies, shared with weights."""

import copy

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit
from learning_diagrams.schedule import linear

torch.set_num_threads(1)
x, number, rows = ld.Ty("x"), ld.Ty("number"), ld.SampleSpace("rows")
a, b = rows.column("a", x), rows.column("b", x)
heat, scale, f = ld.Box("heat", ld.Ty(), number), ld.Box("scale", x @ number, x), ld.Box("f", x, x)
SCALED = ld.Constraint("c", a >> f >> x @ heat >> scale, b)
SCHEDULE = linear(0.1, 0.5, 4)
torch.manual_seed(0)
ROWS = torch.randn(2, 6, 2, dtype=torch.float64)


def objective(dtype=torch.float64, space=None, **options):
    torch.manual_seed(0)
    modules = {f: nn.Linear(2, 2).to(dtype), scale: torch.mul, heat: SCHEDULE}
    diagram = ld.LearningDiagram(SCALED, frozen=[heat], **options)
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2), number: space or Euclidean(1)}, ar=modules))


def batch(dtype=torch.float64):
    return {"rows": {"a": ROWS[0].to(dtype), "b": ROWS[1].to(dtype)}}


def by_hand(loss, step, dtype=torch.float64):
    out = loss.boxes.of("f")(ROWS[0].to(dtype)) * torch.tensor(SCHEDULE(step), dtype=dtype)
    return (out - ROWS[1].to(dtype)).square().sum(1).mean()


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def test_it_is_the_number_after_so_many_steps():
    loss = objective()
    for step in range(6):
        close(loss(batch())[0], by_hand(loss, step))
        loss.after_step()
    fit(fresh := objective(), batch(), steps=3, batch_size=6, progress=False, device="cpu")
    close(fresh(batch())[0], by_hand(fresh, 3))


def test_dtype_state_copy_update_and_composites_follow():
    loss = objective()
    for _ in range(2):
        loss.after_step()
    close(copy.deepcopy(loss)(batch())[0], by_hand(loss, 2))
    other = objective()
    other.load_state_dict(loss.state_dict())
    close(other(batch())[0], by_hand(loss, 2))
    close(other.model(heat)(), torch.tensor([[SCHEDULE(2)]], dtype=torch.float64))
    half = objective(torch.float32)
    torch.testing.assert_close(half(batch(torch.float32))[0], by_hand(half, 0, torch.float32))
    half.double().after_step()
    close(half(batch())[0], by_hand(half, 1))
    loss.update(loss.diagram.add(ld.Constraint("d", a >> f, b)))
    loss.after_step()
    close(loss(batch())[1]["c"], by_hand(loss, 3))
    loss.update(loss.diagram, modules={heat: linear(1.0, 0.0, 8)})
    close(loss(batch())[1]["c"], by_hand_at(loss, 1 - 3 / 8))


def by_hand_at(loss, number):
    return (loss.boxes.of("f")(ROWS[0]) * number - ROWS[1]).square().sum(1).mean()


def test_in_a_game_it_follows_the_steps_of_all():
    g = ld.Box("g", x, x)
    players = {"one": {"terms": {"c": 1.0}, "boxes": [f]}, "two": {"terms": {"d": 1.0}, "boxes": [g]}}
    diagram = ld.LearningDiagram(SCALED, ld.Constraint("d", a >> g, b), frozen=[heat], players=players)
    modules = {f: nn.Linear(2, 2).double(), g: nn.Linear(2, 2).double(), scale: torch.mul, heat: SCHEDULE}
    game = compile(diagram, TorchFunctor(ob={x: Euclidean(2), number: Euclidean(1)}, ar=modules))
    for player in ("one", "two", "one"):
        game.after_step(player)
    close(game.players["one"]({"rows": batch()["rows"]})[1]["c"], by_hand(game, 3))


def test_another_space_is_refused_where_shapes_are():
    with pytest.raises(ld.CompileError, match="heat"):
        objective(space=Euclidean(2))
