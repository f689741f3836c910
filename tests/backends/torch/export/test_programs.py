"""Programs of networks, composites and laws of many kinds compute what the model computes, without this library."""

import subprocess
import sys

import pytest
import torch
from torch import distributed, nn
from torch.distributed.fsdp import fully_shard
from torch.distributions import Independent, MultivariateNormal, Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.export.flat_module import parameters_of
from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds
from learning_diagrams.backends.torch.plans.names.registry import MODULES

x, y, z = (ld.Ty(name) for name in "xyz")
rows = ld.SampleSpace("rows")
f, g, h, k = ld.Box("f", x, y), ld.Box("g", y, y), ld.Kernel("h", y @ x, z), ld.Kernel("k", x, y)
IMAGE, WORDS, PATH = Euclidean(1, 8, 8), Tokens(11, 6), Euclidean(6, 3)
ONNX = pytest.param(".onnx", marks=pytest.mark.skipif(sys.platform == "win32", reason="onnxscript"))


class Of(nn.Module):
    """A function of a linear map and of arguments."""

    def __init__(self, function, *sizes):
        super().__init__()
        self.linear, self.function = nn.Linear(*sizes), function

    def forward(self, *points):
        return self.function(self.linear, *points)


def of_box(box, space, output, module):
    """An objective with one box."""
    functor = TorchFunctor(ob={box.dom.inside[0].name: space, box.cod.inside[0].name: output}, ar={box: module})
    start, target = rows.column("a start", box.dom), rows.column("a target", box.cod)
    law = isinstance(box, ld.Kernel) and isinstance(output, Euclidean)
    return compile(
        ld.LearningDiagram(ld.Constraint("fit", start >> box, target, **({"divergence": "nll"} if law else {}))),
        functor,
    )


def point(space, number):
    shape = (number, *(7 if size is None else size for size in space.point_shape))
    return torch.randint(space.outcomes, shape) if space.outcomes else torch.randn(shape, dtype=space.dtype)


def reader(path):
    """The function from points to outputs that a file holds."""
    if path.suffix == ".pt2":
        return torch.export.load(path).module()
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    return lambda *points: [
        torch.as_tensor(value)
        for value in session.run(None, {name: a.numpy() for name, a in zip(names, points, strict=True)})
    ]


def require_same(objective, morphism, path, numbers=(1, 2, 7, 100)):
    """The file computes the values of the model on any number of rows."""
    objective.export(path, morphism)
    model, program = objective.model(morphism).eval(), reader(path)
    for number in numbers:
        points = [point(space, number) for space in model.spaces]
        with torch.no_grad():
            wanted = model(*points)
        parts = wanted if isinstance(wanted, tuple) else (wanted,)
        tensors = [tensor for part in parts for tensor in parameters_of(part).values()]
        for a, b in zip(tensors, program(*points), strict=True):
            assert a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a, b, atol=1e-5)


NETWORKS = {
    "linear": (IMAGE, Finite(3), {}),
    "mlp": (IMAGE, Finite(3), {"dropout": 0.5}),
    "cnn": (IMAGE, Finite(3), {}),
    "resnet": (IMAGE, Euclidean(2, 2), {}),
    "gru": (WORDS, Tokens(4, 6), {"both_ways": True, "layers": 2, "dropout": 0.1}),
    "transformer": (WORDS, Finite(3), {"dropout": 0.1, "layers": 1}),
    "transformer, causal": (PATH, Euclidean(6, 2), {"causal": True, "layers": 1}),
}


def network(name):
    space, output, options = NETWORKS[name]
    box = f if isinstance(output, Euclidean) else ld.Kernel("f", x, z)
    ends = BoxEnds("f", (space,), (output,), isinstance(box, ld.Kernel))
    return box, of_box(box, space, output, MODULES.make(name.partition(",")[0], options, ends))


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", ["linear", "transformer", "transformer, causal"])
def test_a_registered_network_is_a_program(name, tmp_path):
    box, objective = network(name)
    require_same(objective, box, tmp_path / "f.pt2", (1, 4))


@pytest.mark.thorough
@pytest.mark.parametrize("ending", [".pt2", ONNX])
@pytest.mark.parametrize("name", NETWORKS)
def test_each_registered_network_is_a_program_on_any_number_of_rows(name, ending, tmp_path):
    box, objective = network(name)
    require_same(objective, box, tmp_path / f"f{ending}")


MORPHISMS = {
    "copy": ld.Copy(x) >> (f >> g) @ x >> h,
    "swap": ld.Swap(x, y) >> h,
    "identity": ld.Copy(x),
    "discard": ld.Discard(y) @ f,
    "used often": f >> g >> g >> g,
    "two outputs of one name": ld.Copy(x) >> f @ (f >> g),
    "product": f @ g,
}


@pytest.mark.thorough
@pytest.mark.parametrize("ending", [".pt2", ONNX])
@pytest.mark.parametrize("name", MORPHISMS)
def test_a_composite_is_a_program(name, ending, tmp_path):
    joined = Of(lambda linear, a, b: linear(torch.cat([a, b], -1)), 6, 3)
    norm = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
    functor = TorchFunctor(
        ob={x: Euclidean(4), y: Euclidean(2), z: Finite(3)}, ar={f: nn.Linear(4, 2), g: norm, h: joined}
    )
    fit = ld.Constraint("fit", rows.column("x", x) >> ld.Copy(x) >> (f >> g) @ x >> h, rows.column("z", z))
    require_same(compile(ld.LearningDiagram(fit), functor), MORPHISMS[name], tmp_path / f"m{ending}")


def mean(linear, words):
    return linear(nn.functional.one_hot(words, 11).float().mean(1))


