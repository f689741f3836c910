"""`from_onnx`: values are those of ONNX's own evaluator; malformed and hostile models are refused by name."""

from contextlib import suppress

import numpy as np
import onnx
import onnx.helper
import onnx.parser
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator
from torch import nn

from learning_diagrams import FileError, UnknownName
from learning_diagrams.backends.torch import TorchFunctor, from_onnx
from learning_diagrams.backends.torch.networks import onnx_file
from learning_diagrams.backends.torch.networks.onnx_operators import OPERATORS

HEAD = '<ir_version: 8, opset_import: ["": 20]>\n'
A = "{" + ", ".join(str(round(0.3 * i - 1, 1)) for i in range(12)) + "}"
K = "{" + ", ".join(str(round(0.1 * i - 0.8, 1)) for i in range(18)) + "}"
# Operator, its inputs, and constants; x is [rows, 4], i is [rows, 2, 6, 6], n holds whole numbers [rows, 3].
CASES = [
    ("Abs(x)", ""),
    ("Add(x, c)", "float[4] c = {1, 2, 3, 4}"),
    ("AveragePool<kernel_shape = [2, 2], strides = [2, 2], pads = [1, 1, 1, 1]>(i)", ""),
    ("AveragePool<kernel_shape = [3, 2], count_include_pad = 1, pads = [1, 0, 1, 0]>(i)", ""),
    (
        "BatchNormalization(i, s, t, m, v)",
        "float[2] s = {1, 2}, float[2] t = {0, 1}, float[2] m = {0.5, 1}, float[2] v = {2, 3}",
    ),
    ("Clip(x, l, h)", "float l = {-0.5}, float h = {0.7}"),
    ("Concat<axis = 1>(x, x)", ""),
    ("Conv<kernel_shape = [3, 3]>(i, w)", f"float[1, 2, 3, 3] w = {K}"),
    (
        "Conv<kernel_shape = [3, 3], pads = [1, 0, 2, 1], strides = [2, 1]>(i, w, b)",
        f"float[1, 2, 3, 3] w = {K}, float[1] b = {{2}}",
    ),
    ("Conv<kernel_shape = [3, 3], pads = [1, 2, 1, 2], dilations = [2, 1]>(i, w)", f"float[1, 2, 3, 3] w = {K}"),
    ("Div(x, c)", "float c = {3}"),
    ("Dropout(x)", ""),
    ("Elu<alpha = 0.5>(x)", ""),
    ("Erf(x)", ""),
    ("Exp(x)", ""),
    ("Flatten(i)", ""),
    ("Gather(c, n)", f"float[6, 2] c = {A}"),
    ("Gelu(x)", ""),
    ('Gelu<approximate = "tanh">(x)', ""),
    ("Gemm<transB = 1>(x, w, b)", f"float[3, 4] w = {A}, float[3] b = {{1, 2, 3}}"),
    ("Gemm<alpha = 0.5, beta = 2.0>(x, w, b)", f"float[4, 3] w = {A}, float[1, 3] b = {{1, 2, 3}}"),
    ("GlobalAveragePool(i)", ""),
    ("Identity(x)", ""),
    ("LayerNormalization(x, s, t)", "float[4] s = {1, 2, 3, 4}, float[4] t = {0, 1, 0, 1}"),
    ("LeakyRelu<alpha = 0.2>(x)", ""),
    ("LogSoftmax(x)", ""),
    ("MatMul(x, w)", f"float[4, 3] w = {A}"),
    ("MaxPool<kernel_shape = [3, 3], pads = [1, 2, 0, 1], strides = [2, 1]>(i)", ""),
    ("Mul(x, c)", "float c = {0.5}"),
    ("Neg(x)", ""),
    ("Pow(x, c)", "float c = {2}"),
    ("Reciprocal(x)", ""),
    ("ReduceMean<keepdims = 0>(i, a)", "int64[2] a = {2, -1}"),
    ("ReduceSum(x, a)", "int64[1] a = {1}"),
    ("Relu(x)", ""),
    ("Reshape(i, s)", "int64[3] s = {0, 4, -1}"),
    ("Sigmoid(x)", ""),
    ("Softmax<axis = 1>(i)", ""),
    ("Softplus(x)", ""),
    ("Squeeze(u, a)", "int64[1] a = {1}"),
    ("Sub(x, c)", "float[4] c = {1, 2, 3, 4}"),
    ("Tanh(x)", ""),
    ("Transpose<perm = [0, 3, 1, 2]>(i)", ""),
    ("Unsqueeze(x, a)", "int64[2] a = {1, -1}"),
]
POSITIVE = ("Log(p)", "Sqrt(p)")
INPUTS = {
    "x": ("float[N, 4]", lambda rows, draw: draw.standard_normal((rows, 4), np.float32)),
    "i": ("float[N, 2, 6, 6]", lambda rows, draw: draw.standard_normal((rows, 2, 6, 6), np.float32)),
    "n": ("int64[N, 3]", lambda rows, draw: draw.integers(-6, 6, (rows, 3))),
    "p": ("float[N, 4]", lambda rows, draw: draw.random((rows, 4), np.float32) + 0.1),
    "u": ("float[N, 1, 4]", lambda rows, draw: draw.standard_normal((rows, 1, 4), np.float32)),
}


