"""The outputs of every box are compared with its space at every call: lost rows never broadcast."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.backends.torch.functor.shape_guard import ShapeGuard

torch.set_num_threads(1)
x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
a, b, label = rows.column("a", x), rows.column("b", x), rows.column("label", y)
ROWS = 20
DATA = {"a": torch.randn(ROWS, 2), "b": torch.randn(ROWS, 2)}


class Loses(nn.Module):
    """A module that is right where its shapes are checked, on other rows, and pools the rows of the data in eval."""

    def __init__(self, width=2, shape=(), law=None, pair=False):
        super().__init__()
        self.net, self.shape, self.law, self.pair = nn.Linear(2, width), shape, law, pair

    def forward(self, v):
        value = self.net(v) if self.training or len(v) != ROWS else self.net(v).mean(0, keepdim=True)
        value = value.reshape(len(value), *(self.shape or value.shape[1:]))
        value = value if self.law is None else self.law(value, 1.0, validate_args=False)
        return (self.net(v), value) if self.pair else value


f, k, law, two = ld.Box("f", x, x), ld.Kernel("k", x, y), ld.Kernel("law", x, x), ld.Box("two", x, x @ x)
LABELS, BITS, TEXT = torch.zeros(ROWS, dtype=torch.long), torch.zeros(ROWS, 3), torch.zeros(ROWS, 2, dtype=torch.long)
CASES = {
    "box": (ld.Constraint("c", a >> f, b), None, {f: Loses()}, None),
    "box inside": (ld.Constraint("c", a >> f >> k, label), Finite(3), {f: Loses(), k: nn.Linear(2, 3)}, LABELS),
    "labels": (ld.Constraint("c", a >> k, label), Finite(3), {k: Loses(3)}, LABELS),
    "bits": (ld.Constraint("c", a >> k, label), Bernoulli(3), {k: Loses(3)}, BITS),
    "tokens": (ld.Constraint("c", a >> k, label), Tokens(3, 2), {k: Loses(6, (2, 3))}, TEXT),
    "Distribution": (ld.Constraint("c", a >> law, b, divergence="nll"), None, {law: Loses(law=Normal)}, None),
    "draw": (ld.Constraint("c", a >> law >> f, b), None, {law: Loses(law=Normal), f: nn.Linear(2, 2)}, None),
    "second output": (
        ld.Constraint("c", a >> two >> ld.Id(x) @ ld.Discard(x), b), None, {two: Loses(pair=True)}, None
    ),
}  # fmt: skip


def compiled(name, **options):
    constraint, space, ar, labels = CASES[name]
    loss = compile(
        ld.LearningDiagram(constraint, **options),
        TorchFunctor(ob={x: Euclidean(2), y: space or Finite(2)}, ar=copy.deepcopy(ar)),
    )
    columns = {key: DATA[key] for key in ("a", "b") if key in {column for _, column in loss.diagram.signature.columns}}
    return loss, {"rows": columns if labels is None else columns | {"label": labels}}


@pytest.mark.parametrize("name", CASES)
def test_lost_rows_are_a_typed_error_in_the_mode_in_which_they_are_lost(name):
    loss, batch = compiled(name)
    for masked in (False, True):
        if masked:
            batch = {"rows": batch["rows"] | {"a": (DATA["a"], torch.rand(ROWS) < 0.5)}}
        loss.train()
        assert loss(batch)[0].isfinite()
        loss.eval()
        for evaluate in (loss, loss.defects):
            with pytest.raises(
                ld.CompileError, match=r"of (box|kernel) '(f|k|law|two)' returned .*\[1, .*needs \[20"
            ):
                evaluate(batch)


def test_a_model_is_watched_too():
    loss, _ = compiled("box inside")
    model = loss.model(f >> k)
    assert model(DATA["a"]).shape == (ROWS, 3)
    loss.eval()
    with pytest.raises(ld.CompileError, match=r"box 'f' returned \[1, 2\]"):
        model(DATA["a"])


@pytest.mark.parametrize("through", [copy.deepcopy, lambda loss: pickle.loads(pickle.dumps(loss))])
def test_a_copy_watches_its_own_modules(through):
    loss, batch = compiled("labels")
    other = through(loss)
    before = loss(batch)[0]
    with torch.no_grad():
        loss.boxes.of("k").net.bias.copy_(torch.tensor([-100.0, 0.0, 0.0]))
    assert other(batch)[0] == before < 10 < loss(batch)[0]
    with pytest.raises(ld.CompileError, match="kernel 'k'"):
        other.eval()(batch)


def test_a_box_that_is_frozen_here_and_trained_elsewhere_is_watched():
    functor = TorchFunctor(ob={x: Euclidean(2)}, ar={f: Loses()})
    frozen = compile(ld.LearningDiagram(ld.Constraint("c", a >> f, b), frozen=[f]), functor)
    compile(ld.LearningDiagram(ld.Constraint("c", a >> f, b)), functor)({"rows": DATA})
    with pytest.raises(ld.CompileError, match="box 'f' returned"):
        frozen({"rows": DATA})


def test_a_module_that_is_put_in_another_ones_place_is_called_and_watched():
    loss, _ = compiled("box")
    loss.boxes["f"] = nn.Linear(2, 2)
    torch.testing.assert_close(loss({"rows": DATA})[0], (loss.boxes["f"](DATA["a"]) - DATA["b"]).square().sum(1).mean())
    loss.boxes["f"] = nn.Linear(2, 1)
    with pytest.raises(ld.CompileError, match=r"box 'f' returned \[rows, 1\]|\[20, 1\]"):
        loss({"rows": DATA})


@pytest.mark.parametrize("row", [(2,), (1, 2)])
def test_a_box_from_i_may_return_a_row_with_or_without_its_dimension(row):
    class Point(nn.Module):
        def __init__(self):
            super().__init__()
            self.value, self.row = nn.Parameter(torch.ones(2)), row

        def forward(self):
            return self.value.expand(self.row)

    point, module = ld.Box("point", ld.Ty(), x), Point()
    loss = compile(
        ld.LearningDiagram(ld.Constraint("c", ld.Discard(rows.ty) >> point, b)),
        TorchFunctor(ob={x: Euclidean(2)}, ar={point: module}),
    )
    torch.testing.assert_close(loss({"rows": {"b": DATA["b"]}})[0], (DATA["b"] - 1).square().sum(1).mean())
    module.row = (3, 2)
    with pytest.raises(ld.CompileError, match=r"box 'point' returned \[3, 2\].*needs \[1, 2\]"):
        loss({"rows": {"b": DATA["b"]}})


def test_autocast_changes_dtypes_and_no_shape():
    loss, batch = compiled("second output")
    with torch.autocast("cpu", torch.bfloat16):
        assert loss(batch)[0].isfinite()


@pytest.mark.parametrize("name", ["box inside", "Distribution", "second output"])
def test_a_watched_loss_is_traced_as_one_graph(name):
    loss, batch = compiled(name)
    whole = torch.compile(loss, backend="aot_eager", fullgraph=True)
    loss(batch)
    torch.testing.assert_close(whole(batch)[0], loss(batch)[0])


def test_an_axiom_on_lost_rows_is_an_error_too():
    loss = compile(
        ld.LearningDiagram(ld.Constraint("c", a >> f, b), axioms=[ld.Equation(f, f >> ld.Box("same", x, x))]),
        TorchFunctor(ob={x: Euclidean(2)}, ar={f: Loses(), "same": nn.Identity()}),
    )
    with pytest.raises(ld.CompileError, match="box 'f' returned"):
        loss({"rows": DATA})


class Odd(nn.Module):
    """Another kind of output in eval than in training."""

    def __init__(self, odd):
        super().__init__()
        self.net, self.odd = nn.Linear(2, 3), odd

    def forward(self, v):
        return self.net(v) if self.training else self.odd(self.net(v))


ODD = {
    "returned tuple": lambda v: (v, v),
    "returned dict": lambda v: {"logits": v},
    "returned a Normal": lambda v: Normal(v, 1.0),
    r"logits of shape \[20\]": lambda v: v[:, 0],
    r"logits of shape \[\]": lambda v: v.sum(),
}


@pytest.mark.parametrize("shown", ODD)
def test_another_kind_of_output_is_a_typed_error_too(shown):
    loss = compile(ld.LearningDiagram(ld.Constraint("c", a >> k, label)),
                   TorchFunctor(ob={x: Euclidean(2), y: Finite(3)}, ar={k: Odd(ODD[shown])}))  # fmt: skip
    loss.eval()
    with pytest.raises(ld.CompileError, match=shown):
        loss({"rows": {"a": DATA["a"], "label": LABELS}})


def loss_of(space, module, given=LABELS, divergence="kl"):
    """The loss of a kernel against a box from labels, which starts from the column `label`."""
    kernel, box = ld.Kernel("k", x, y), ld.Box("next", y, y)
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> kernel, label >> box, divergence=divergence), frozen=[box])
    width = space.row_shape("distribution")[-1]
    functor = TorchFunctor(ob={x: Euclidean(2), y: space}, ar={kernel: nn.Linear(2, width), box: module})
    return compile(diagram, functor), {"rows": {"a": DATA["a"], "label": given}}


@pytest.mark.parametrize("divergence", ["kl", "total_variation"])
@pytest.mark.parametrize(
    ("space", "given", "module", "fault"),
    [
        (Finite(3), LABELS, lambda v: v + 7, r"labels 7 … 7, where Finite\(3\) has 0 … 2"),
        (Finite(3), LABELS, lambda v: v - 1, r"labels -1 … -1, where Finite\(3\) has 0 … 2"),
        (Bernoulli(3), BITS, lambda v: v + 20, r"values from 20 to 20, where the bits of Bernoulli\(3\) are"),
        (Bernoulli(3), BITS, lambda v: v - 0.5, r"values from -0.5 to -0.5"),
    ],
)
def test_a_box_that_leaves_its_labels_or_bits_is_named_at_its_first_call(space, given, module, fault, divergence):
    objective, batch = loss_of(space, module, given, divergence)
    for _ in range(2):
        with pytest.raises(ld.CompileError, match=f"the module of box 'next' returned {fault}"):
            objective(batch)


def test_labels_beside_padding_means_of_bits_and_later_calls_are_not_refused():
    padded, batch = loss_of(Finite(3, padding=-100), lambda v: v, torch.where(torch.arange(ROWS) < 3, -100, LABELS))
    assert padded(batch)[0].isfinite()
    means, batch = loss_of(Bernoulli(3), lambda v: v + 0.5, BITS)
    assert means(batch)[0].isfinite()
    guard = ShapeGuard(lambda v: v, ld.Box("same", y, y), (Finite(3),))
    assert guard(LABELS) is LABELS
    assert guard(LABELS + 7).max() == 7


def test_labels_are_not_read_while_code_is_traced():
    objective, batch = loss_of(Finite(3), lambda v: (v + 1) % 3)
    compiled = torch.compile(objective, backend="eager", fullgraph=True)
    assert compiled(batch)[0] == objective(batch)[0]