def normal(linear, a):
    return Independent(Normal(linear(a), linear(a).exp()), 1)


def correlated(linear, a):
    return MultivariateNormal(linear(a), torch.diag_embed(linear(a).exp()))


BOXES = {
    "float64": (f, Euclidean(4, dtype=torch.float64), lambda: nn.Linear(4, 2, dtype=torch.float64)),
    "float16": (f, Euclidean(4, dtype=torch.float16), lambda: nn.Linear(4, 2, dtype=torch.float16)),
    "tokens": (f, Tokens(11, None), lambda: Of(mean, 11, 2)),
    "normal": (k, Euclidean(4), lambda: Of(normal, 4, 2)),
    "normal with correlations": (k, Euclidean(4), lambda: Of(correlated, 4, 2)),
}


@pytest.mark.thorough
@pytest.mark.parametrize("ending", [".pt2", ONNX])
@pytest.mark.parametrize("name", BOXES)
def test_points_and_laws_of_each_kind_are_in_a_program(name, ending, tmp_path):
    box, space, module = BOXES[name]
    require_same(of_box(box, space, Euclidean(2), module()), box, tmp_path / f"f{ending}")


@pytest.mark.thorough
def test_onnx_has_no_complex_numbers(tmp_path):
    pytest.importorskip("onnxscript")
    space = Euclidean(2, dtype=torch.complex64)
    objective = of_box(g, space, space, nn.Linear(2, 2, dtype=torch.complex64))
    with pytest.raises(ld.CompileError, match=r"does not translate aten\.linear\.default, or not for its dtype"):
        objective.export(tmp_path / "g.onnx", g)


@pytest.mark.thorough
def test_a_box_that_is_translated_for_one_size_only_is_refused(tmp_path):
    pytest.importorskip("onnxruntime")
    pooled = nn.Sequential(nn.Embedding(11, 2), nn.AdaptiveAvgPool2d((1, 2)), nn.Flatten())
    with pytest.raises(ld.CompileError, match="PyTorch translates a box to ONNX for one size only"):
        of_box(f, Tokens(11, None), Euclidean(2), pooled).export(tmp_path / "f.onnx", f)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["größer; 1.f", "class"])
def test_names_and_sizes_of_any_letters_are_read_again_and_no_path_of_the_machine_is_kept(name, tmp_path):
    box = ld.Box(name, ld.Ty("3d points, x²"), ld.Ty("Ω/y"))
    objective = of_box(box, Euclidean(None, 3), Euclidean(2), Of(lambda linear, a: linear(a.mean(1)), 3, 2))
    require_same(objective, box, tmp_path / "f.pt2")
    objective.export(tmp_path / "f.pt2")
    assert b"flat_module.py" not in (tmp_path / "f.pt2").read_bytes()


class Shared(nn.Module):
    """Logits by the weights of the embedding."""

    def __init__(self):
        super().__init__()
        self.words, self.logits = nn.Embedding(50, 400), nn.Linear(400, 50, bias=False)
        self.logits.weight = self.words.weight

    def forward(self, a):
        return self.logits(self.words(a))


@pytest.mark.parametrize("ending", [".pt2", pytest.param(".onnx", marks=[*ONNX.marks, pytest.mark.thorough])])
def test_weights_that_are_shared_are_in_a_file_once(ending, tmp_path):
    box = ld.Kernel("f", x, x)
    require_same(of_box(box, Tokens(50, 6), Tokens(50, 6), Shared()), box, path := tmp_path / f"f{ending}")
    assert 80_000 < path.stat().st_size < 120_000


def test_a_draw_in_an_inner_graph_is_an_input(tmp_path):
    def noisy(linear, a):
        with torch.enable_grad():  # a graph inside the graph
            noise = torch.randn_like(a)
        return linear(a + noise)

    objective, path = of_box(f, Euclidean(4), Euclidean(2), Of(noisy, 4, 2)), tmp_path / "f.pt2"
    with pytest.raises(ld.CompileError, match="draws random numbers inside, in box 'f'"):
        objective.export(path, f)
    objective.export(path, f, noise="input")
    a, noise = torch.randn(2, 5, 4)
    assert torch.allclose(reader(path)(a, noise)[0], objective.boxes.of("f").linear(a + noise), atol=1e-6)


def test_what_cannot_be_traced_is_said_by_the_error_alone(tmp_path, capfd):
    peeking = Of(lambda linear, a: linear(a) if a.sum() > 0 else -linear(a), 4, 2)
    with pytest.raises(ld.CompileError, match="a box may not look at values in Python"):
        of_box(f, Euclidean(4), Euclidean(2), peeking).export(tmp_path / "f.pt2", f)
    assert capfd.readouterr() == ("", "")


def test_a_sharded_box_is_refused(tmp_path):
    objective = of_box(f, Euclidean(4), Euclidean(2), nn.Linear(4, 2))
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        fully_shard(objective.boxes.of("f"))
        with pytest.raises(ld.CompileError, match="box 'f' is sharded over the processes"):
            objective.export(tmp_path / "f.pt2", f)
    finally:
        distributed.destroy_process_group()


ALONE = """
import sys
sys.modules["learning_diagrams"] = None
import torch
files = {"learning_diagram.json": ""}
program = torch.export.load("f.pt2", extra_files=files).module()
print([value.shape[0] for rows in (1, 9) for value in program(torch.zeros(rows, 1, 8, 8))], '"digest"' in str(files))
"""


@pytest.mark.thorough
def test_a_program_runs_in_a_process_without_this_library(tmp_path):
    box, objective = network("mlp")
    objective.export(tmp_path / "f.pt2", box)
    answer = subprocess.run([sys.executable, "-c", ALONE], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.stdout.strip() == "[1, 9] True", answer.stderr
