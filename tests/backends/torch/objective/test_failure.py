"""A box that gets, or computes in, another floating dtype than the model: which box it is, and who made its input."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit

x, s = ld.Ty("x"), ld.SampleSpace("rows")
a, b = s.column("a", x), s.column("b", x)
scale, f = ld.Box("scale", x, x), ld.Box("f", x, x)
DOUBLE = torch.tensor([2.0, 3.0], dtype=torch.float64)
GOT = "the module of box 'f' got "
WHERE = ", where the model computes in float32, and raised "
RETURN = "; let box 'scale' return the dtype of its input, as by .to(x.dtype)"


class Recurrent(nn.GRU):
    def forward(self, v):
        return super().forward(v)[0]


def wide(v):
    return v * DOUBLE


def objective(side, ar, **options):
    functor = TorchFunctor({x: Euclidean(2)}, ar)
    return compile(ld.LearningDiagram(ld.Constraint("c", side, b, **options)), functor)


def batch(dtype=torch.float32):
    return {"rows": {"a": torch.randn(5, 2, dtype=dtype), "b": torch.randn(5, 2, dtype=dtype)}}


def failure(made, call=None):
    with pytest.raises(ld.TypeMismatch) as caught:
        (call or (lambda: made(batch())))()
    assert caught.value.__cause__ is not None
    return str(caught.value)


@pytest.mark.parametrize("module", [nn.Linear(2, 2), Recurrent(2, 2), nn.Unflatten(1, (1, 2))], ids=str)
def test_a_module_that_gets_another_dtype_is_named_with_the_box_that_made_its_input(module):
    if isinstance(module, nn.Unflatten):
        module = nn.Sequential(module, nn.Conv1d(1, 1, 1), nn.Flatten())
    text = failure(objective(a >> scale >> f, {scale: wide, f: module}))
    assert text.startswith(f"{GOT}float64 from box 'scale'{WHERE}") and text.endswith(RETURN)


def test_each_input_has_its_dtype_and_its_source():
    both = ld.Box("f", x @ x, x)
    side = ld.Copy(s.ty) >> (a >> scale) @ a >> both

    class Both(nn.Linear):
        def forward(self, u, v):
            return super().forward(u) + v

    text = failure(objective(side, {scale: wide, both: Both(2, 2)}))
    assert text.startswith(f"{GOT}float64 from box 'scale' and float32 from column 'a'{WHERE}RuntimeError: mat1 and")
    assert text.endswith(RETURN)


def test_a_module_that_multiplies_by_another_dtype_is_told_to_convert_that():
    text = failure(objective(a >> f, {f: lambda v: v @ DOUBLE.diag()}))
    assert text.startswith(f"{GOT}float32 from column 'a'{WHERE}RuntimeError: expected m1 and m2")
    assert text.endswith("; let the module convert what it computes with to the dtype of its input, as by .to(x.dtype)")


def test_a_box_that_stands_in_two_places_has_both_sources():
    side = ld.Copy(s.ty) >> (a >> scale >> f) @ (a >> ld.Box("wide", x, x) >> f)
    diagram = ld.LearningDiagram(ld.Constraint("c", side, ld.Copy(s.ty) >> b @ b))
    modules = {scale: wide, "wide": lambda v: v * DOUBLE, f: nn.Linear(2, 2)}
    text = failure(compile(diagram, TorchFunctor({x: Euclidean(2)}, modules)))
    assert text.startswith(f"{GOT}float64 from box 'scale' or box 'wide'{WHERE}")


def test_the_model_and_the_weights_name_the_box_as_well():
    made = objective(a >> scale >> f, {scale: wide, f: nn.Linear(2, 2)})
    text = failure(made, lambda: made.model(scale >> f)(torch.randn(3, 2)))
    assert text.startswith(f"{GOT}float64 from box 'scale'{WHERE}") and text.endswith(RETURN)
    number, one = ld.Ty("number"), ld.Box("one", ld.Ty(), ld.Ty("number"))
    root = ld.Box("f", number, number)
    diagram = ld.LearningDiagram(ld.Constraint("c", a, b, weight=one >> root))
    functor = TorchFunctor(
        {x: Euclidean(2), number: Euclidean(1)}, {one: lambda: torch.ones(1, 1).double(), root: nn.Linear(1, 1)}
    )
    assert failure(compile(diagram, functor)).startswith(f"{GOT}float64 from box 'one'{WHERE}")


def test_another_error_of_a_box_stays_what_it_is():
    def fails(v):
        if not torch.compiler.is_compiling() and type(v) is torch.Tensor and v.shape[0] == 5 and bool((v == v).all()):
            raise RuntimeError("out of paper")
        return v

    with pytest.raises(RuntimeError, match="out of paper") as caught:
        objective(a >> f, {f: fails})(batch())
    assert caught.value.args == ("out of paper",) and caught.value.__notes__ == [
        "the module of box 'f' raised this; it was given [5, 2] float32 from column 'a'"
    ]


def test_an_error_of_a_module_notes_its_box_and_what_it_was_given():
    both = ld.Kernel("both", x @ x, x)
    side = ld.Copy(s.ty) >> (a >> scale) @ s.column("c", x) >> both
    modules = {scale: nn.PReLU(), both: lambda u, v: torch.distributions.Normal(u + v, 1.0)}
    made = compile(
        ld.LearningDiagram(ld.Constraint("c", side, b, divergence="nll")), TorchFunctor({x: Euclidean(None)}, modules)
    )
    rows = {"rows": {"a": torch.ones(5, 2), "c": torch.ones(5, 3), "b": torch.ones(5, 2)}}
    note = (
        "the module of kernel 'both' raised this; it was given [5, 2] float32 from box 'scale' and [5, 3] float32 from "
        "column 'c'"
    )
    for call in (
        lambda: made(rows),
        lambda: made.defects(rows),
        lambda: fit(made, rows, epochs=1, optimizer=torch.optim.SGD, progress=False),
        lambda: made.model(side)(rows["rows"]),
    ):
        with pytest.raises(RuntimeError, match="must match the size") as caught:
            call()
        assert caught.value.__notes__ == [note]
    with pytest.raises(RuntimeError) as caught:
        made.model(both)(torch.ones(3, 4), torch.ones(3, 5))
    assert caught.value.__notes__ == [
        "the module of kernel 'both' raised this; it was given [3, 4] float32 and [3, 5] float32"
    ]


def test_an_error_about_labels_notes_the_boxes_that_return_labels():
    kind, rows = ld.Ty("kind"), ld.SampleSpace("rows")
    a, g, k = rows.column("a", kind), ld.Box("g", kind, kind), ld.Kernel("k", kind, kind)
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> k, a >> g), frozen=[g])
    modules = {g: lambda labels: labels + 1, k: nn.Embedding(2, 2)}
    objective = compile(diagram, TorchFunctor(ob={kind: Finite(2)}, ar=modules))
    assert objective({"rows": {"a": torch.zeros(3, dtype=torch.int64)}})
    with pytest.raises(IndexError) as caught:
        objective({"rows": {"a": torch.tensor([0, 1])}})
    assert caught.value.__notes__ == [
        "a label may lie outside its space; labels are returned by box 'g', which ends in Finite(2)"
    ]


def test_an_error_outside_of_boxes_and_a_typed_error_have_no_note():
    made = objective(a >> f, {f: lambda v: v if v.shape[0] != 4 else v[:2]})
    with pytest.raises(ld.LearningDiagramError) as caught:
        made.model(f)(torch.ones(4, 2))
    assert not getattr(caught.value, "__notes__", [])


def test_double_models_autocast_and_half_precision_are_left_alone():
    made = objective(a >> scale >> f, {scale: wide, f: nn.Linear(2, 2)}).double()
    assert made(batch(torch.float64))[0].dtype == torch.float64
    half = objective(a >> scale >> f, {scale: lambda v: v.bfloat16(), f: nn.Linear(2, 2)})
    with torch.autocast("cpu", torch.bfloat16):
        assert half(batch())[0].isfinite()


POINTWISE = ["squared_error", "mean_squared_error", "absolute", "huber", "cosine", "difference", "info_nce"]
IN_LAW = ["mmd", "energy_distance", "sliced_wasserstein"]


@pytest.mark.parametrize("name", [*POINTWISE, *IN_LAW])
@pytest.mark.parametrize("exchanged", [False, True])
def test_ends_of_two_dtypes_are_compared_in_the_wider_one(name, exchanged):
    net, start = nn.Linear(2, 2), s.state if name in IN_LAW else ld.Id(s.ty)
    sides = (start >> a >> f, start >> b >> scale) if exchanged else (start >> a >> f >> scale, start >> b)
    diagram = ld.LearningDiagram(ld.Constraint("c", *sides, divergence=name))
    values, gradients = [], []
    for by in (wide, lambda v: (v * DOUBLE).to(v.dtype)):
        torch.manual_seed(0)
        total, _ = compile(diagram, TorchFunctor({x: Euclidean(2)}, {f: net, scale: by}))(batch())
        values.append(total.double().item())
        gradients.append(torch.autograd.grad(total, net.weight)[0])
    if name != "sliced_wasserstein":  # its directions are other draws in another dtype
        assert values[0] == pytest.approx(values[1], rel=1e-4, abs=1e-6)
        torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-5)
    assert all(gradient.dtype == torch.float32 for gradient in gradients)


def test_samples_of_another_dtype_than_the_data_are_compared():
    class Normal(nn.Linear):
        def forward(self, v):
            return torch.distributions.Normal(super().forward(v).double(), torch.ones((), dtype=torch.float64))

    k = ld.Kernel("k", x, x)
    total, _ = compile(
        ld.LearningDiagram(ld.Constraint("c", a >> k, b, divergence="energy")),
        TorchFunctor({x: Euclidean(2)}, {k: Normal(2, 2)}),
    )(batch())
    total.backward()
    assert total.isfinite()
