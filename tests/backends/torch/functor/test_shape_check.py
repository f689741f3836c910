"""A functor maps each box to a module of its type: checked box by box by `compile`, which touches nothing."""

import re

import pytest
import torch
from torch import nn
from torch.distributions import Distribution, Independent, Laplace, MultivariateNormal, Normal, StudentT

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.functor.shape_check import check_shapes
from learning_diagrams.diagrams.port_graph import PortGraph

torch.set_num_threads(1)
x, z, digit, bits = ld.Ty("x"), ld.Ty("z"), ld.Ty("digit"), ld.Ty("bits")
OB = {x: Euclidean(2), z: Euclidean(3), digit: Finite(4), bits: Bernoulli(2)}
x_of = ld.SampleSpace("rows").column("x", x)


def check_box(box, module):
    """What `compile` does with every box that a constraint needs; the names of those that are not checkable."""
    return check_shapes(TorchFunctor(ob=OB, ar={box: module}), [PortGraph.from_diagram(box)]).not_checkable


FAULTS = {
    "features": (ld.Box("f", x, z), nn.Linear(2, 4), r"returned \[rows, 4\] float32, where Euclidean\(3\) needs"),
    "input features": (ld.Box("f", x, z), nn.Linear(5, 3), r"'f' cannot take \[rows, 2\] float32"),
    "rows": (ld.Box("f", x, x), lambda v: v.sum(0, keepdim=True), r"needs \[rows, 2\]"),
    "flat": (ld.Box("f", x, x), lambda v: v.sum(1), r"returned \[rows\]"),
    "int where float": (ld.Box("f", x, x), lambda v: v.long(), "dtype int64, where .* a floating dtype"),
    "float where int": (ld.Box("f", x, digit), lambda v: v[:, 0], "dtype float32, where .* needs int64"),
    "int32 where int64": (ld.Box("f", x, digit), lambda v: v[:, 0].int(), "dtype int32"),
    "too many arguments": (ld.Box("f", x, x), lambda v, w: v, "must take 1 positional argument, one for each of x"),
    "too few arguments": (ld.Box("f", x @ x, x), lambda v: v, "must take 2 positional arguments"),
    "one for two outputs": (ld.Box("f", x, x @ x), lambda v: v, "a tuple of 2 tensors .* one Tensor"),
    "three for two": (ld.Box("f", x, x @ x), lambda v: (v, v, v), "returned a tuple of 3"),
    "two for one": (ld.Box("f", x, x), lambda v: (v, v), "returned tuple, .* wrap it in a module"),
    "a list": (ld.Box("f", x, x @ x), lambda v: [v, v], "returned one list"),
    "a dict, as from HF": (ld.Box("f", x, x), lambda v: {"logits": v}, "wrap it in a module"),
    "nothing": (ld.Box("f", x, x), lambda v: None, "returned NoneType"),
    "a GRU": (ld.Box("f", x, z), nn.GRU(2, 3), "'f'"),
    "Box that returns a law": (ld.Box("f", x, x), lambda v: Normal(v, 1.0), "declare it a Kernel"),
    "Kernel that returns a point": (ld.Kernel("f", x, x), nn.Linear(2, 2), "must return a torch Distribution"),
    "law of another shape": (ld.Kernel("f", x, z), lambda v: Normal(v, 1.0), r"a Distribution of shape \[rows, 2\]"),
    "law instead of logits": (ld.Kernel("f", x, digit), lambda v: Normal(v, 1.0), "must return logits"),
    "too few logits": (ld.Kernel("f", x, digit), nn.Linear(2, 3), r"logits of shape \[rows, 3\].*\[rows, 4\]"),
    "labels instead of logits": (ld.Kernel("f", x, digit), lambda v: v.long(), "returned"),
    "int logits": (ld.Kernel("f", x, bits), lambda v: v.long(), "logits are floating"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_module_that_does_not_fit_its_box_is_a_typed_error(fault):
    box, module, message = FAULTS[fault]
    with pytest.raises(ld.CompileError, match=message) as caught:
        check_box(box, module)
    assert "'f'" in str(caught.value) and "Fake" not in str(caught.value)


FITTING = {
    "Normal": (ld.Kernel("f", x, x), lambda v: Normal(v, 1.0)),
    "Independent": (ld.Kernel("f", x, x), lambda v: Independent(Normal(v, 1.0), 1)),
    "MultivariateNormal": (ld.Kernel("f", x, x), lambda v: MultivariateNormal(v, torch.eye(2))),
    "Laplace": (ld.Kernel("f", x, x), lambda v: Laplace(v, v.exp())),
    "logits": (ld.Kernel("f", x, digit), lambda v: torch.cat([v, v], 1)),
    "bits": (ld.Kernel("f", x, bits), lambda v: v),
    "two laws": (ld.Kernel("f", x, x @ digit), lambda v: (Normal(v, 1.0), torch.cat([v, v], 1))),
    "builtin": (ld.Box("f", x, x), torch.tanh),
    "optional argument": (ld.Box("f", x, x), nn.functional.relu),
    "labels in": (ld.Box("f", digit, x), nn.Embedding(4, 2)),
}


@pytest.mark.parametrize("name", FITTING)
def test_modules_that_fit_pass(name):
    assert check_box(*FITTING[name]) == frozenset()


def test_a_law_without_a_rule_for_kl_passes_the_check_where_it_is_drawn_from():
    h = ld.Kernel("h", x, x)
    diagram = ld.LearningDiagram(ld.Constraint("c", h >> ld.Box("f", x, x), ld.Id(x), over=x_of))
    F = TorchFunctor(ob=OB, ar={"h": lambda v: StudentT(3.0, v, 1.0), "f": nn.Linear(2, 2)})
    assert compile(diagram, F)({"rows": {"x": torch.ones(3, 2)}})[0].isfinite()


class DataDependent(nn.Linear):
    """Code that looks at values, so fake tensors cannot run it."""

    def forward(self, value):
        return super().forward(value) if value.sum() > 0 else -super().forward(value)


def objective_of(module):
    f = ld.Box("f", x, x)
    diagram = ld.LearningDiagram(ld.Constraint("c", f, ld.Id(x), over=x_of))
    return compile(diagram, TorchFunctor(ob=OB, ar={f: module}))


def test_compile_checks_the_boxes_that_constraints_need_and_no_others():
    with pytest.raises(ld.CompileError, match=r"'f' returned \[rows, 3\]"):
        objective_of(nn.Linear(2, 3))
    f, g = ld.Box("f", x, x), ld.Box("g", x, x)
    unused = ld.Copy(x) >> (f >> ld.Discard(x)) @ g
    F = TorchFunctor(ob=OB, ar={f: nn.Linear(7, 7), g: nn.Linear(2, 2)})
    compile(ld.LearningDiagram(ld.Constraint("c", unused, ld.Id(x), over=x_of)), F)


@pytest.mark.parametrize("look", ["values", "numpy"])
def test_data_dependent_code_compiles_and_its_real_output_is_checked(look):
    module = DataDependent(2, 2) if look == "values" else lambda v: torch.from_numpy(v.numpy() * 2)
    objective = objective_of(module)
    assert "check('f'" in objective.code
    assert objective({"rows": {"x": torch.ones(3, 2)}})[0].isfinite()


def test_a_wrong_real_output_is_a_typed_error():
    objective = objective_of(DataDependent(2, 3))
    with pytest.raises(ld.CompileError, match=r"'f' returned \[4, 3\] float32"):
        objective({"rows": {"x": torch.ones(4, 2)}})


def test_compiling_changes_no_buffer_no_parameter_and_no_random_state():
    norm, spectral = nn.BatchNorm1d(2), nn.utils.parametrizations.spectral_norm(nn.Linear(2, 2))
    net = nn.Sequential(nn.Linear(2, 2), norm, nn.Dropout(0.5), spectral)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    versions = [p._version for p in net.parameters()]
    modes = [part.training for part in net.modules()]
    state, validates = torch.get_rng_state(), Distribution._validate_args
    with pytest.warns(UserWarning, match="dropout or batch statistics"):
        objective_of(net)
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    assert versions == [p._version for p in net.parameters()] and modes == [part.training for part in net.modules()]
    assert all(type(p) is nn.Parameter for p in net.parameters()) and all(p.grad is None for p in net.parameters())
    assert Distribution._validate_args is validates


def test_a_function_into_labels_is_not_trained():
    f = ld.Box("f", x, digit)
    diagram = ld.LearningDiagram(ld.Constraint("c", ld.Kernel("k", x, digit), f, over=x_of))

    class Hard(nn.Linear):
        def forward(self, value):
            return super().forward(value).argmax(-1)

    F = TorchFunctor(ob=OB, ar={"f": Hard(2, 4), "k": nn.Linear(2, 4)})
    with pytest.raises(ld.CompileError, match="use Kernel"):
        compile(diagram, F)
    assert compile(diagram.freeze(f), F)({"rows": {"x": torch.ones(3, 2)}})[0].isfinite()


def test_parameters_that_look_alike_share_a_fake_and_buffers_have_their_own():
    class Shift(nn.Module):
        def __init__(self, size, dtype=torch.float32):
            super().__init__()
            self.by = nn.Parameter(torch.zeros(size, dtype=dtype))
            self.register_buffer("seen", torch.zeros(2))

        def forward(self, points):
            fakes.append((self.by, self.seen))
            return points + self.by.float()

    fakes, modules = [], [Shift(2), Shift(2), Shift(1), Shift(2, torch.float64)]
    boxes = [ld.Box(f"f{i}", x, x) for i in range(4)]
    functor = TorchFunctor(ob=OB, ar=dict(zip(boxes, modules, strict=True)))
    check_shapes(functor, [PortGraph.from_diagram(ld.Id(x).then(*boxes))])
    assert [(*by.shape, by.dtype) for by, _ in fakes] == [(*module.by.shape, module.by.dtype) for module in modules]
    assert len({id(by) for by, _ in fakes}) == 3 and len({id(seen) for _, seen in fakes}) == 4


DTYPES = (torch.float64, torch.float16, torch.bfloat16, torch.complex64)
LAYERS = {
    "linear": lambda: nn.Linear(4, 4),
    "convolution": lambda: nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 1, 1)),
    "transposed": lambda: nn.Sequential(nn.Unflatten(1, (1, 4)), nn.ConvTranspose1d(1, 1, 1)),
    "layer norm": lambda: nn.LayerNorm(4), "batch norm": lambda: nn.BatchNorm1d(4), "cell": lambda: nn.GRUCell(4, 4),
}  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_module_that_pytorch_cannot_give_the_dtype_of_a_space_is_refused_before_training(layer, dtype):
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = LAYERS[layer]()

        def forward(self, v):
            return self.layer(v).flatten(1)

    module, point = Flat(), torch.zeros(5, 4).to(dtype)
    try:
        module(point)
        fine = module(point).dtype.is_floating_point
    except (RuntimeError, NotImplementedError):
        fine = False
    functor = TorchFunctor(ob={"x": Euclidean(4, dtype=dtype), "z": Euclidean(4)}, ar={"f": module})
    graphs = [PortGraph.from_diagram(ld.Box("f", x, z))]
    if fine:
        check_shapes(functor, graphs)
    else:
        with pytest.raises((ld.TypeMismatch, ld.CompileError), match="'f'"):
            check_shapes(functor, graphs)


