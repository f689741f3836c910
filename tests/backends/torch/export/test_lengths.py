"""Open lengths of a program: free, one where a box needs them equal, told where it fixes them."""

import json
import sys

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Mask, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds
from learning_diagrams.backends.torch.plans.names.registry import MODULES

songs, heard, said, emb = (ld.Ty(name) for name in ("songs", "heard", "said", "emb"))
rows = ld.SampleSpace("rows")
pool, each = ld.Box("pool", songs @ heard, emb), ld.Box("pool", songs @ heard @ said, emb)
both = ld.Copy(rows.ty) >> rows.column("songs", songs) @ rows.presence("songs", heard)
SPACES = {songs: Tokens(9, None, padding=0), heard: Mask(None), said: Mask(None), emb: Euclidean(4)}
ENDINGS = [".pt2", pytest.param(".onnx", marks=pytest.mark.skipif(sys.platform == "win32", reason="onnxscript"))]


def metadata(path):
    if path.suffix == ".onnx":
        onnx = pytest.importorskip("onnx")
        return json.loads({each.key: each.value for each in onnx.load(path).metadata_props}["learning_diagram"])
    files = {"learning_diagram.json": ""}
    torch.export.load(path, extra_files=files)
    return json.loads(files["learning_diagram.json"])


def run(path, *values):
    """The outputs of a file."""
    if path.suffix == ".pt2":
        return torch.export.load(path).module()(*values)
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    numbers = [value.numpy() for value in values]
    return [torch.as_tensor(value) for value in session.run(None, dict(zip(names, numbers, strict=True)))]


class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(9, 4)

    def forward(self, x, mask):
        return (self.embed(x) * mask[..., None]).sum(1)


class Attention(Pool):
    def __init__(self):
        super().__init__()
        self.attend = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x, mask):
        v = self.embed(x)
        return self.attend(v, v, v, key_padding_mask=~mask)[0].mean(1)


class Apart(Pool):
    def forward(self, x, mask):
        return self.embed(x).sum(1) + mask.sum(1, keepdim=True)


class Three(Pool):
    def forward(self, x, mask, other):
        return super().forward(x, mask & other)


class Short(Pool):
    def forward(self, x, mask):
        return super().forward(x, mask) * (1 if x.shape[1] > 3 else 2)


class Recurrent(Pool):
    def __init__(self, kind):
        super().__init__()
        self.read = kind(4, 4, batch_first=True)

    def forward(self, x, mask):
        return self.read(self.embed(x))[0][:, -1]


def objective_of(module, box=pool, spaces=()):
    torch.manual_seed(0)
    three = ld.Copy(rows.ty) >> both @ rows.column("said", said)
    reading = {songs: rows.column("songs", songs), songs @ heard: both, songs @ heard @ said: three}[box.dom]
    diagram = ld.LearningDiagram(ld.Constraint("c", reading >> box, rows.column("y", emb)))
    return compile(diagram, TorchFunctor(ob=SPACES | dict(spaces), ar={box: module}))


def points(length, number=3):
    x = torch.randint(1, 9, (number, length))
    mask = torch.rand(number, length) > 0.4
    mask[:, 0] = True
    return x, mask


@pytest.mark.sampled(1)
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("module", [Pool, Attention])
def test_lengths_that_a_box_needs_equal_are_one_length_and_stay_open(tmp_path, module, ending):
    objective = objective_of(module())
    path = tmp_path / f"pool{ending}"
    for morphism in (pool, both >> pool):
        objective.export(path, morphism)
        assert [each["shape"] for each in metadata(path)["inputs"]] == [["rows", "songs_1"]] * 2
        for length in (1, 2, 6, 31):
            x, mask = points(length, length + 1)
            with torch.no_grad():
                torch.testing.assert_close(run(path, x, mask)[0], objective.model(pool).eval()(x, mask))
    with pytest.raises(Exception, match=r"(?i)songs|equal|dimension|broadcast|size"):
        run(path, points(5)[0], points(6)[1])


