"""A file of a trained composite computes the values of the model, and says what its inputs and outputs are."""

import json
import sys
import zipfile

import pytest
import torch
from torch import nn
from torch.distributions import Categorical, Gamma, Independent, LogNormal, MultivariateNormal, Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch.functor.discrete import Bernoulli, Finite
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import Euclidean
from learning_diagrams.backends.torch.objective.compiler import compile

image, code, label, word = (ld.Ty(name) for name in ("image", "code", "label", "word"))
digits = ld.SampleSpace("digits")
pixels, right = digits.column("pixels", image), digits.column("right", label)
first, drawn, second = ld.Box("encode", image, code), ld.Kernel("encode", image, code), ld.Kernel("decode", code, label)
SPACES = {image: Euclidean(4), code: Euclidean(2), label: Finite(3)}


class Law(nn.Module):
    """A kernel: a linear map of its input gives the parameters of a law."""

    def __init__(self, law, inputs=4, outputs=2):
        super().__init__()
        self.linear, self.law = nn.Linear(inputs, outputs), law

    def forward(self, x):
        return self.law(self.linear(x))


def gaussian(mean):
    return Independent(Normal(mean, mean.exp()), 1)


def objective_of(encode, box=drawn, spaces=(), decode=second):
    """An objective with pixels >> encode >> decode against labels."""
    torch.manual_seed(0)
    functor = TorchFunctor(ob=SPACES | dict(spaces), ar={box: encode, decode: nn.Linear(2, 3)})
    return compile(ld.LearningDiagram(ld.Constraint("fit", pixels >> box >> decode, right)), functor)


def deterministic():
    return objective_of(nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2), nn.Dropout(0.5)), first)


def metadata(path):
    if path.suffix == ".pt2":
        with zipfile.ZipFile(path) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("extra/learning_diagram.json")]
            return json.loads(archive.read(name))
    onnx = pytest.importorskip("onnx")
    return json.loads({each.key: each.value for each in onnx.load(path).metadata_props}["learning_diagram"])


def run(path, *values):
    """The outputs of a file."""
    if path.suffix == ".pt2":
        return torch.export.load(path).module()(*values)
    runtime = pytest.importorskip("onnxruntime")
    names = [each["name"] for part in ("inputs", "noise") for each in metadata(path)[part]]
    numbers = [value.numpy() for value in values]
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return [torch.as_tensor(value) for value in session.run(None, dict(zip(names, numbers, strict=True)))]


ENDINGS = [".pt2", pytest.param(".onnx", marks=pytest.mark.skipif(sys.platform == "win32", reason="onnxscript"))]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_computes_the_values_of_the_model_in_eval_for_any_rows(tmp_path, ending):
    objective = deterministic()
    path = tmp_path / f"student{ending}"
    objective.train()
    before = {name: value.clone() for name, value in objective.state_dict().items()}
    state = torch.get_rng_state()
    objective.export(path)
    assert torch.equal(torch.get_rng_state(), state) and objective.training and objective.boxes.of("encode").training
    assert all(torch.equal(before[name], value) for name, value in objective.state_dict().items())
    model = objective.model(first >> second).eval()
    with torch.no_grad():
        objective.eval()
        for rows in (1, 2, 9):
            x = torch.randn(rows, 4)
            (value,) = run(path, x)
            assert value.shape == (rows, 3) and torch.allclose(value, model(x), atol=1e-6)
    about = metadata(path)
    assert about["digest"] == objective.diagram.digest() and about["type"] == "digits → label"
    assert about["morphism"] == "pixels >> encode >> decode"
    assert about["inputs"] == [
        {"name": "pixels", "object": "image", "space": "Euclidean(4)", "dtype": "float32", "shape": ["rows", 4]}
    ]
    assert about["outputs"] == [{"name": "label", "object": "label", "dtype": "float32"}] and about["noise"] == []