def test_the_error_of_a_dtype_says_how_to_convert():
    ob = {"x": Euclidean(2, dtype=torch.float64), "z": Euclidean(3), "word": Tokens(5, 2)}
    functor = TorchFunctor(ob=ob, ar={"f": nn.Linear(2, 3), "g": nn.Linear(2, 3)})
    with pytest.raises(ld.TypeMismatch, match=r"float32 and float64; convert the module, by \.to\(torch\.float64\)"):
        check_shapes(functor, [PortGraph.from_diagram(ld.Box("f", x, z))])
    with pytest.raises(ld.TypeMismatch, match=r"float32 and int64; Tokens\(5, 2\) gives labels"):
        check_shapes(functor, [PortGraph.from_diagram(ld.Box("g", ld.Ty("word"), z))])


def test_an_output_without_rows_of_a_box_on_labels_says_how_to_get_vectors():
    class OfVectors(nn.Module):
        def forward(self, p):
            return (p[..., 3:4] + 0.1).log()

    hint = r"of shape \[1\], where Bernoulli\(1\) needs \[rows, 1\]; Finite\(4\) gives labels, or with sample="
    ob = {digit: Finite(4), bits: Bernoulli(1)}
    kernel = PortGraph.from_diagram(ld.Kernel("known", digit, bits))
    with pytest.raises(ld.CompileError, match=hint):
        check_shapes(TorchFunctor(ob=ob, ar={"known": OfVectors()}), [kernel])
    vectors = ob | {digit: Finite(4, sample="expectation")}
    assert not check_shapes(TorchFunctor(ob=vectors, ar={"known": OfVectors()}), [kernel]).not_checkable
    with pytest.raises(ld.CompileError, match=r"needs \[rows, 1\]$"):  # its rows are right
        check_shapes(TorchFunctor(ob=ob, ar={"known": nn.Embedding(4, 2)}), [kernel])


