"""Any composite is a module of its own, and goes through torch.export."""

import io

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

torch.set_num_threads(1)
image, code, digit = ld.Ty("image"), ld.Ty("code"), ld.Ty("digit")
rows = ld.SampleSpace("rows")
x, y = rows.column("x", image), rows.column("y", digit)
encode, mix = ld.Box("encode", image, code), ld.Box("mix", code @ code, code)
pair, classify = ld.Box("pair", code, code @ image), ld.Kernel("classify", code, digit)
offset, blend = ld.Box("offset", ld.Ty(), code), ld.Box("blend", digit, code)
d = ld.LearningDiagram(
    ld.Constraint("c", x >> encode >> classify, y),
    ld.Constraint("m", x >> encode >> ld.Copy(code) >> mix, x >> encode),
    ld.Constraint("p", x >> encode >> pair, x >> encode @ ld.Id(ld.Ty()) >> pair, divergence="absolute"),
    ld.Constraint("o", x >> encode, ld.Discard(rows.ty) >> offset),
    ld.Constraint("b", x >> encode >> classify >> blend, x >> encode),
    frozen=[encode],
)


class Mix(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, a, b):
        return self.linear(torch.cat([a, b], 1))


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 6)

    def forward(self, a):
        return 2 * a, self.linear(a)


class Offset(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.randn(1, 4))

    def forward(self):
        return self.value


@pytest.fixture(scope="module")
def objective():
    torch.manual_seed(0)
    modules = {encode: nn.Sequential(nn.Linear(6, 4), nn.Tanh()), mix: Mix(), pair: Pair(), classify: nn.Linear(4, 3)}
    modules |= {offset: Offset(), blend: nn.Linear(3, 4)}
    spaces = {image: Euclidean(6), code: Euclidean(4), digit: Finite(3, sample="expectation")}
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(d, TorchFunctor(ob=spaces, ar=modules)).eval()


COMPOSITES = {
    "a box": encode,
    "a kernel at the end": encode >> classify,
    "copies": encode >> ld.Copy(code) >> mix,
    "several inputs": encode @ code >> mix,
    "several outputs": encode >> pair,
    "swapped and discarded": ld.Swap(image, code) >> code @ ld.Discard(image),
    "a constant": code @ offset >> mix,
    "a draw inside": encode >> classify >> blend,
    "an identity": ld.Id(image),
}


STRICT = ("several outputs", "a draw inside")


@pytest.mark.sampled(5)
@pytest.mark.parametrize(("name", "strict"), [*((n, False) for n in COMPOSITES), *((n, True) for n in STRICT)])
def test_a_composite_is_exported_with_any_number_of_rows(objective, name, strict):
    model = objective.model(COMPOSITES[name])
    assert isinstance(model, nn.Module)
    size = {"image": 6, "code": 4}
    inputs = tuple(torch.randn(5, size[ob.name]) for ob in model_inputs(name))
    any_rows = torch.export.Dim("rows", min=2)
    program = torch.export.export(model, inputs, strict=strict, dynamic_shapes=(tuple({0: any_rows} for _ in inputs),))
    more = tuple(torch.randn(9, size[ob.name]) for ob in model_inputs(name))
    torch.testing.assert_close(program.module()(*more), model(*more))
    stored = io.BytesIO()
    torch.export.save(program, stored)
    stored.seek(0)
    torch.testing.assert_close(torch.export.load(stored).module()(*more), model(*more))
    assert {key.split(".", 1)[0] for key in program.state_dict} <= {"boxes"}


def model_inputs(name):
    return COMPOSITES[name].dom.inside


def test_a_model_from_data_is_exported_too(objective):
    model = objective.model(x >> encode >> classify)
    columns = {"x": torch.randn(5, 6)}
    program = torch.export.export(model, (columns,))
    torch.testing.assert_close(program.module()(columns), model(columns))


def test_a_traced_model_trains_on():
    """Weights are shared with the objective until they are exported."""
    torch.manual_seed(0)
    linear = nn.Linear(6, 4)
    loss = compile(
        ld.LearningDiagram(ld.Constraint("c", x >> encode, ld.Discard(rows.ty) >> offset)),
        TorchFunctor(ob={image: Euclidean(6), code: Euclidean(4)}, ar={encode: linear, offset: Offset()}),
    )
    program = torch.export.export(loss.model(encode), (torch.ones(2, 6),))
    with torch.no_grad():
        linear.weight.zero_()
        linear.bias.zero_()
    assert loss.model(encode)(torch.ones(2, 6)).abs().sum() == 0
    assert program.module()(torch.ones(2, 6)).shape == (2, 4)