@pytest.mark.thorough
def test_the_sizes_of_an_onnx_model_share_their_name(tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    objective_of(Pool()).export(tmp_path / "pool.onnx", pool)
    values = onnx.load(tmp_path / "pool.onnx").graph.input
    sizes = [[size.dim_param for size in value.type.tensor_type.shape.dim] for value in values]
    assert sizes == [["rows", "songs_1"]] * 2


def test_lengths_of_a_box_that_needs_no_equal_ones_stay_apart(tmp_path):
    objective = objective_of(Apart())
    objective.export(tmp_path / "pool.pt2", pool)
    assert [each["shape"] for each in metadata(tmp_path / "pool.pt2")["inputs"]] == [["rows", None]] * 2
    x, mask = points(4)[0], points(7)[1]
    torch.testing.assert_close(run(tmp_path / "pool.pt2", x, mask)[0], objective.model(pool).eval()(x, mask))


def test_three_lengths_become_one(tmp_path):
    objective = objective_of(Three(), each)
    objective.export(tmp_path / "pool.pt2", each)
    assert [each["shape"] for each in metadata(tmp_path / "pool.pt2")["inputs"]] == [["rows", "songs_1"]] * 3
    for length in (2, 8):
        x, mask = points(length)
        other = points(length)[1]
        wanted = objective.model(each).eval()(x, mask, other)
        torch.testing.assert_close(run(tmp_path / "pool.pt2", x, mask, other)[0], wanted)


def test_the_length_of_a_draw_has_the_name_of_the_length_that_it_follows(tmp_path):
    path, line = ld.Ty("path"), ld.Kernel("line", ld.Ty("path"), ld.Ty("path"))
    end = ld.Box("end", path, emb)
    diagram = ld.LearningDiagram(ld.Constraint("c", rows.column("a", path) >> line >> end, rows.column("y", emb)))
    law = lambda v: torch.distributions.Independent(torch.distributions.Normal(v, torch.ones_like(v)), 2)  # noqa: E731
    modules = {line: law, end: lambda v: v.sum(1)}
    objective = compile(diagram, TorchFunctor(ob={path: Euclidean(None, 4), emb: Euclidean(4)}, ar=modules))
    objective.export(tmp_path / "line.pt2", line >> end, noise="input")
    about = metadata(tmp_path / "line.pt2")
    assert about["inputs"][0]["shape"] == about["noise"][0]["shape"] == ["rows", "path_1", 4]
    x, noise = torch.randn(2, 6, 4), torch.randn(2, 6, 4)
    torch.testing.assert_close(run(tmp_path / "line.pt2", x, noise)[0], (x + noise).sum(1))


@pytest.mark.sampled(1)
@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
def test_a_recurrent_layer_that_fixes_an_open_length_is_told_what_it_fixes(tmp_path, kind):
    with pytest.raises(ld.CompileError) as caught:
        objective_of(Recurrent(kind)).export(tmp_path / "pool.pt2", pool)
    text = str(caught.value)
    assert "cannot trace box 'pool' of the morphism songs @ heard → emb for any length of 'songs'; it raised" in text
    assert "write the length in place of None in Tokens(9, None, padding=0), or give the box a module" in text
    assert "rows;" not in text and "len(x)" not in text
    closed = {songs: Tokens(9, 6, padding=0), heard: Mask(6)}
    objective = objective_of(Recurrent(kind), spaces=closed)
    objective.export(tmp_path / "pool.pt2", pool)
    x, mask = points(6)
    torch.testing.assert_close(run(tmp_path / "pool.pt2", x, mask)[0], objective.model(pool).eval()(x, mask))


def test_a_branch_on_a_length_is_told_apart_from_one_on_rows(tmp_path):
    message = r"for any length of 'songs' and 'heard'; .* guard 4 <= songs_1; .* branch on x.shape.1"
    with pytest.raises(ld.CompileError, match=message):
        objective_of(Short()).export(tmp_path / "pool.pt2", pool)


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("both_ways", "message"),
    [
        (False, r"for any length of 'songs'; .* the box makes a number of an open length, as nn.GRU"),
        (True, r"; a program holds no packed sequences, as of the registered gru with both_ways and padding; read"),
    ],
)
def test_the_registered_gru_is_told_what_it_needs(tmp_path, both_ways, message):
    read = ld.Box("read", songs, emb)
    ends = BoxEnds("read", (SPACES[songs],), (SPACES[emb],), False)
    objective = objective_of(MODULES.make("gru", {"width": 4, "both_ways": both_ways}, ends), read)
    with pytest.raises(ld.CompileError, match=message):
        objective.export(tmp_path / "read.pt2", read)
