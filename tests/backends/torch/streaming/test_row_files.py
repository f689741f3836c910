"""Files of rows are trained on as the same rows in memory; damaged and hostile files are typed errors."""

import io
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.backends.torch import (
    ArrowRows,
    Euclidean,
    Finite,
    ParquetRows,
    TarShards,
    TorchFunctor,
    batches,
    compile,
    fit,
)

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def table(rows):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


def written(folder, rows, kind):
    """A source of each kind, and its columns."""
    x, y = table(rows)
    data = pa.table({"x": pa.FixedSizeListArray.from_arrays(x.ravel(), 4), "y": y})
    names = {"x": "pixels", "y": "label"}
    if kind == "parquet":
        parquet.write_table(data.slice(0, rows // 2), folder / "a.parquet", row_group_size=37)
        parquet.write_table(data.slice(rows // 2), folder / "b.parquet", row_group_size=50)
        return lambda **options: ParquetRows(folder, names, **options)
    if kind in ("file", "stream"):
        new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        with new(str(folder / "rows.arrow"), data.schema) as writer:
            for batch in data.to_batches(max_chunksize=41):
                writer.write(batch)
        return lambda **options: ArrowRows(folder / "rows.arrow", names, **options)
    for shard, part in enumerate(np.array_split(np.arange(rows), 3)):
        with tarfile.open(folder / f"{shard}.tar", "w") as archive:
            for row in part:
                array = io.BytesIO()
                np.save(array, x[row])
                for ending, content in (("npy", array.getvalue()), ("cls", str(y[row]).encode()), ("txt", b"left out")):
                    member = tarfile.TarInfo(f"set/{row:05}.{ending}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
    return lambda **options: TarShards(folder, {"npy": "pixels", "cls": "label"}, **options)


@pytest.mark.parametrize("kind", ["parquet", "file", "stream", "tar"])
def test_files_are_trained_on_as_the_same_rows_in_memory(tmp_path, kind):
    source = written(tmp_path, 200, kind)
    x, y = table(200)
    columns = [(torch.as_tensor(b["pixels"]), torch.as_tensor(b["label"])) for b in source(batch_size=32)]
    assert torch.equal(torch.cat([pixels for pixels, _ in columns]), torch.tensor(x))
    assert torch.cat([label for _, label in columns]).tolist() == y.tolist()
    shuffled = [int(label) for batch in source(batch_size=32, shuffle=64) for label in batch["label"]]
    assert sorted(shuffled) == sorted(y.tolist()) and shuffled != y.tolist()

    def objective():
        torch.manual_seed(0)
        spaces = {"image": Euclidean(4), "digit": Finite(2)}
        return compile(regimes.supervised(), TorchFunctor(ob=spaces, ar={"model": nn.Linear(4, 2)}))

    (name,) = {each.name for each in regimes.supervised().sample_spaces}
    streamed, loaded = objective(), objective()
    history = fit(streamed, {name: source(batch_size=32, shuffle=64)}, epochs=2, progress=False)
    ready = source(batch_size=32, shuffle=64)
    rows = [*ready, *ready]
    fit(loaded, {name: rows}, steps=14, progress=False)
    assert len(history.steps) == 14
    assert all(torch.equal(a, b) for a, b in zip(streamed.parameters(), loaded.parameters(), strict=True))


def test_a_position_that_was_loaded_by_hand_is_that_of_training(tmp_path):
    source = written(tmp_path, 200, "parquet")
    stopped, resumed = source(batch_size=32, shuffle=64), source(batch_size=32, shuffle=64)
    whole = [batch["label"].tolist() for batch in source(batch_size=32, shuffle=64)]
    for _ in zip(range(3), stopped, strict=False):
        pass
    resumed.load_state_dict(stopped.state_dict())
    spaces = {"image": Euclidean(4), "digit": Finite(2)}
    objective = compile(regimes.supervised(), TorchFunctor(ob=spaces, ar={"model": nn.Linear(4, 2)}))
    taken = [batch["digits"]["label"].tolist() for batch in batches({"digits": resumed}, steps=4, objective=objective)]
    assert taken == whole[3:]


def test_absent_values_of_parquet_are_masked(tmp_path):
    parquet.write_table(pa.table({"x": [1.0, None, 3.0], "y": [1, 0, None]}), tmp_path / "rows.parquet")
    (batch,) = ParquetRows(tmp_path / "rows.parquet", batch_size=3)
    assert batch["x"][1].tolist() == [True, False, True] and batch["y"][1].tolist() == [True, True, False]
    (columns,) = [b["s"] for b in batches({"s": ParquetRows(tmp_path / "rows.parquet", batch_size=3)}, epochs=1)]
    assert columns["x"][1].tolist() == [True, False, True]


def test_a_pipeline_of_webdataset_is_a_source(tmp_path):
    wds = pytest.importorskip("webdataset")
    written(tmp_path, 60, "tar")
    urls = [str(tmp_path / f"{shard}.tar") for shard in range(3)]
    pipeline = wds.WebDataset(urls, shardshuffle=False).decode().rename(pixels="npy", label="cls")
    spaces = {"image": Euclidean(4), "digit": Finite(2)}
    objective = compile(regimes.supervised(), TorchFunctor(ob=spaces, ar={"model": nn.Linear(4, 2)}))
    (name,) = {each.name for each in regimes.supervised().sample_spaces}
    taken = list(batches({name: pipeline}, steps=3, batch_size=20, objective=objective, strict=False))
    assert torch.equal(torch.cat([batch[name]["pixels"] for batch in taken]), torch.tensor(table(60)[0]))


def tar(path, **files):
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def array_bytes(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def test_hostile_and_damaged_files_are_typed_errors(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nonsense PAR1")
    (tmp_path / "bad.arrow").write_bytes(b"ARROW1 nonsense")
    (tmp_path / "bad.tar").write_bytes(b"nonsense" * 100)
    (tmp_path / "empty").mkdir()
    for make, message in (
        (lambda: ParquetRows(tmp_path / "bad.parquet"), r"bad\.parquet' cannot be read"),
        (lambda: ArrowRows(tmp_path / "bad.arrow"), r"bad\.arrow' cannot be read"),
        (lambda: TarShards(tmp_path / "bad.tar", {"npy": "x"}), r"bad\.tar' cannot be read"),
        (lambda: ParquetRows(tmp_path / "none.parquet"), "there is no file"),
        (lambda: ParquetRows(tmp_path / "empty"), r"has no file that ends in \.parquet"),
        (lambda: ParquetRows([]), "the source has no file"),
        (lambda: TarShards("pipe:echo hostile", {"npy": "x"}), "there is no file"),
    ):
        with pytest.raises(ld.FileError, match=message):
            make()
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**13,)})
    claims = array_bytes(np.array([{}]), allow_pickle=True), array_bytes(np.zeros(3))[:-4], head.getvalue()
    for content, reason in (*((claim, "its head says") for claim in claims), (b"no array", "")):
        source = TarShards(tar(tmp_path / "rows.tar", a_npy=content), {"npy": "x"})
        with pytest.raises(ld.FileError, match=rf"'a\.npy' cannot be decoded: {reason}"):
            next(iter(source))
    tar(tmp_path / "lacks.tar", a_npy=array_bytes(np.zeros(3)), b_cls=b"1")
    with pytest.raises(ld.FileError, match=r"row 'a' has no file that ends in \.cls"):
        TarShards(tmp_path / "lacks.tar", {"npy": "x", "cls": "y"})
    tar(tmp_path / "uneven.tar", a_npy=array_bytes(np.zeros(3)), b_npy=array_bytes(np.zeros(4)))
    with pytest.raises(ld.FileError, match="rows of unequal shape"):
        next(iter(TarShards(tmp_path / "uneven.tar", {"npy": "x"})))


def test_bad_arguments_are_typed_errors(tmp_path, monkeypatch):
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"x": [1.0, 2.0]}), path)
    for make, error, message in (
        (lambda: ParquetRows(path, ["z"]), ld.UnknownName, "has no column 'z'"),
        (lambda: ParquetRows(path, "x"), ld.TypeMismatch, "is a dict or a list of names"),
        (lambda: ParquetRows(path, []), ld.TypeMismatch, "at least one"),
        (lambda: ParquetRows(3), ld.TypeMismatch, "a source is a path"),
        (lambda: ParquetRows(path, batch_size=0), ld.TypeMismatch, "batch_size must be"),
        (lambda: ParquetRows(path, shuffle=-1), ld.TypeMismatch, "shuffle must be"),
        (lambda: ParquetRows(path, batch_size=3, drop_last=True), ld.DataError, "a pass has no batch of 3 rows"),
        (lambda: TarShards(path, {}), ld.TypeMismatch, "from ending to column"),
        (lambda: TarShards(path, {"png": "x"}), ld.TypeMismatch, "decode= has no function for 'png'"),
    ):
        with pytest.raises(error, match=message):
            make()
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ld.FileError, match="need the package pyarrow"):
        ParquetRows(path)


