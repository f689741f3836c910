"""What gluing does to losses and gradients, in numbers: float64 on the CPU, 1e-12."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

image, feature = ld.Ty("image"), ld.Ty("feature")
encode = ld.Box("encode", image, feature)


def task(name, space="rows"):
    """Classify through the shared encoder, and keep the features small: the second constraint knows no task."""
    digit, rows = ld.Ty(name), ld.SampleSpace(space)
    head, zero = ld.Kernel(f"{name} head", feature, digit), ld.Box("zero", ld.Ty(), feature)
    x, y = rows.column("x", image), rows.column(name, digit)
    return ld.LearningDiagram(
        ld.Constraint(f"fit {name}", x >> encode >> head, y),
        ld.Constraint("small", x >> encode, ld.Discard(rows.ty) >> zero, weight=0.3),
    )


class Zero(nn.Module):
    def forward(self):
        return torch.zeros(1, 3, dtype=torch.float64)


@pytest.fixture(autouse=True)
def doubles():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def functor(diagram, modules):
    sizes = {"image": 5, "feature": 3}
    names = {ty: str(ty).rpartition(".")[2] for ty in diagram.objects}
    spaces = {ty: Euclidean(sizes[name]) if name in sizes else Finite(4) for ty, name in names.items()}
    return TorchFunctor(ob=spaces, ar={box: modules[box.name] for box in diagram.boxes})


def losses(diagram, modules, batch):
    total, terms = compile(diagram, functor(diagram, modules))(batch)
    return total, terms


def modules_of():
    return {
        "encode": nn.Linear(5, 3), "zero": Zero(), "task one head": nn.Linear(3, 4), "task two head": nn.Linear(3, 4)
    }  # fmt: skip


def rows_of(*names):
    return {"x": torch.randn(7, 5), **{name: torch.randint(4, (7,)) for name in names}}


a, b = task("task one"), task("task two")


@pytest.mark.parametrize("how", ["sum", "pushout"])
def test_the_loss_of_a_gluing_is_the_sum_of_the_losses_minus_what_is_shared(how):
    modules, data = modules_of(), rows_of("task one", "task two")
    glued = a + b if how == "sum" else ld.pushout(a, b, along={"encode": "encode", "zero": "zero", "rows.x": "rows.x"})
    of = {name: {"rows": {key: data[key] for key in ("x", *names)}} for name, names in {
        "a": ["task one"], "b": ["task two"], "both": ["task one", "task two"]}.items()}  # fmt: skip
    total, terms = losses(glued, modules, of["both"])
    shared = losses(a.restrict("small"), modules, {"rows": {"x": data["x"]}})[0]
    separate = losses(a, modules, of["a"])[0] + losses(b, modules, of["b"])[0] - shared
    assert set(terms) == {"fit task one", "fit task two", "small"}
    torch.testing.assert_close(total, separate, rtol=1e-12, atol=1e-12)


def test_the_loss_of_a_coproduct_is_the_sum_of_the_losses():
    union = ld.coproduct(a, b)
    own = {"a": modules_of(), "b": modules_of()}
    modules = {f"{at}.{name}": own[at][name] for at in own for name in ("encode", "zero")}
    modules |= {"task one head": own["a"]["task one head"], "task two head": own["b"]["task two head"]}
    first, second = rows_of("task one"), rows_of("task two")
    total, _ = losses(union, modules, {"a.rows": first, "b.rows": second})
    separate = losses(a, own["a"], {"rows": first})[0] + losses(b, own["b"], {"rows": second})[0]
    torch.testing.assert_close(total, separate, rtol=1e-12, atol=1e-12)


def test_parameters_of_a_shared_backbone_exist_once_and_get_summed_gradients():
    """Two data sets, two tasks, one encoder."""
    glued = ld.pushout(a, b, along={"encode": "encode"})
    modules = modules_of() | {"a.zero": Zero(), "b.zero": Zero()}
    first, second = rows_of("task one"), rows_of("task two")
    objective = compile(glued, functor(glued, modules))
    assert len(list(objective.parameters())) == 2 * 3
    total, _ = objective({"a.rows": first, "b.rows": second})
    (total).backward()
    together = modules["encode"].weight.grad.clone()
    apart = torch.zeros_like(together)
    for diagram, data in ((a, first), (b, second)):
        modules["encode"].weight.grad = None
        losses(diagram, modules, {"rows": data})[0].backward()
        apart += modules["encode"].weight.grad
    torch.testing.assert_close(together, apart, rtol=1e-12, atol=1e-12)


def test_the_pushout_along_the_identity_is_the_same_code():
    along = {box: box for box in (*a.boxes, *a.columns)}
    modules = modules_of()
    loss, glued = (compile(diagram, functor(diagram, modules)) for diagram in (a, ld.pushout(a, a, along=along)))
    assert loss.code == glued.code
