"""Sources by name hold what their files hold, and a file that is not what it should be is refused."""

import csv
import math
import os
import sys
import types

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens
from learning_diagrams.backends.torch.plans import Experiment, prepare, sources, train
from learning_diagrams.backends.torch.plans.names.registry import DATA
from learning_diagrams.backends.torch.plans.reading.columns import chosen_rows, read_for, split_rows
from learning_diagrams.backends.torch.plans.reading.data_reading import DataReading
from learning_diagrams.files.experiment import Faults
from learning_diagrams.files.experiment_shape import ColumnShape, DataShape, RowsShape, SplitShape

Image = pytest.importorskip("PIL.Image")


def test_the_sets_of_the_repository_are_there():
    if not sources.DATA_FOLDER.is_dir():
        pytest.skip("the data are in the clone only")
    table = DATA.make("mnist5k", {}, None)
    assert table["x"].shape == (5000, 784) and table["y"].tolist()[::500] == [*range(10)]
    assert DATA.make("sunspots", {}, None)["YEAR"][0] == 1700
    assert DATA.make("emoji_wordllama256", {}, None)["values"].shape == (1563, 256)


def test_a_set_that_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "DATA_FOLDER", tmp_path)
    with pytest.raises(ld.FileError, match=r"stands in the repository of this library, in data/mnist5k\.npz"):
        DATA.make("mnist5k", {}, None)


def test_a_csv_file_has_whole_numbers_floats_texts_and_absent_values(tmp_path):
    lines = [["a", "b", "c", "d"], ["1", "0.5", "x", ""], ["-2", "1e3", "y", "4"]]
    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)
    table = DATA.make("csv", {"path": "t.csv"}, tmp_path)
    assert table["a"].tolist() == [1, -2] and table["b"].tolist() == [0.5, 1000] and table["c"].tolist() == ["x", "y"]
    values, present = table["d"]
    assert values.tolist() == [0, 4] and present.tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""), ("a.csv", b"a,b\n1\n"), ("a.csv", b"\xff\xfe"),
        ("a.npz", b""), ("a.npz", b"PK\x03\x04 and more"), ("a.npz", b"\x80\x04 a pickle"),
        ("a.npz", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (10,), }" + b" " * 30),
        ("a.parquet", b"PAR1"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ld.FileError):
        DATA.make(name.partition(".")[2], {"path": name}, tmp_path)


@pytest.mark.parametrize("name", ["npz", "csv", "parquet", "images"])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(ld.FileError):
        DATA.make(name, {"path": "nothing"}, tmp_path)


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ld.FileError, match="cannot be read"):
        DATA.make("npz", {"path": "a.npz"}, tmp_path)


@pytest.fixture
def pictures(tmp_path):
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(2):
            Image.new("RGB", (4, 3), (label * 100, i * 50, 7)).save(tmp_path / "set" / name / f"{i}.png")
    return tmp_path


def test_a_folder_for_each_class_is_pictures_and_labels(pictures):
    table = DATA.make("images", {"path": "set"}, pictures)
    assert table["image"].shape == (4, 3, 3, 4) and table["label"].tolist() == [0, 0, 1, 1]
    assert table["image"][3, :, 0, 0].tolist() == [100, 50, 7]
    grey = DATA.make("images", {"path": "set", "channels": 1, "size": [2, 2]}, pictures)
    assert grey["image"].shape == (4, 1, 2, 2)


def test_pictures_that_do_not_fit_are_refused(pictures, monkeypatch):
    with pytest.raises(ld.FileError, match="no folder with a folder of pictures"):
        DATA.make("images", {"path": "set/cat"}, pictures)
    (pictures / "set" / "cat" / "2.png").write_bytes(b"no picture")
    with pytest.raises(ld.FileError, match=r"2\.png' cannot be read"):
        DATA.make("images", {"path": "set"}, pictures)
    Image.new("RGB", (5, 5)).save(pictures / "set" / "cat" / "2.png")
    with pytest.raises(ld.FileError, match="another size"):
        DATA.make("images", {"path": "set"}, pictures)
    with pytest.raises(ld.TypeMismatch, match="channels: 1 or 3"):
        DATA.make("images", {"path": "set", "channels": 2}, pictures)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ld.FileError, match="need the package Pillow"):
        DATA.make("images", {"path": "set"}, pictures)


