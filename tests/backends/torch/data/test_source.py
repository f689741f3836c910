"""Sources: data of every kind are the same data, dimensions decide row or batch, and what does not fit is refused."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Rows, TorchFunctor, Validation, batches, compile, fit

torch.set_num_threads(1)
x, y = ld.Ty("x"), ld.Ty("y")
s = ld.SampleSpace("s")
a, label = s.column("a", x), s.column("label", y)
net = ld.Kernel("net", x, y)
N = 10
A, L = torch.randn(N, 2, generator=torch.Generator().manual_seed(0)), torch.arange(N) % 3
TENSORS = {"a": A, "label": L}


def objective(dtype=torch.float32):
    torch.manual_seed(0)
    functor = TorchFunctor(ob={x: Euclidean(2), y: Finite(3)}, ar={net: nn.Linear(2, 3).to(dtype)})
    return compile(ld.LearningDiagram(ld.Constraint("c", a >> net, label)), functor)


class MapStyle(Dataset):
    """Rows as dicts, of tensors or of lists and numbers, as a data set of Hugging Face gives them."""

    def __init__(self, lists=False):
        self.lists = lists

    def __len__(self):
        return N

    def __getitem__(self, i):
        row = {"a": A[i], "label": L[i]}
        return {name: part.tolist() for name, part in row.items()} if self.lists else row


class Fetching(MapStyle):
    """Rows that are fetched together, as PyTorch's own loader asks for."""

    def __getitems__(self, numbers):
        return [self[i] for i in numbers]


class Streaming(IterableDataset):
    def __init__(self, size=None):
        self.size = size

    def __iter__(self):
        rows = [{"a": A[i], "label": L[i]} for i in range(N)]
        yield from rows if self.size is None else ready(self.size)