def test_boxes_of_two_dtypes_compile_where_no_space_says_one_because_autocast_may_join_them():
    ob = {"x": Euclidean(2), "z": Euclidean(3)}
    functor = TorchFunctor(ob=ob, ar={"f": nn.Linear(2, 3), "g": nn.Linear(3, 3).bfloat16()})
    both = ld.Box("f", x, z) >> ld.Box("g", z, z)
    assert not check_shapes(functor, [PortGraph.from_diagram(both)]).not_checkable


class LooksAtValues(nn.Linear):
    def forward(self, v):
        return super().forward(v) if bool(v.sum() == 0) else super().forward(v + 0)


def test_a_dtype_that_cannot_be_checked_before_is_told_of_at_the_first_batch():
    double, f = Euclidean(2, dtype=torch.float64), ld.Box("f", x, z)
    diagram = ld.LearningDiagram(ld.Constraint("fit", x_of >> f, ld.SampleSpace("rows").column("z", z)))
    objective = compile(diagram, TorchFunctor(ob={x: double, z: Euclidean(3)}, ar={f: LooksAtValues(2, 3)}))
    with pytest.raises(
        ld.TypeMismatch, match=r"'f' computes in float32, and the space of 'x' is .* by \.to\(torch\.float64\)"
    ):
        objective({"rows": {"x": torch.zeros(4, 2).double(), "z": torch.zeros(4, 3)}})


