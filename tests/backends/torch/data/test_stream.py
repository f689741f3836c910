"""Streams: an epoch is one pass over the largest sample space; smaller ones are reshuffled and repeated."""

from itertools import islice

import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, batches, compile


def numbers(n, start=0):
    return {"x": torch.arange(start, start + n)}


def seen(data, space, **options):
    """The rows of a sample space, batch by batch."""
    return [batch[space]["x"].tolist() for batch in batches(data, **options)]


@pytest.mark.parametrize(("rows", "size", "drop_last"), [(10, 3, False), (10, 3, True), (9, 3, True), (4, 5, False)])
def test_an_epoch_is_one_pass(rows, size, drop_last):
    rows_seen = seen({"a": numbers(rows)}, "a", epochs=2, batch_size=size, drop_last=drop_last)
    size = min(size, rows)
    count = rows // size if drop_last or rows % size == 0 else rows // size + 1
    first, second = rows_seen[:count], rows_seen[count:]
    for epoch in (first, second):
        assert [len(batch) for batch in epoch] == [size] * (rows // size) + [rows % size] * (count - rows // size)
        flat = [row for batch in epoch for row in batch]
        assert len(set(flat)) == len(flat) == (count * size if drop_last else rows)
    assert first != second


def test_calls_without_a_seed_draw_new_orders_that_manual_seed_sets():
    def orders(**options):
        return [seen({"a": numbers(12)}, "a", epochs=1, batch_size=4, **options) for _ in range(3)]

    torch.manual_seed(3)
    first = orders(seed=None)
    torch.manual_seed(3)
    assert first == orders(seed=None) and first[0] != first[1] != first[2] != first[0]
    before = torch.random.get_rng_state()
    for fixed in (orders(), orders(shuffle=False)):
        assert fixed[0] == fixed[1] == fixed[2]
    assert torch.equal(before, torch.random.get_rng_state())
    x = ld.SampleSpace("a").column("x", ld.Ty("x"))
    box = ld.Box("f", ld.Ty("x"), ld.Ty("x"))
    functor = TorchFunctor(ob={"x": Euclidean(1)}, ar={box: torch.nn.Linear(1, 1)})
    objective = compile(ld.LearningDiagram(ld.Constraint("c", x >> box, x)), functor)

    def epoch(**options):
        data = {"a": {"x": torch.arange(12.0)[:, None]}}
        return seen(data, "a", epochs=1, batch_size=4, objective=objective, **options)

    before_a_step = epoch()
    assert before_a_step == epoch(seed=0) == epoch()  # those of the next call of fit
    objective.after_step()
    assert epoch() != before_a_step


def test_an_epoch_without_a_full_batch_is_refused():
    with pytest.raises(ld.DataError, match="with drop_last=True and batch_size 5 an epoch has no batch"):
        next(batches({"a": numbers(2)}, epochs=1, batch_size=5, drop_last=True))


def test_an_epoch_is_one_pass_over_the_largest_and_smaller_ones_repeat_in_full_batches():
    data = {"large": numbers(20), "middle": numbers(7), "small": numbers(2)}
    epoch = list(batches(data, epochs=1, batch_size=3))
    assert [len(batch["large"]["x"]) for batch in epoch] == [3, 3, 3, 3, 3, 3, 2]
    assert sorted(torch.cat([batch["large"]["x"] for batch in epoch]).tolist()) == list(range(20))
    assert {len(batch["middle"]["x"]) for batch in epoch} == {3} and {len(batch["small"]["x"]) for batch in epoch} == {
        2
    }
    for batch in epoch:
        for name in data:
            rows = batch[name]["x"].tolist()
            assert len(set(rows)) == len(rows), "no row stands twice in a batch"
    assert {row for batch in epoch for row in batch["middle"]["x"].tolist()} == set(range(7))


SIZES = {"sessions": 2, "library": 16}


@pytest.mark.parametrize("kind", ["tables", "rows", "loaders", "a table beside a loader"])
def test_an_epoch_goes_through_every_sample_space_with_its_own_batch_size(kind):
    rows = {"sessions": 40, "library": 64}
    loaders = {name: DataLoader(RowsOf(number), batch_size=SIZES[name]) for name, number in rows.items()}
    data = {
        "tables": {name: numbers(number) for name, number in rows.items()},
        "rows": {name: RowsOf(number) for name, number in rows.items()},
        "loaders": loaders,
        "a table beside a loader": {"sessions": numbers(40), "library": loaders["library"]},
    }[kind]
    epoch = list(batches(data, epochs=1, batch_size=SIZES))
    assert len(epoch) == 20
    for name, number in rows.items():
        parts = [batch[name]["x"] for batch in epoch]
        assert set(torch.cat(parts).tolist()) == set(range(number)) and {*map(len, parts)} == {SIZES[name]}


@pytest.mark.parametrize("drop_last", [False, True])
def test_a_sample_space_of_fewer_batches_repeats_in_full_batches_though_it_has_more_rows(drop_last):
    data = {"many": numbers(70), "few": numbers(9)}
    epoch = list(batches(data, epochs=1, batch_size={"many": 32, "few": 2}, drop_last=drop_last))
    assert [len(batch["many"]["x"]) for batch in epoch] == [32] * (4 if drop_last else 5)
    assert [len(batch["few"]["x"]) for batch in epoch] == [2] * 4 + [1] * (not drop_last)


def test_among_sample_spaces_of_equally_many_batches_that_of_most_rows_has_the_short_batch():
    epoch = list(batches({"more": numbers(11), "fewer": numbers(10)}, epochs=1, batch_size=4))
    assert [len(batch["more"]["x"]) for batch in epoch] == [4, 4, 3]
    assert [len(batch["fewer"]["x"]) for batch in epoch] == [4, 4, 4]


def test_a_smaller_sample_space_is_in_a_new_order_in_each_pass():
    orders = seen({"large": numbers(96), "small": numbers(8)}, "small", epochs=1, batch_size=8)
    assert len(orders) == 12 and all(sorted(order) == list(range(8)) for order in orders)
    assert len(set(map(tuple, orders))) == 12


def test_sample_spaces_of_one_size_are_in_orders_of_their_own():
    data = {"a": numbers(16), "b": numbers(16)}
    assert seen(data, "a", epochs=1, batch_size=16) != seen(data, "b", epochs=1, batch_size=16)


def test_the_columns_of_a_sample_space_stay_together():
    data = {"a": {"x": torch.arange(20), "y": torch.arange(20) * 10}}
    for batch in batches(data, epochs=2, batch_size=7):
        assert torch.equal(batch["a"]["x"] * 10, batch["a"]["y"])


def test_a_batch_size_for_each_sample_space():
    data = {"a": numbers(10), "b": numbers(6), "c": numbers(100)}
    first = next(batches(data, steps=1, batch_size={"a": 5, "b": 2}))
    assert {name: len(columns["x"]) for name, columns in first.items()} == {"a": 5, "b": 2, "c": 64}


def test_without_shuffling_rows_come_in_their_order():
    assert seen({"a": numbers(5)}, "a", epochs=2, batch_size=2, shuffle=False) == [[0, 1], [2, 3], [4]] * 2


def test_steps_count_batches_across_passes():
    assert [len(rows) for rows in seen({"a": numbers(5)}, "a", steps=4, batch_size=3)] == [3, 2, 3, 2]
    assert seen({"a": numbers(5)}, "a", steps=0) == seen({"a": numbers(5)}, "a", epochs=0) == []


def test_the_seed_fixes_the_order_and_leaves_the_global_generator_alone():
    data = {"a": numbers(50)}
    before = torch.get_rng_state()
    order, repetition, other_order = (seen(data, "a", epochs=2, batch_size=8, seed=seed) for seed in (1, 1, 2))
    assert order == repetition != other_order
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(3)
    by_chance = seen(data, "a", epochs=1, seed=None)
    torch.manual_seed(3)
    assert by_chance == seen(data, "a", epochs=1, seed=None) != seen(data, "a", epochs=1, seed=None)


def test_another_sample_space_does_not_change_an_order():
    data = {"b": numbers(16), "d": numbers(5)}
    orders = {name: seen(data, name, epochs=3, batch_size=4, seed=0) for name in data}
    for more in ({"a": numbers(16)}, {"c": numbers(3)}, {"e": [{"x": i} for i in range(16)]}):
        assert {name: seen(data | more, name, epochs=3, batch_size=4, seed=0) for name in data} == orders


def test_an_order_depends_on_the_steps_that_an_objective_has_made():
    x = ld.Ty("x")
    f, column, data = ld.Box("f", x, x), ld.SampleSpace("a").column("x", x), {"a": {"x": torch.arange(50.0)}}
    functor = TorchFunctor(ob={x: Euclidean()}, ar={f: lambda v: v})

    def order(steps_made):
        objective = compile(ld.LearningDiagram(ld.Constraint("c", column >> f, column)), functor)
        for _ in range(steps_made):
            objective.after_step()
        return seen(data, "a", epochs=1, objective=objective)

    assert order(0) == order(0) == seen(data, "a", epochs=1, seed=0) != order(1) == order(1) != order(2)


class RowsOf(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {"x": torch.tensor(i), "y": float(i)}


def test_a_dataset_of_dict_rows_makes_the_batches_of_its_columns():
    rows_seen = seen({"a": RowsOf(10)}, "a", epochs=2, batch_size=3, seed=0)
    assert rows_seen == seen({"a": numbers(10)}, "a", epochs=2, batch_size=3, seed=0)
    batch = next(batches({"a": RowsOf(4)}, steps=1))
    assert batch["a"]["y"].shape == (4,) and batch["a"]["y"].dtype.is_floating_point


def test_a_list_of_dict_rows_is_a_dataset():
    assert seen({"a": [{"x": 0}, {"x": 1}, {"x": 2}]}, "a", epochs=1, batch_size=2, shuffle=False) == [[0, 1], [2]]


def test_ready_batches_are_taken_as_they_are_and_started_again():
    loader = DataLoader(RowsOf(5), batch_size=2)
    assert seen({"a": loader}, "a", steps=5) == [[0, 1], [2, 3], [4], [0, 1], [2, 3]]


def test_an_iterator_serves_once():
    ready = iter([numbers(2), numbers(3)])
    stream = batches({"a": ready}, steps=3)
    assert [len(batch["a"]["x"]) for batch in islice(stream, 2)] == [2, 3]
    with pytest.raises(ld.DataError, match="the batches of sample space 'a' ran out"):
        next(stream)


def test_beside_data_with_a_length_ready_batches_follow_its_epochs():
    data = {"ready": DataLoader(RowsOf(2), batch_size=1), "sized": numbers(9)}
    assert seen(data, "ready", epochs=1, batch_size=3) == [[0], [1], [0]]


class Endless(IterableDataset):
    """A stream of ready batches that says how long it is, as PyTorch allows."""

    def __iter__(self):
        yield numbers(3)

    def __len__(self):
        return 1


def test_an_iterable_dataset_with_a_length_is_an_iterable_of_ready_batches():
    assert seen({"a": Endless()}, "a", steps=2) == [[0, 1, 2], [0, 1, 2]]
