"""Sizes that differ from batch to batch, and positions that do not fit."""

import numpy
import pytest
import torch
from torch import nn
from torch.nn import functional

import learning_diagrams as ld
from learning_diagrams.backends.torch import (
    Euclidean,
    Finite,
    Tokens,
    batches,
)
from tagged_texts import EXACT, K, L, V, by_hand, objective, student, table, tags, teacher, texts, w, words, y

torch.set_num_threads(1)

X, Y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
x_of, y_of = rows.column("x", X), rows.column("y", Y)
box, kernel = ld.Box("f", X, Y), ld.Kernel("f", X, Y)


def test_lengths_differ_from_batch_to_batch():
    one, two = table(0), table(1)
    ob = {words: Tokens(V, None, padding=0), tags: Tokens(K, None)}
    loss = objective(w >> student, w >> teacher, ob, {student: one, teacher: two})
    for length in (1, 4, 7):
        data = torch.randint(1, V, (2, length))
        log, probabilities = one(data).log_softmax(-1), two(data).softmax(-1)
        total, _ = loss({"texts": {"w": data}})
        torch.testing.assert_close(total, functional.kl_div(log, probabilities, reduction="batchmean"), **EXACT)


def test_clouds_of_any_number_of_points():
    net = nn.Linear(3, 3, dtype=torch.float64)
    loss = objective(x_of >> box, y_of, {X: Euclidean(None, 3), Y: Euclidean(None, 3)}, {box: net})
    for number in (2, 5):
        a, b = torch.randn(2, 4, number, 3, dtype=torch.float64)
        mask = torch.rand(4, number) < 0.7  # a mask of points, not of coordinates
        torch.testing.assert_close(loss({"rows": {"x": a, "y": b}})[0], (net(a) - b).square().sum() / 4, **EXACT)
        total, _ = loss({"rows": {"x": a, "y": (b, mask)}})
        each = (net(a) - b).square().sum(-1)
        torch.testing.assert_close(total, by_hand(each, mask, "sum"), **EXACT)


def shorter(value):
    return value[:, :1]