@pytest.mark.parametrize("sizes", [(5,), (5, 8), (6, 8), (5, 3)])
@pytest.mark.parametrize("dom", [ld.Ty(), ld.Ty("x")])
def test_a_shape_that_no_row_made_is_shown_in_numbers(dom, sizes):
    """The mean of five features over the rows has the shape [5], not [rows]."""
    x, state = ld.Ty("x"), ld.Ty("state")
    box, point = ld.Box("f", dom, state), ld.SampleSpace("data").column("point", x)
    side = (point if dom == x else ld.Discard(ld.SampleSpace("data").ty)) >> box
    modules = {"f": lambda *_: torch.zeros(*sizes), "g": nn.Linear(8, 8)}
    functor = TorchFunctor(ob={x: Euclidean(5), state: Euclidean(8)}, ar=modules)
    shown = re.escape(f"returned [{', '.join(map(str, sizes))}] float32")
    with pytest.raises(ld.CompileError, match=shown):
        compile(ld.LearningDiagram(ld.Constraint("c", side, side >> ld.Box("g", state, state))), functor)


@pytest.mark.parametrize("space", [Bernoulli(4), Finite(4)])
def test_a_batch_from_i_is_told_that_one_row_stands_for_all(space):
    """The outcomes stand last already, so no advice to move them."""
    bits = ld.Ty("bits")
    coin = ld.Kernel("coin", ld.Ty(), bits)
    rows = ld.SampleSpace("data")
    side = ld.Discard(rows.ty) >> coin
    functor = TorchFunctor(ob={bits: space}, ar={"coin": lambda: torch.zeros(64, 4)})
    with pytest.raises(ld.CompileError, match="; a box from I returns one row, which stands for every row"):
        compile(ld.LearningDiagram(ld.Constraint("c", side, rows.column("bits", bits))), functor)
