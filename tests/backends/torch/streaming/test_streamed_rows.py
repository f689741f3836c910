"""A pass over streamed rows has each row once, in an order that follows from its seed, and goes on anywhere."""

import json
import warnings
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
from learning_diagrams.backends.torch.streaming.streamed_rows import StreamedRows

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


class Numbers:
    """The numbers from `first` on; a mask says that multiples of three are absent."""

    def __init__(self, first, rows, size=3, masked=False):
        self.first, self.rows, self.size, self.masked = first, rows, size, masked

    def pieces(self, start):
        for at in range(start, self.rows, self.size):
            values = np.arange(self.first + at, self.first + min(self.rows, at + self.size))
            yield {"x": (values, values % 3 != 0 if self.masked else None)}


def parts_of(counts, **options):
    firsts = np.cumsum([0, *counts])
    return [Numbers(int(first), count, **options) for first, count in zip(firsts, counts, strict=False)]


def rows_of(source):
    return [batch["x"].tolist() for batch in source]


def flat(batches_of_rows):
    return [*chain.from_iterable(batches_of_rows)]


sources = {
    "counts": st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any),
    "batch_size": st.integers(1, 5),
    "shuffle": st.integers(0, 12),
    "seed": st.integers(0, 3),
}


@given(**sources)
def test_a_pass_has_each_row_once_in_full_batches(counts, batch_size, shuffle, seed):
    source = StreamedRows(parts_of(counts), batch_size=batch_size, shuffle=shuffle, seed=seed)
    first, second = rows_of(source), rows_of(source)
    for taken in (first, second):
        assert sorted(flat(taken)) == list(range(sum(counts)))
        assert {len(batch) for batch in taken[:-1]} <= {batch_size} and len(taken) == len(source)
    if not shuffle:
        assert flat(first) == list(range(sum(counts)))
    again = StreamedRows(parts_of(counts), batch_size=batch_size, shuffle=shuffle, seed=seed)
    assert [rows_of(again), rows_of(again)] == [first, second]
    again.set_epoch(0)
    assert rows_of(again) == first


@given(taken=st.integers(0, 60), **sources)
def test_a_pass_goes_on_from_any_position(counts, batch_size, shuffle, seed, taken):
    options = {"batch_size": batch_size, "shuffle": shuffle, "seed": seed}
    whole = StreamedRows(parts_of(counts), **options)
    wanted = rows_of(whole) + rows_of(whole) + rows_of(whole)
    taken %= 2 * len(whole) + 1
    stopped = StreamedRows(parts_of(counts), **options)
    done = 0
    while done < taken:
        for _ in stopped:
            done += 1
            if done == taken:
                state = json.loads(json.dumps(stopped.state_dict()))
                break
    if not taken:
        state = stopped.state_dict()
    resumed = StreamedRows(parts_of(counts), **options)
    resumed.load_state_dict(state)
    left = rows_of(resumed) + rows_of(resumed)
    assert left == wanted[taken : taken + len(left)]