WRONG_SIZES = {
    "the reference is .2, 3, 4., and the prediction is .2, 1, 4.": lambda: objective(
        x_of >> box, y_of, {X: Euclidean(None, 4), Y: Euclidean(None, 4)}, {box: shorter}
    )({"rows": {"x": torch.zeros(2, 3, 4), "y": torch.zeros(2, 3, 4)}}),
    "the two sides have rows of different sizes: the reference is .2, 4., and the prediction is .2, 3, 4.": (
        lambda: objective(w >> student, y, {words: Tokens(V, None), tags: Tokens(K, None)}, {student: table(0)})(
            {"texts": {"w": torch.zeros(2, 3).long(), "y": torch.zeros(2, 4).long()}}
        )
    ),
    "have masks of rows of .3. and .4. positions; .* give their spaces different positions=": lambda: objective(
        w >> student, y, dict.fromkeys((words, tags), Tokens(K, None, positions="p", padding=0)),
        {student: lambda tokens: torch.zeros(len(tokens), 4, K)},
    )({"texts": {"w": torch.ones(2, 3).long(), "y": torch.ones(2, 4).long()}}),
    "the reference is .4, 5, 2., and the prediction is .4, 3, 2.": lambda: objective(
        rows.state >> y_of, rows.state >> rows.column("z", Y), {Y: Euclidean(None, 2)}, {}
    )({"rows": {"y": torch.zeros(4, 3, 2), "z": torch.zeros(4, 5, 2)}}),
    "has shape .2, 1., where .* needs .rows.; .reshape.-1. gives its rows that shape": lambda: objective(
        x_of >> kernel, y_of, {X: Euclidean(2), Y: Finite(3)}, {kernel: nn.Linear(2, 3)}
    )({"rows": {"x": torch.zeros(2, 2), "y": torch.zeros(2, 1).long()}}),
    "has shape .4, 2, 3., where .* needs .rows, 6.; .reshape.-1, 6. gives its rows that shape": lambda: objective(
        x_of >> box, y_of, {X: Euclidean(6), Y: Euclidean(6)}, {box: lambda value: value}
    )({"rows": {"x": torch.zeros(4, 2, 3), "y": torch.zeros(4, 6)}}),
    "has shape .2, 3, 5., where .* needs .rows, any, 4.": lambda: objective(
        x_of >> box, y_of, {X: Euclidean(None, 4), Y: Euclidean(None, 4)}, {box: lambda value: value}
    )({"rows": {"x": torch.zeros(2, 3, 5), "y": torch.zeros(2, 3, 4)}}),
    "the mask of column 'y' .* is .2, 3., and a row of Finite.3, soft=True. has positions": lambda: objective(
        x_of >> kernel, y_of, {X: Euclidean(2), Y: Finite(3, soft=True)}, {kernel: nn.Linear(2, 3)}
    )({"rows": {"x": torch.zeros(2, 2), "y": (torch.full((2, 3), 1 / 3), torch.ones(2, 3, dtype=torch.bool))}}),
    "compares whole rows, by energy_distance, .* rows.y, rows.z .* in law each row is compared with the others": (
        lambda: objective(rows.state >> y_of, rows.state >> rows.column("z", Y), {Y: Euclidean(2)}, {})(
            {"rows": {"y": (torch.ones(4, 2), torch.ones(4, 2, dtype=torch.bool)), "z": torch.ones(4, 2)}}
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG_SIZES)
def test_sizes_and_masks_that_do_not_fit_are_a_data_error(message):
    with pytest.raises(ld.DataError, match=message):
        WRONG_SIZES[message]()


NO_LOSS = {
    "differ in the sizes of their positions 'p'": lambda: objective(
        w >> student, y, {words: Tokens(V, 3, positions="p"), tags: Tokens(K, 4, positions="p")},
        {student: lambda value: torch.zeros(len(value), 4, K)},
    ),
    "counts those of a column, and no column .* positions= name": lambda: objective(
        x_of >> ld.Kernel("a", X, tags), x_of >> ld.Kernel("b", X, tags),
        {X: Euclidean(2), tags: Tokens(K, None, reduction="tokens")},
        {name: lambda value: torch.zeros(len(value), 7, K) for name in "ab"},
    ),
    "an output with reduction='tokens' .* make a constraint for each output": lambda: objective(
        ld.Copy(texts.ty) >> (w >> student) @ w, ld.Copy(texts.ty) >> y @ w,
        {words: Tokens(V, L), tags: Tokens(K, L, reduction="tokens")}, {student: table(0)}, ["kl", "total_variation"],
    ),
    "the module of box 'f' cannot take .rows, 11, 2.": lambda: objective(
        x_of >> box, y_of, {X: Euclidean(None, 2), Y: Euclidean(None, 2)},
        {box: lambda value: value + torch.zeros(7, 2)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", NO_LOSS)
def test_positions_that_mean_nothing_are_a_compile_error(message):
    with pytest.raises(ld.CompileError, match=message):
        NO_LOSS[message]()


# ---- layouts: following the advice gives the rows that were meant ---------------------------------------------------

LAYOUTS = {  # the size of a row as it is, that of the space, and the call that keeps its meaning
    ((8, 8, 3), (3, 8, 8)): ".movedim(-1, 1)",
    ((8, 6, 3), (3, 8, 6)): ".movedim(-1, 1)",
    ((3, 8, 8), (8, 8, 3)): ".movedim(1, -1)",
    ((3, 12), (12, 3)): ".movedim(-1, 1)",
    ((4, 6), (None, 4)): ".movedim(-1, 1)",
    ((2, 3, 4), (4, 3, 2)): ".permute(0, 3, 2, 1)",
    ((2, 3, 5, 2), (5, 2, 2, 3)): ".permute(0, …)",  # which 2 is which?
    ((192,), (3, 8, 8)): ".reshape(-1, 3, 8, 8)",
    ((3, 8, 8), (192,)): ".reshape(-1, 192)",
    ((1, 8, 6), (8, 6)): ".reshape(-1, 8, 6)",
    ((2, 6), (3, 4)): "",
    ((3, 8, 8), (3, 64)): "",
}


@pytest.mark.parametrize(("shape", "row"), LAYOUTS)
def test_values_in_another_layout_are_moved_and_never_mixed(shape, row):
    call = LAYOUTS[shape, row]
    spaces = {X: Euclidean(*row), Y: Euclidean(*row)}
    data = torch.randn(4, *shape)

    def message_of(make):
        with pytest.raises(ld.LearningDiagramError) as caught:
            make()
        return str(caught.value)

    loss = objective(x_of >> box, y_of, spaces, {box: lambda value: value})
    source = {"rows": {"x": data, "y": data}}
    arrays = {"rows": {name: column.numpy() for name, column in source["rows"].items()}}
    messages = [
        message_of(make)
        for make in (
            lambda: loss(source),
            lambda: next(batches(arrays, steps=1, objective=loss)),
            lambda: loss.model(box)(data),
        )
    ]
    if None not in row:
        output = {box: lambda value: torch.zeros(len(value), *shape)}
        messages.append(message_of(lambda: objective(x_of >> box, y_of, spaces, output)))
    for message in messages:
        assert f"; {call}" in message if call else ";" not in message
        assert (".reshape(" in message) == (".reshape(" in call)
    if call.startswith(".movedim"):
        moved = eval(f"data{call}", {"data": data})
        loss({"rows": {"x": moved, "y": moved}})
        arrays = eval(f"np.moveaxis(data, {call.removeprefix('.movedim(')}", {"data": data.numpy(), "np": numpy})
        assert torch.equal(torch.tensor(arrays), moved)