MEMORY = """
import resource, sys
import torch
from torch import nn
from learning_diagrams import regimes
from learning_diagrams.backends.torch import Euclidean, Finite, ParquetRows, TorchFunctor, compile, fit

torch.set_num_threads(1)
functor = TorchFunctor(ob={"image": Euclidean(1), "digit": Finite(2)}, ar={"model": nn.Linear(1, 2)})
objective = compile(regimes.supervised(), functor)
rows = ParquetRows(sys.argv[1], {"x": "pixels", "y": "label"}, batch_size=16384, shuffle=65536)
(space,) = regimes.supervised().sample_spaces
fit(objective, {space.name: rows}, epochs=1, progress=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux")
def test_memory_does_not_grow_with_rows(tmp_path):
    peaks = []
    for million in (1, 10):
        x = np.random.default_rng(0).normal(size=10**6).astype("float32")
        one = pa.table({"x": pa.FixedSizeListArray.from_arrays(x, 1), "y": (x > 0).astype("int64")})
        with parquet.ParquetWriter(tmp_path / f"{million}.parquet", one.schema) as writer:
            for _ in range(million):
                writer.write_table(one)
        process = subprocess.run(
            [sys.executable, "-c", MEMORY, str(tmp_path / f"{million}.parquet")],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert process.returncode == 0, process.stderr
        peaks.append(int(process.stdout) / 1024)
    assert peaks[1] <= peaks[0] + 64, peaks