def test_parts_of_a_split_do_not_overlap_and_follow_from_the_seed():
    split = SplitShape(parts={"a": 3, "b": 0.5}, shuffle=1)
    parts = split_rows(split, 10)
    a, b = (chosen_rows(parts, RowsShape(split="s", part=part)) for part in "ab")
    assert len({*a, *b}) == 8 and (chosen_rows(parts, RowsShape(split="s", part=["a", "b"])) == [*a, *b]).all()
    other = chosen_rows(split_rows(SplitShape(parts={"a": 3}, shuffle=2), 10), RowsShape(split="s", part="a"))
    assert a.tolist() != other.tolist()
    with pytest.raises(ld.UnknownName, match="no part 'c'"):
        chosen_rows(split_rows(split, 10), RowsShape(split="s", part="c"))
    for count in (3, 1):
        with pytest.raises(ld.DataError, match="the parts of the split have"):
            split_rows(split, count)


@given(
    st.lists(st.one_of(st.integers(1, 9), st.floats(0.05, 0.4)), min_size=1, max_size=4),
    st.integers(1, 300),
    st.one_of(st.none(), st.integers(0, 9)),
)
def test_parts_are_disjoint_of_their_sizes_and_all_rows_where_shares_add_up_to_one(parts, count, shuffle):
    shares = [size for size in parts if isinstance(size, float)]
    parts = dict(zip("abcd", parts, strict=False))
    if len(shares) == len(parts):
        parts["rest"] = 1 - math.fsum(shares)
        assume(0.01 < parts["rest"] < 1)
    split = SplitShape(parts=parts, shuffle=shuffle)
    try:
        pieces = {name: rows.tolist() for name, rows in split_rows(split, count).items()}
    except ld.DataError:
        return
    rows = [row for piece in pieces.values() for row in piece]
    assert len({*rows}) == len(rows) and {*rows} <= {*range(count)} and all(pieces.values())
    assert len(rows) == count or "rest" not in parts
    for name, size in parts.items():
        assert len(pieces[name]) == size if isinstance(size, int) else abs(len(pieces[name]) - size * count) <= 1
    assert chosen_rows(split_rows(split, count), RowsShape(split="s", part=[*parts, *parts])).tolist() == rows


def test_shares_are_exact_where_floating_numbers_are_not():
    split = SplitShape(parts={"a": 0.29, "b": 0.71})
    assert [*map(len, split_rows(split, 100).values())] == [29, 71]


def read_part(folder, source, part, x="x", y="y"):
    """The columns x and y of a part of a split: 15 rows to train on, and 5 to test, in an order of the seed 3."""
    split = SplitShape(parts={"train": 0.75, "test": 0.25}, shuffle=3)
    experiment = types.SimpleNamespace(folder=folder, shape=types.SimpleNamespace(splits={"s": split}, data={}))
    faults = Faults(lambda place: f"plan.yaml: {'.'.join(map(str, place))}")
    entry = {"source": source, "rows": {"split": "s", "part": part}}
    entry["columns"] = {"x": {"column": x, "shape": [1]}, "y": y}
    reading = DataReading(experiment, {"point": Euclidean(1), "kind": Finite(20)}, faults)
    data = reading.read(("data",), {"rows": DataShape(**entry)}, {"rows": {"x": "point", "y": "kind"}})
    faults.require_none()
    return data["rows"]["x"].flatten().tolist(), data["rows"]["y"]