def model_of(call, constants="", outputs="y"):
    read = next(name for name in INPUTS if f"({name})" in call or f"({name}," in call or f", {name})" in call)
    constants = f"<{constants}>" if constants else ""
    text = f"{HEAD}net ({INPUTS[read][0]} {read}) => (float[N] y) {constants} {{ {outputs} = {call} }}"
    return onnx.parser.parse_model(text), read


@pytest.mark.parametrize(("call", "constants"), [*CASES, *((call, "") for call in POSITIVE)])
def test_an_operator_computes_what_onnx_does(call, constants):
    model, name = model_of(call, constants)
    module = from_onnx(model.SerializeToString()).model()
    for rows in (1, 5):
        value = INPUTS[name][1](rows, np.random.default_rng(rows))
        expected = ReferenceEvaluator(model).run(None, {name: value})[0]
        result = module(torch.from_numpy(value)).detach().numpy()
        assert result.shape == expected.shape
        np.testing.assert_allclose(result, expected, rtol=2e-6, atol=1e-6)


def test_the_whole_table_is_compared():
    assert {call.split("(")[0].split("<")[0] for call in [*dict(CASES), *POSITIVE]} == OPERATORS.keys()


NET = (
    HEAD
    + """net (float[1, 4] x, float[1, 4] z) => (float[1, 3] y, float[1, 3] v) <
    float[3, 4] W = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, float[3] b = {1, 2, 3}> {
    "left" = Gemm<transB = 1>(x, W, b)
    "right" = Gemm<transB = 1>(z, W, b)
    two = Constant<value_floats = [2.0, 3.0, 4.0]>()
    y = Relu(left)
    v = Mul(right, two)
}"""
)


def test_weights_are_parameters_and_one_operator_on_one_weight_is_one_box():
    network = from_onnx(onnx.parser.parse_model(NET))
    assert str(network.diagram) == "Gemm_0 @ R4 >> R3 @ Gemm_0 >> Relu_2 @ R3 >> R3 @ Mul_3"
    model = network.model()
    assert sorted(tuple(p.shape) for p in model.parameters()) == [(3,), (3,), (3, 4)]
    linear = nn.Linear(4, 3)
    with torch.no_grad():
        linear.weight.copy_(torch.arange(1.0, 13).view(3, 4))
        linear.bias.copy_(torch.arange(1.0, 4))
    x, z = torch.randn(2, 6, 4)
    y, v = model(x, z)
    assert torch.equal(y, linear(x).relu()) and torch.equal(v, linear(z) * torch.tensor([2.0, 3.0, 4.0]))
    box = next(box for box in network.diagram.boxes if box.name == "Gemm_0")
    assert box.data == ("", "Gemm", (("transB", 1),), ((1, "W"), (2, "b")))


def test_a_weight_of_two_different_boxes_is_a_constant_of_both():
    text = HEAD + "net (float[N, 2] x) => (float[N, 2] y) <float[2] w = {1, 2}> { h = Mul(x, w) y = Add(h, w) }"
    network = from_onnx(onnx.parser.parse_model(text))
    assert list(network.model().parameters()) == []
    assert torch.equal(network.model()(torch.ones(1, 2)), torch.tensor([[2.0, 4.0]]))


def test_an_operator_outside_of_the_table_is_a_box_without_a_module():
    text = """<ir_version: 8, opset_import: ["": 20, "my.own": 1]>
        net (float[N, 2] x) => (float[N, 2] y) { h = my.own.Twice<factor = 2>(x) y = Softsign(x) }"""
    network = from_onnx(onnx.parser.parse_model(text))
    assert [box.data[1] for box in network.diagram.boxes if hasattr(box, "data") and box.data] == ["Twice", "Softsign"]
    with pytest.raises(UnknownName, match=r"Twice_0"):
        network.model()
    text = HEAD + "net (float[N, 2] x) => (float[N, 2] y) { y = Softsign(x) }"
    network = from_onnx(onnx.parser.parse_model(text))
    with pytest.raises(UnknownName, match=r"box 'Softsign_0' has no module"):
        network.model()
    network.functor.extend(TorchFunctor(ob={}, ar={"Softsign_0": nn.Softsign()}))
    assert torch.equal(network.model()(torch.ones(1, 2)), torch.full((1, 2), 0.5))


def test_a_value_that_has_no_rows_has_no_space():
    text = HEAD + "net (float[N, 2] x) => (int64[2] y) { y = Shape(x) }"
    network = from_onnx(onnx.parser.parse_model(text))
    assert str(network.diagram.cod) == "whole_int64_2"
    with pytest.raises(UnknownName):
        network.model()