class Sized(Streaming):
    def __len__(self):
        return N if self.size is None else -(-N // self.size)


def ready(size):
    return [{"a": A[i : i + size], "label": L[i : i + size]} for i in range(0, N, size)]


def read_only(array):
    array.flags.writeable = False
    return array


def frame():
    pandas = pytest.importorskip("pandas")
    return {"a": pandas.DataFrame(A.double().numpy()), "label": pandas.Series(L.numpy()).astype("Int8")}


def arrow():
    return pytest.importorskip("pyarrow").table({"a": A.tolist(), "label": L.tolist()})


NAMED = ("a", "label")
BY_NUMBER = {
    "numpy": lambda: {"a": A.numpy(), "label": L.numpy()},
    "float64, other integers": lambda: {"a": A.double().numpy(), "label": L.numpy().astype("uint16")},
    "read-only": lambda: {"a": read_only(A.numpy().copy()), "label": read_only(L.numpy().copy())},
    "another byte order": lambda: {"a": A.numpy().astype(">f4"), "label": L.numpy().astype(">i4")},
    "negative strides": lambda: {"a": A.flip(0).numpy()[::-1], "label": L.flip(0).numpy()[::-1]},
    "lists": lambda: {"a": A.tolist(), "label": L.tolist()},
    "pandas columns": frame,
    "arrow table": arrow,
    "arrow columns": lambda: {"a": arrow()["a"], "label": arrow()["label"]},
    "list of rows": lambda: [MapStyle()[i] for i in range(N)],
    "map-style": MapStyle,
    "lists in rows": lambda: MapStyle(lists=True),
    "fetched together": Fetching,
    "named": lambda: Rows(TensorDataset(A, L), NAMED),
    "image and int": lambda: Rows([(A[i].numpy(), int(L[i])) for i in range(N)], NAMED),
    "a part left out": lambda: Rows(TensorDataset(A, torch.zeros(N), L), ("a", None, "label")),
}
IN_ORDER = {
    "DataLoader": lambda: DataLoader(MapStyle(), batch_size=4),
    "DataLoader, iterable": lambda: DataLoader(Sized(), batch_size=4),
    "DataLoader, workers": lambda: DataLoader(MapStyle(), batch_size=4, num_workers=1),
    "DataLoader, rows": lambda: DataLoader(MapStyle(), batch_size=None),
    "DataLoader, collate": lambda: DataLoader(
        MapStyle(), batch_size=4, collate_fn=lambda rows: {n: np.stack([row[n] for row in rows]) for n in NAMED}
    ),
    "DataLoader, named": lambda: Rows(DataLoader(TensorDataset(A, L), batch_size=4), NAMED),
    "list of batches": lambda: ready(4),
    "batches, named": lambda: Rows([tuple(batch.values()) for batch in ready(4)], NAMED),
    "iterable rows": Sized,
    "iterable batches": lambda: Sized(4),
}
WITHOUT_LENGTH = {
    "iterable rows": Streaming,
    "iterable batches": lambda: Streaming(4),
    "DataLoader": lambda: DataLoader(Streaming(), batch_size=4),
    "generator of batches": lambda: iter(ready(4) * 2),
    "generator of rows": lambda: (MapStyle()[i] for i in range(N)),
}


def weights(made):
    return torch.cat([parameter.detach().flatten() for parameter in made.trainable_parameters()])


def by_hand(source, **length):
    made = objective()
    optimizer = torch.optim.SGD(made.trainable_parameters(), lr=0.1)
    for batch in batches({"s": source}, batch_size=4, shuffle=False, objective=made, **length):
        optimizer.zero_grad()
        made(batch)[0].backward()
        optimizer.step()
    return weights(made)


@pytest.mark.parametrize("kind", BY_NUMBER | IN_ORDER)
@pytest.mark.filterwarnings("error")
def test_data_of_every_kind_give_the_same_training_in_the_same_order(kind):
    source = (BY_NUMBER | IN_ORDER)[kind]()
    expected = by_hand(TENSORS, epochs=2)
    assert torch.equal(by_hand(source, epochs=2), expected)
    if kind in IN_ORDER:
        made = objective()
        history = fit(made, {"s": source}, epochs=2, batch_size=4, optimizer=torch.optim.SGD, lr=0.1, progress=False)
        assert torch.equal(weights(made), expected) and (len(history.epochs), len(history.steps)) == (2, 6)


@pytest.mark.parametrize("kind", BY_NUMBER)
def test_rows_that_are_fetched_by_number_are_shuffled_alike(kind):
    trained = []
    for source in (TENSORS, BY_NUMBER[kind]()):
        trained.append(objective())
        fit(trained[-1], {"s": source}, epochs=2, batch_size=3, progress=False)
    assert torch.equal(*map(weights, trained))


@pytest.mark.parametrize("kind", WITHOUT_LENGTH)
def test_data_without_a_length_train_by_steps_and_have_no_epochs(kind):
    steps = 2 if kind == "generator of rows" else 5
    assert torch.equal(by_hand(WITHOUT_LENGTH[kind](), steps=steps), by_hand(TENSORS, steps=steps))
    fault = "gives one pass only; give a list" if "generator" in kind else "does not say how long an epoch is"
    made, source = objective(), WITHOUT_LENGTH[kind]()
    with pytest.raises(ld.DataError, match=fault):
        fit(made, {"s": source}, epochs=1, progress=False)
    assert made.steps_made == 0


def test_a_data_loader_validates_stops_early_and_the_best_state_is_restored():
    made, loader = objective(), DataLoader(MapStyle(), batch_size=5, shuffle=True)
    validation = Validation({"s": DataLoader(MapStyle(), batch_size=5)}, patience=1)
    history = fit(made, {"s": loader}, epochs=9, lr=50.0, validation=validation, progress=False)
    values = [row["validation/total"] for row in history.epochs]
    assert len(history.epochs) < 9 and history.best["total"] == min(values) != values[-1]
    made.eval()
    assert made({"s": TENSORS})[0].item() == pytest.approx(min(values))


def test_a_loader_keeps_its_batches_its_sampler_and_its_collate():
    drawn = []

    def collate(rows):
        drawn.append(len(rows))
        return torch.utils.data.default_collate(rows)

    loader = DataLoader(
        MapStyle(), batch_size=4, drop_last=True, sampler=[9, 8, 7, 6, 5, 4, 3, 2, 1], collate_fn=collate
    )
    with pytest.warns(UserWarning, match="batch_size of sample space 's' is 3, and its data come in batches of 4"):
        seen = [batch["s"]["label"].tolist() for batch in batches({"s": loader}, epochs=2, batch_size=3)]
    assert seen == [L[[9, 8, 7, 6]].tolist(), L[[5, 4, 3, 2]].tolist()] * 2 and drawn == [4] * 4


def test_a_loader_is_started_once_an_epoch():
    class Counting(DataLoader):
        starts = 0

        def __iter__(self):
            Counting.starts += 1
            return super().__iter__()

    fit(objective(), {"s": Counting(MapStyle(), batch_size=5)}, epochs=3, progress=False)
    assert Counting.starts == 3


@pytest.mark.filterwarnings("ignore:constraint 'd' is proved")
def test_each_sample_space_has_a_source_of_its_own_kind():
    t = ld.SampleSpace("t")
    b = t.column("b", x)
    made = objective()
    made.update(made.diagram.add(ld.Constraint("d", b >> net, b >> net >> ld.Id(y), divergence="reverse_kl")))
    other = [{"b": A[i]} for i in range(3)]
    for source, epoch in ((TENSORS, 3), (DataLoader(MapStyle(), batch_size=2), 5), (ready(10), 1)):
        sizes = [
            len(batch["s"]["a"]) for batch in batches({"s": source, "t": other}, epochs=1, batch_size=4, objective=made)
        ]
        assert len(sizes) == epoch and sum(sizes) == N


def test_cells_that_are_none_are_absent():
    mask = torch.arange(N) % 4 != 1
    rows = [{"a": A[i].tolist() if mask[i] else None, "label": int(L[i])} for i in range(N)]
    masked = {"a": (A, mask), "label": L}
    lone = [{"a": None, "label": None}, {"a": None, "label": 1}]
    table = {name: [row[name] for row in rows] for name in rows[0]}
    for source in (rows, table, [row | {"a": (A[i], bool(mask[i]))} for i, row in enumerate(rows)]):
        assert torch.equal(by_hand(source, epochs=2), by_hand(masked, epochs=2))
    (batch,) = batches({"s": lone}, epochs=1, objective=objective())
    assert batch["s"]["a"][1].tolist() == [False, False] and objective()(batch)[0] == 0


def test_a_frame_is_a_table_of_its_columns():
    pandas = pytest.importorskip("pandas")
    rating = ld.SampleSpace("s").column("rating", x)
    functor = TorchFunctor(ob={x: Euclidean(), y: Finite(3)}, ar={net: lambda v: torch.stack([v, v, v], 1)})
    made = compile(ld.LearningDiagram(ld.Constraint("c", rating >> net, label)), functor)
    frame = pandas.DataFrame({"rating": [0.5, 1.5, 2.5], "label": [2, 1, 0]}, index=[4, 4, 9])
    (batch,) = batches({"s": frame}, epochs=1, shuffle=False, objective=made)
    assert batch["s"]["rating"].tolist() == [0.5, 1.5, 2.5] and batch["s"]["label"].tolist() == [2, 1, 0]
    with pytest.raises(ld.DataError, match="two columns of one name"):
        fit(made, {"s": pandas.concat([frame, frame], axis=1)}, epochs=1)
    with pytest.raises(ld.DataError, match="are a table, whose columns have names; leave Rows out"):
        fit(made, {"s": Rows(frame, ("rating", "label"))}, epochs=1)


@pytest.mark.parametrize("columns", ["ab", (), (None,), ("a", "a"), (1,)])
def test_names_of_columns_are_different_texts(columns):
    with pytest.raises(ld.DataError, match="columns= of Rows takes different names"):
        Rows([], columns)


def test_one_name_is_enough_for_bare_values():
    for source in (A, TensorDataset(A), [row.tolist() for row in A], DataLoader(list(A), batch_size=4)):
        if isinstance(source, list):
            source = [(row,) for row in source]
        seen = [batch["s"]["a"] for batch in batches({"s": Rows(source, ["a"])}, epochs=1, batch_size=4, shuffle=False)]
        assert torch.equal(torch.cat(seen), A)


WRONG = {
    "neither a row nor a batch: 'a' has shape [1, 10, 2], in Euclidean(2)": lambda: [{"a": A[None], "label": L}],
    "neither a row nor a batch: 'a' has shape [2], in Euclidean(2), 'label' has shape [1], in Finite(3)": lambda: [
        {"a": A[0], "label": L[:1]}
    ],
    "is a list of tensors": lambda: DataLoader(MapStyle(lists=True), batch_size=5),
    "has dtype <U1, where Finite(3) needs int64; it holds texts, the first 'a' in row 0": lambda: {
        "a": A,
        "label": [*"abcabcabca"],
    },
    "has dtype float64, where Finite(3) needs int64; labels are whole": lambda: {"a": A, "label": L.double().numpy()},
    "has dtype datetime64[D], where Euclidean(2) needs": lambda: {"a": np.zeros((N, 2), "M8[D]"), "label": L},
    "has dtype complex64, where Euclidean(2) needs": lambda: {"a": A.numpy().astype("c8"), "label": L},
    "is not an array: rows of unequal shape; pad them": lambda: {"a": [[1.0], [1.0, 2.0]], "label": L[:2]},
    "must be dicts of columns, as {'pixels': X}, got a tuple; let the data set return dicts, or name": lambda: (
        TensorDataset(A, L)
    ),
    "Rows names 3 columns ('a', 'label', 'z'), and an item of its source is a tuple of 2": lambda: Rows(
        TensorDataset(A, L), ("a", "label", "z")
    ),
    "the data of 's' is a ndarray, where a sample space maps column names": lambda: A.numpy(),
    "has no row, or its loader no batch": lambda: DataLoader(MapStyle(), batch_size=20, drop_last=True),
    "must be a table (a dict of columns, a DataFrame": lambda: 3,
    "do not make a batch: one has the columns": lambda: [MapStyle()[0], {"a": A[1]}],
    "has a column 'b' that the learning diagram does not have": lambda: [{"a": A[0], "label": L[0], "b": 1}],
    "do not make a batch: stack expects each tensor to be equal size": lambda: [
        {"a": A[0], "label": L[0]}, {"a": A[0, :1], "label": L[0]}
    ],
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG)
def test_what_does_not_fit_is_refused_before_a_step(message):
    made = objective()
    with pytest.raises(ld.DataError) as caught:
        fit(made, {"s": WRONG[message]()}, epochs=1, progress=False)
    assert message in str(caught.value) and made.steps_made == 0


def test_strict_false_leaves_out_what_the_diagram_does_not_have():
    extra = {"id": ["text"] * N}
    sources = (TENSORS | extra, [MapStyle()[i] | {"id": "text"} for i in range(N)])
    for source in sources:
        data = {"s": source, "unknown": 3}
        assert len(fit(objective(), data, epochs=1, strict=False, progress=False).steps) == 1
        (batch,) = batches(data, epochs=1, objective=objective(), strict=False)
        assert batch.keys() == {"s"} and batch["s"].keys() == {"a", "label"}


def test_values_at_hand_are_checked_beside_a_loader():
    b = ld.SampleSpace("t").column("b", x)
    other = ld.Box("other", x, x)
    functor = TorchFunctor(ob={x: Euclidean(2), y: Finite(3)}, ar={net: nn.Linear(2, 3), other: nn.Linear(2, 2)})
    made = compile(ld.LearningDiagram(ld.Constraint("c", a >> net, label), ld.Constraint("d", b >> other, b)), functor)
    loader = DataLoader([{"b": row} for row in A], batch_size=5)
    assert len(fit(made, {"s": TENSORS, "t": loader}, epochs=1, batch_size=5, progress=False).steps) == 2
    for wrong, fault in ((L + 1, r"holds labels 1 … 3"), (L[:3], "unequal numbers of rows"), (A, "has shape")):
        with pytest.raises(ld.DataError, match=fault):
            next(batches({"s": {"a": A, "label": wrong}, "t": loader}, steps=1, objective=made))


def test_names_of_sample_spaces_of_another_type_are_unknown():
    with pytest.raises(ld.DataError, match="has a sample space 1 that the learning diagram does not have"):
        fit(objective(), {"s": TENSORS, 1: TENSORS}, epochs=1, progress=False)


def test_an_objective_takes_tensors_and_says_who_reads_arrays():
    with pytest.raises(ld.DataError, match=r"got a ndarray; fit and batches read arrays.*next\(batches\("):
        objective()({"s": {"a": A.numpy(), "label": L}})
    (batch,) = batches({"s": {"a": A.numpy(), "label": L}}, steps=1, objective=objective())
    assert objective()(batch)[0].isfinite()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_arrays_take_the_dtype_of_the_model_and_tensors_keep_their_own(dtype):
    arrays = {"a": A.double().numpy(), "label": L.numpy()}
    (batch,) = batches({"s": arrays}, steps=1, shuffle=False, objective=objective(dtype))
    assert batch["s"]["a"].dtype == dtype and torch.equal(batch["s"]["a"], A.to(dtype))
    fit(objective(dtype), {"s": arrays}, epochs=1, progress=False)
    with pytest.raises(ld.DataError, match=r"has dtype float32, and the model computes in .*; convert it"):
        fit(objective(dtype), {"s": TENSORS}, epochs=1, progress=False)