@pytest.mark.parametrize("kind", ["npz", "csv", "parquet", "images", "own"])
def test_a_split_takes_parts_of_each_kind_of_source(tmp_path, kind):
    x, y, path = np.arange(20, dtype=np.float32), np.arange(20), tmp_path / f"rows.{kind}"
    names, more = ("x", "y"), {"path": path.name}
    if kind == "npz":
        np.savez(path, x=x, y=y)
    elif kind == "csv":
        path.write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(x, y, strict=True)), encoding="utf-8")
    elif kind == "parquet":
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        table = {"x": x.tolist(), "y": [None if i == 3 else i for i in range(20)]}
        parquet.write_table(pyarrow.table(table), path, row_group_size=6)
    elif kind == "images":
        names, more = ("image", "label"), {"path": path.name, "channels": 1}
        for i in range(20):
            (path / f"{i // 10}").mkdir(parents=True, exist_ok=True)
            Image.new("L", (1, 1), i).save(path / f"{i // 10}" / f"{i:02}.png")
    else:
        DATA.register("own", lambda folder: {"x": torch.as_tensor(x), "y": y.tolist()})
        more = {}
    order = np.random.default_rng(3).permutation(20)
    for part, chosen in (("train", order[:15]), ("test", order[15:])):
        points, labels = read_part(tmp_path, {"name": kind, **more}, part, *names)
        assert points == x[chosen].tolist()
        if kind == "parquet":
            labels, present = labels
            assert present.tolist() == (chosen != 3).tolist()
            assert labels[present].tolist() == chosen[chosen != 3].tolist()
        else:
            assert labels.tolist() == (chosen // 10 if kind == "images" else chosen).tolist()


def test_a_split_takes_parts_of_the_sets_of_the_repository():
    if not sources.DATA_FOLDER.is_dir():
        pytest.skip("the data are in the clone only")
    split = SplitShape(parts={"a": 0.5, "b": 0.5}, shuffle=0)
    table = DATA.make("sunspots", {}, None)
    years = [table["YEAR"][rows].tolist() for rows in split_rows(split, 309).values()]
    assert sorted(years[0] + years[1]) == [*range(1700, 2009)] and years[0] != sorted(years[0])


def test_a_stream_has_no_parts(tmp_path):
    DATA.register("endless", lambda folder: sources.Streamed(lambda columns: [], ("x", "y"), 0))
    with pytest.raises(ld.DataError, match=r"data\.rows: rows: takes a part of a source whose rows are counted"):
        read_part(tmp_path, "endless", "test")


@pytest.mark.parametrize("table", [[1], None, {"x": [[1], [1, 2]]}, KeyError("no key")], ids=repr)
def test_an_own_source_that_fails_is_named_at_its_place(tmp_path, table):
    def maker(folder):
        if isinstance(table, Exception):
            raise table
        return table

    DATA.register("mine", maker)
    with pytest.raises(ld.DataError, match=r"data\.rows\.source: source 'mine' cannot be read: "):
        read_part(tmp_path, "mine", "test")


def test_a_column_is_scaled_and_read_for_its_space():
    pixels = np.arange(8, dtype=np.uint8).reshape(2, 4)
    shape = ColumnShape(column="x", subtract=1, divide=2, shape=[2, 2])
    assert read_for("x", shape, pixels, Euclidean(2, 2)).tolist() == [[[-0.5, 0], [0.5, 1]], [[1.5, 2], [2.5, 3]]]
    labels = read_for("y", ColumnShape(column="y"), np.array([1, 2], dtype=np.uint8), Finite(3))
    assert labels.dtype == torch.int64
    values, present = read_for("y", ColumnShape(column="y"), (np.array([1, 0]), np.array([True, False])), Finite(3))
    assert present.tolist() == [True, False] and values[0] == 1


@pytest.mark.parametrize(
    ("values", "shape", "space", "message"),
    [
        (np.zeros((2, 3)), {}, Euclidean(2), r"a row of x has the shape \[3\], and Euclidean\(2\) needs \[2\]"),
        (np.zeros((2, 3)), {"shape": [2]}, Euclidean(2), r"has the shape \[3\], and not \[2\]"),
        (np.array([0, 3]), {}, Finite(3), "labels from 0 to 3, and Finite\\(3\\) takes 0 to 2"),
        (np.array([0, -1]), {}, Finite(3), "labels from -1 to 0"),
        (np.array([[0, 5]]), {}, Tokens(5, 2), "takes 0 to 4"),
        (np.array([0.5]), {}, Finite(3), "float"),
        (np.array(["3,5"]), {}, Euclidean(), r"texts: write numbers with a decimal point, as 3\.5, and leave absent"),
        (np.array(["a"]), {}, Finite(3), "holds texts, the first 'a' in row 0, where .* labels from 0 to 2; a plan"),
        (np.array(["1", "?"]), {}, Euclidean(), "holds the text '.' in row 1, among numbers, where .* numbers; a plan"),
        (np.zeros((2, 3)), {"divide": 0.0}, Euclidean(3), "divided by 0"),
        (np.zeros((2,)), {}, Bernoulli(1), "needs \\[1\\]"),
    ],
)
def test_a_column_that_does_not_fit_its_space_is_refused(values, shape, space, message):
    with pytest.raises(ld.DataError, match=message):
        read_for("x", ColumnShape(column="x", **shape), values, space)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_labels_that_are_texts_beside_absent_ones_are_told_of(tmp_path, ending):
    labels, file = [None, "b", "a"], tmp_path / f"t.{ending}"
    if ending == "csv":
        file.write_text("label\n" + "".join(f'"{label or ""}"\n' for label in labels))
        values = DATA.make("csv", {"path": file.name}, tmp_path)["label"]
    else:
        arrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(arrow.table({"label": labels}), file)
        values = DATA.make("parquet", {"path": file.name}, tmp_path).table(["label"])["label"]
    with pytest.raises(ld.DataError, match=r"holds texts, the first 'b' in row 1, where Finite.2. needs labels from 0"):
        read_for("x", ColumnShape(column="x"), values, Finite(2))


def test_a_field_of_a_csv_file_may_have_several_lines_and_a_name_belongs_to_one_column(tmp_path):
    (tmp_path / "t.csv").write_bytes(b'a,b\n1,"x\n\xe2\x80\xa8y"\n')
    assert DATA.make("csv", {"path": "t.csv"}, tmp_path)["b"].tolist() == ["x\n\u2028y"]
    (tmp_path / "t.csv").write_bytes(b"a,a\n1,2\n")
    with pytest.raises(ld.FileError, match="two columns have one name"):
        DATA.make("csv", {"path": "t.csv"}, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of POSIX")
@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_pipe_is_not_waited_for(tmp_path, kind):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ld.FileError, match="is not a file"):
        DATA.make(kind, {"path": "pipe"}, tmp_path)


def as_csv(folder, table):
    rows = [["" if cell is None else cell for cell in row] for row in zip(*table.values(), strict=True)]
    with (folder / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[*table], *rows])