def faulty(change):
    model = onnx.parser.parse_model(NET)
    change(model)
    return model.SerializeToString()


def external(model):
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    model.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")
    model.graph.initializer[0].ClearField("float_data")


FAULTS = {
    r"lies in another file": external,
    r"does not hold the numbers of its shape \[3, 5\]": lambda m: m.graph.initializer[0].dims.__setitem__(1, 5),
    r"does not hold the numbers of its shape \[3, 4611686018427387904\]": lambda m: m.graph.initializer[
        0
    ].dims.__setitem__(1, 2**62),
    r"has the shape \[3, -4\]": lambda m: m.graph.initializer[0].dims.__setitem__(1, -4),
    r"holds STRING": lambda m: setattr(m.graph.initializer[0], "data_type", onnx.TensorProto.STRING),
    r"holds the type 999": lambda m: setattr(m.graph.initializer[0], "data_type", 999),
    r"attribute 'body' of node 0 \('Gemm', ''\) is a graph: control flow": lambda m: m.graph.node[0].attribute.add(
        name="body", type=onnx.AttributeProto.GRAPH
    ),
    r"attribute 'body' .* is of a kind that is not read": lambda m: m.graph.node[0].attribute.add(
        name="body", type=onnx.AttributeProto.INT, ref_attr_name="n"
    ),
    r"function 'f' is defined": lambda m: m.functions.add(name="f"),
    r"training steps": lambda m: m.training_info.add(),
    r"sparse initializer": lambda m: m.graph.sparse_initializer.add(),
    r"reads 'nowhere', which nothing before it computes": lambda m: m.graph.node[3].input.__setitem__(0, "nowhere"),
    r"computes 'left', which is computed already": lambda m: m.graph.node[1].output.__setitem__(0, "left"),
    r"output 'w' is not computed": lambda m: m.graph.output.add(name="w"),
    r"no graph with an output": lambda m: m.ClearField("graph"),
    r"the shape of 'q' is \[None, 9223372036854775807\], which no tensor has": lambda m: m.graph.input.append(
        onnx.helper.make_tensor_value_info("q", onnx.TensorProto.FLOAT, [1, 2**63 - 1])
    ),
    r"two inputs have one name": lambda m: m.graph.input.add(name="x"),
    r"input 'q' is no tensor with a dimension for its rows": lambda m: m.graph.input.add(name="q"),
    r"output 'two' is a constant": lambda m: setattr(m.graph.output[0], "name", "two"),
    r"is a Constant of text": lambda m: (
        m.graph.node[2].attribute[0].CopyFrom(onnx.helper.make_attribute("value_string", "a"))
    ),
    r"ONNX finds a fault in its shapes": lambda m: m.graph.node[4].input.__setitem__(1, "x"),
}


@pytest.mark.parametrize("message", FAULTS)
def test_a_faulty_model_is_refused_by_name(message):
    with pytest.raises(FileError, match=message):
        from_onnx(faulty(FAULTS[message]))


def test_files(tmp_path, monkeypatch):
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx.parser.parse_model(NET).SerializeToString())
    assert from_onnx(path).diagram == from_onnx(str(path)).diagram
    with pytest.raises(FileError, match=r"there is no file"):
        from_onnx(tmp_path / "none.onnx")
    with pytest.raises(FileError, match=r"it is a folder"):
        from_onnx(tmp_path)
    with pytest.raises(FileError, match=r"takes a path, the bytes of a file, or an onnx.ModelProto; got 3"):
        from_onnx(3)
    monkeypatch.setattr(onnx_file, "LARGEST", 100)
    monkeypatch.setattr(onnx.ModelProto, "FromString", None, raising=False)  # nothing is parsed
    for source in (path, path.read_bytes()):
        with pytest.raises(FileError, match=r"larger than 0 MB"):
            from_onnx(source)


def test_a_graph_of_too_many_nodes_is_refused(monkeypatch):
    monkeypatch.setattr(onnx_file, "NODES", 4)
    with pytest.raises(FileError, match=r"the graph has 5 nodes; at most 4 are read"):
        from_onnx(onnx.parser.parse_model(NET))


def test_no_other_file_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("builtins.open", None)
    with pytest.raises(FileError, match=r"lies in another file"):
        from_onnx(faulty(external))


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(FileError, match=r"the name b'\\xffeft' is not UTF-8 text"):
        from_onnx(onnx.parser.parse_model(NET).SerializeToString().replace(b"left", b"\xffeft"))


GOOD = onnx.parser.parse_model(NET).SerializeToString()


@given(st.data())
def test_damaged_bytes_are_refused_or_read(data):
    place = data.draw(st.integers(0, len(GOOD) - 1))
    damaged = GOOD[:place] + data.draw(st.binary(max_size=6)) + GOOD[place + data.draw(st.integers(0, 6)) :]
    with suppress(FileError):
        from_onnx(damaged)