def test_names_and_sizes_of_an_onnx_model_are_those_of_the_diagram(tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    back = ld.Box("back", code, image)
    functor = TorchFunctor(
        ob={image: Euclidean(4), code: Euclidean(2)}, ar={first: nn.Linear(4, 2), back: nn.Linear(2, 4)}
    )
    objective = compile(ld.LearningDiagram(ld.Constraint("cycle", pixels >> first >> back, pixels)), functor)
    objective.export(tmp_path / "cycle.onnx", first >> back)
    graph = onnx.load(tmp_path / "cycle.onnx").graph
    sizes = {
        value.name: [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }
    assert sizes == {"image": ["rows", 4], "image_2": ["rows", 4]}


LAWS = {
    "Normal": (gaussian, ["loc", "scale"]),
    "Categorical": (lambda x: Categorical(logits=x), ["logits"]),
    "LogNormal": (lambda x: Independent(LogNormal(x, x.exp()), 1), ["loc", "scale"]),
    "MultivariateNormal": (lambda x: MultivariateNormal(x, torch.diag_embed(x.exp())), ["loc", "covariance_matrix"]),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_distribution_gives_its_parameters_by_name(tmp_path, name):
    law, parameters = LAWS[name]
    space = {code: Euclidean()} if name == "Categorical" else {}
    kernel = ld.Kernel("encode", image, code)
    functor = TorchFunctor(ob={image: Euclidean(4), code: Euclidean(2)} | space, ar={kernel: Law(law)})
    target = digits.column("target", code)
    objective = compile(ld.LearningDiagram(ld.Constraint("fit", pixels >> kernel, target, divergence="nll")), functor)
    path = tmp_path / "law.pt2"
    objective.export(path, pixels >> kernel)
    described = metadata(path)["outputs"]
    assert sorted(each["name"] for each in described) == sorted(f"code.{each}" for each in parameters)
    assert {each["distribution"] for each in described} == {name}
    x = torch.randn(5, 4)
    wanted = objective.model(kernel)(x)
    wanted = getattr(wanted, "base_dist", wanted) if name != "LogNormal" else wanted.base_dist
    for each, value in zip(described, run(path, x), strict=True):
        assert torch.allclose(value, getattr(wanted, each["parameter"]))


SAMPLED = {
    "normal": ({}, Law(gaussian), lambda n: torch.empty(n, 2).normal_(), "normal"),
    "straight_through": (
        {code: Finite(2, sample="straight-through")},
        nn.Linear(4, 2),
        lambda n: torch.empty(n, 2).exponential_(),
        "exponential",
    ),
    "gumbel": (
        {code: Finite(2, sample="gumbel")},
        nn.Linear(4, 2),
        lambda n: torch.empty(n, 2).exponential_(),
        "exponential",
    ),
    "bits": ({code: Bernoulli(2, sample="straight-through")}, nn.Linear(4, 2), lambda n: torch.rand(n, 2), "uniform"),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", SAMPLED)
def test_the_numbers_of_a_draw_are_an_input(tmp_path, name):
    spaces, encode, numbers, law = SAMPLED[name]
    objective = objective_of(encode, spaces=spaces)
    path = tmp_path / "drawn.pt2"
    with pytest.raises(ld.CompileError, match=r"draws random numbers inside, in box 'encode'.*noise='input'"):
        objective.export(path, pixels >> drawn >> second)
    assert not path.exists()
    objective.export(path, pixels >> drawn >> second, noise="input")
    (noise,) = metadata(path)["noise"]
    assert (noise["name"], noise["law"], noise["shape"]) == ("encode.noise", law, ["rows", 2])
    x = torch.randn(7, 4)
    torch.manual_seed(3)
    wanted = objective.model(drawn >> second)(x)
    torch.manual_seed(3)
    assert torch.allclose(run(path, x, numbers(7))[0], wanted, atol=1e-6)


def test_two_draws_are_two_inputs_in_the_order_of_the_model(tmp_path):
    objective = objective_of(Law(gaussian))
    pair = ld.Kernel("pair", code @ code, label)
    functor = TorchFunctor(ob=objective.functor.spaces, ar={drawn: objective.boxes.of("encode"), pair: Pair()})
    twice = pixels >> ld.Copy(image) >> drawn @ drawn >> pair
    objective = compile(ld.LearningDiagram(ld.Constraint("fit", twice, right)), functor)
    path = tmp_path / "pair.pt2"
    objective.export(path, noise="input")
    assert [each["name"] for each in metadata(path)["noise"]] == ["encode.noise", "encode.noise_2"]
    x, one, two = torch.randn(6, 4), torch.randn(6, 2), torch.randn(6, 2)
    mean = objective.boxes.of("encode").linear(x)
    wanted = objective.boxes.of("pair")(mean + mean.exp() * one, mean + mean.exp() * two)
    assert torch.allclose(run(path, x, one, two)[0], wanted, atol=1e-6)


def test_each_draw_has_the_name_of_its_kernel(tmp_path):
    more = ld.Kernel("more", code, code)
    functor = TorchFunctor(ob=SPACES, ar={drawn: Law(gaussian), more: Law(gaussian, 2, 2), second: nn.Linear(2, 3)})
    chain = ld.Constraint("fit", pixels >> drawn >> more >> second, right)
    compile(ld.LearningDiagram(chain), functor).export(tmp_path / "chain.pt2", noise="input")
    noise = metadata(tmp_path / "chain.pt2")["noise"]
    assert [(each["name"], each["box"]) for each in noise] == [("encode.noise", "encode"), ("more.noise", "more")]


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, left, right):
        return self.linear(torch.cat([left, right], -1))


class Noisy(nn.Module):
    def forward(self, x):
        return x[:, :2] + torch.randn_like(x[:, :2])


def test_a_box_that_draws_inside_is_named(tmp_path):
    objective = objective_of(Noisy(), ld.Box("noisy", image, code))
    with pytest.raises(ld.CompileError, match="in box 'noisy'"):
        objective.export(tmp_path / "noisy.pt2")
    objective.export(tmp_path / "noisy.pt2", noise="input")
    assert metadata(tmp_path / "noisy.pt2")["noise"][0]["name"] == "noisy.noise"


def test_a_law_that_the_program_computes_is_refused(tmp_path):
    objective = objective_of(Law(lambda x: Independent(Gamma(x.exp(), x.exp()), 1)))
    with pytest.raises(ld.CompileError, match="box 'encode' draws by _standard_gamma, whose law the program computes"):
        objective.export(tmp_path / "gamma.pt2", noise="input")


def test_positions_stay_of_any_size(tmp_path):
    cloud, centre = ld.Ty("cloud"), ld.Ty("centre")
    clouds = ld.SampleSpace("clouds")
    points, middle = clouds.column("points", cloud), clouds.column("middle", centre)
    find = ld.Box("find", cloud, centre)
    functor = TorchFunctor(ob={cloud: Euclidean(None, 3), centre: Euclidean(3)}, ar={find: Mean()})
    objective = compile(ld.LearningDiagram(ld.Constraint("fit", points >> find, middle)), functor)
    path = tmp_path / "find.pt2"
    objective.export(path)
    assert metadata(path)["inputs"][0]["shape"] == ["rows", None, 3]
    for shape in ((1, 2, 3), (4, 9, 3)):
        x = torch.rand(shape)
        assert torch.allclose(run(path, x)[0], objective.model(find)(x), atol=1e-6)


class Mean(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x):
        return self.linear(x.mean(1))


def test_bad_arguments_are_typed_errors_and_an_old_file_stays(tmp_path, monkeypatch):
    objective = deterministic()
    path = tmp_path / "student.pt2"
    path.write_bytes(b"old")
    for arguments, error, message in (
        ((tmp_path / "student.pth",), ld.FileError, r"ends in \.pt2 or \.onnx"),
        ((3,), ld.FileError, r"ends in \.pt2 or \.onnx"),
        ((tmp_path / "none" / "student.pt2",), ld.FileError, "cannot write"),
        ((path, "student"), ld.TypeMismatch, "takes a morphism"),
        ((path, ld.Box("other", image, code)), ld.UnknownName, "other"),
    ):
        with pytest.raises(error, match=message):
            objective.export(*arguments)
    with pytest.raises(ld.TypeMismatch, match="noise= is None or 'input'"):
        objective.export(path, noise=True)
    assert path.read_bytes() == b"old" and [*tmp_path.iterdir()] == [path]
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ld.FileError, match=r"needs onnxscript: pip install 'learning-diagrams\[onnx\]'"):
        objective.export(tmp_path / "student.onnx")


def test_several_constraints_need_a_morphism(tmp_path):
    objective = deterministic()
    again = ld.Constraint("again", pixels >> first >> second, right)
    two = ld.LearningDiagram(*objective.diagram.constraints, again)
    with pytest.raises(ld.TypeMismatch, match="has 2 constraints"):
        compile(two, objective.functor).export(tmp_path / "student.pt2")


class InParts(nn.Module):
    """A kernel that draws into a part of a tensor."""

    def forward(self, x):
        noise = torch.zeros_like(x[:, :2])
        noise[:, :1].normal_(2.0, 3.0)
        return gaussian(x[:, :2] + noise)


def test_a_draw_into_a_part_of_a_tensor_is_an_input_too(tmp_path):
    objective_of(InParts()).export(tmp_path / "parts.pt2", pixels >> drawn, noise="input")
    (noise,) = metadata(tmp_path / "parts.pt2")["noise"]
    assert (noise["shape"], noise["numbers"]) == (["rows", 1], [2.0, 3.0])
    x, drawn_numbers = torch.randn(5, 4), torch.randn(5, 1)
    loc, _ = run(tmp_path / "parts.pt2", x, drawn_numbers)
    assert torch.allclose(loc, x[:, :2] + torch.cat([drawn_numbers, torch.zeros(5, 1)], 1))


def test_a_morphism_without_inputs_is_written_and_one_without_outputs_is_refused(tmp_path):
    start = ld.Box("start", ld.Ty(), code)
    functor = TorchFunctor(SPACES, {start: lambda: torch.ones(1, 2), first: nn.Linear(4, 2), second: nn.Linear(2, 3)})
    fit = ld.Constraint("fit", pixels >> first >> second, right)
    objective = compile(
        ld.LearningDiagram(fit, ld.Constraint("near", pixels >> first, ld.Discard(pixels.dom) >> start)), functor
    )
    objective.export(tmp_path / "start.pt2", start >> second)
    (value,) = run(tmp_path / "start.pt2")
    assert torch.allclose(value, objective.model(start >> second)())
    with pytest.raises(ld.CompileError, match="has no output"):
        objective.export(tmp_path / "nothing.pt2", first >> ld.Discard(code))