def as_npz(folder, table):
    columns = {name: np.array([0 if cell is None else cell for cell in cells]) for name, cells in table.items()}
    np.savez(folder / "rows.npz", **columns)


def as_parquet(folder, table):
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pytest.importorskip("pyarrow").table(table), folder / "rows.parquet")


@pytest.mark.parametrize("write", [as_csv, as_npz, as_parquet])
def test_columns_of_numbers_make_one_vector_in_their_order(tmp_path, write):
    name = write.__name__.removeprefix("as_")
    numbers = {"w": [1, 2, 3, 4], "h": [0.5, None if name != "npz" else 0.0, 2.5, 3.5], "k": [0, 1, 2, 0]}

    def change(plan):
        plan["data"]["rows"] = {
            "source": {"name": name, "path": f"rows.{name}"},
            "columns": {"x": {"column": ["h", "w"], "subtract": 1}, "y": "k"},
        }
        plan["stages"] = [{"epochs": 1, "batch_size": 4, "optimizer": "sgd"}]

    path = small_plan.written(tmp_path, change)
    write(tmp_path, numbers)
    plan = prepare(Experiment.load(path))
    data = plan.data["rows"]
    column = data["x"] if name != "parquet" else next(iter(data(["x"], 4, 0, False)))["x"]
    values, mask = column if name != "npz" else (column, np.ones(4, bool))
    assert np.asarray(values)[[0, 2, 3]].tolist() == [[-0.5, 0], [1.5, 2], [2.5, 3]]
    assert np.asarray(mask).tolist() == [True, name == "npz", True, True]
    assert train(plan.experiment, progress=False).histories[0].counts[0]["fit"] == 3 + (name == "npz")


@pytest.mark.parametrize(
    "column, fault",
    [
        (["x", "z"], "the source has no column 'z'"),
        (["y", "names"], "is made of 'y', 'names', and 'names' holds texts, the first 'a' in row 0"),
        (["y", "x"], r"and 'x' has rows of the shape \[2\]"),
        ([], "must be"),
        (["y"], r"has the shape \[1\], and Euclidean\(2\) needs \[2\]"),
    ],
)
def test_a_vector_that_cannot_be_made_is_a_fault_at_its_column(tmp_path, column, fault):
    def change(plan):
        plan["data"]["rows"]["columns"]["x"] = {"column": column}

    with pytest.raises(ld.LearningDiagramError, match=rf"plan\.yaml:\d+: data\.rows\.columns\.x.*{fault}"):
        prepare(Experiment.load(small_plan.written(tmp_path, change)))