def test_orders_of_passes_windows_and_seeds_differ():
    def orders(seed):
        source = StreamedRows(parts_of([50] * 8), batch_size=10, shuffle=40, seed=seed)
        return [tuple(flat(rows_of(source))) for _ in range(3)]

    assert len({*orders(0), *orders(1)}) == 6
    first = orders(0)[0]
    assert first[:40] != tuple(sorted(first[:40]))
    assert [*dict.fromkeys(number // 50 for number in first)] != [*range(8)]


def test_a_dropped_last_batch_and_masks():
    source = StreamedRows(parts_of([5, 6], masked=True), batch_size=4, shuffle=8, drop_last=True)
    taken = list(source)
    assert len(taken) == len(source) == 2
    for batch in taken:
        values, present = batch["x"]
        assert len(values) == 4 and (present == (values % 3 != 0)).all()


def test_a_position_of_another_source_is_refused():
    state = StreamedRows(parts_of([5, 6]), batch_size=4).state_dict()
    for other in (
        StreamedRows(parts_of([6, 5]), batch_size=4),
        StreamedRows(parts_of([5, 6]), batch_size=4, seed=1),
        StreamedRows(parts_of([5, 6]), batch_size=2),
    ):
        with pytest.raises(ld.FileError, match="the position is one of another source"):
            other.load_state_dict(state)


def test_measuring_on_the_source_that_is_trained_on_does_not_move_it():
    source = StreamedRows(parts_of([5, 6, 4]), batch_size=4, shuffle=8)
    begun = iter(source)
    next(begun)
    before = source.state_dict()
    assert sorted(flat(rows_of(source.apart()))) == [*range(15)] and source.state_dict() == before
    space, point = ld.SampleSpace("rows"), ld.Ty("point")
    box = ld.Box("f", point, point)
    fit_them = ld.Constraint("fit", space.column("x", point) >> box, space.column("x", point))
    functor = TorchFunctor({point: Euclidean()}, {box: lambda x: 2 * x})
    compile(ld.LearningDiagram(fit_them), functor).evaluate({"rows": source}, strict=False)
    assert source.state_dict() == before


@pytest.mark.parametrize("position", [None, {"pass": -1}, {"batch": 9}, {"batch": True}, {"pass": "0"}])
def test_a_position_that_there_is_not_is_refused(position):
    source = StreamedRows(parts_of([5, 6]), batch_size=4)
    with pytest.raises(ld.FileError):
        source.load_state_dict(position and source.state_dict() | position)


@pytest.mark.parametrize("taken", [1, 3, 4])
def test_a_position_of_other_rows_in_equally_many_parts_is_refused(taken):
    options = {"batch_size": 4, "shuffle": 8}
    source, same = (StreamedRows(parts_of([5, 6, 4], masked=True), **options) for _ in range(2))
    begun = iter(source)
    for _ in range(taken):
        next(begun)
    same.load_state_dict(source.state_dict())
    assert same.state_dict() == source.state_dict()
    assert [b["x"][0].tolist() for b in same] == [b["x"][0].tolist() for b in begun]
    other = StreamedRows([Numbers(100, rows) for rows in (5, 6, 4)], **options)
    with pytest.raises(ld.FileError, match="are others than those of the position"):
        other.load_state_dict({"pass": 0, "batch": taken, "digest": source.state_dict()["digest"]} | {"last": "0"})


@given(**sources, count=st.integers(2, 4))
def test_shares_are_disjoint_and_equal_and_leave_fewer_rows_than_there_are(counts, batch_size, shuffle, seed, count):
    options = {"batch_size": batch_size, "shuffle": shuffle, "seed": seed}
    if sum(counts) < count:
        with pytest.raises(ld.DataError, match="has 0 rows"):
            StreamedRows(parts_of(counts), share=(0, count), **options)
        return
    shares = [StreamedRows(parts_of(counts), share=(number, count), **options) for number in range(count)]
    rows = [sorted(flat(rows_of(share))) for share in shares]
    size = sum(counts) // count
    assert rows == [[*range(number * size, (number + 1) * size)] for number in range(count)]
    assert len({len(share) for share in shares}) == 1


@pytest.mark.parametrize("share", [(2, 2), (-1, 2), (0, 0), (0.0, 2), [0, 2], (True, 2), None])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ld.DataError, match=r"share= is the number of a process and how many they are, as \(0, 2\)"):
        StreamedRows(parts_of([4]), share=share)


def test_a_window_of_one_batch_is_warned_of():
    with pytest.warns(UserWarning, match="shuffle=7 is less than two batches of 4 rows.*take shuffle=8 or more"):
        StreamedRows(parts_of([24]), batch_size=4, shuffle=7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        StreamedRows(parts_of([24]), batch_size=4, shuffle=8)
        StreamedRows(parts_of([6]), batch_size=4, shuffle=6)  # all rows are in one window
        StreamedRows(parts_of([24]), batch_size=4)
