"""The compiled loss equals the functor applied to each side, and the loss written by hand: value and every gradient.

Bitwise claims are for one CPU thread, float32, the same kernels in the same order.
"""

from itertools import pairwise

import torch
import torch.nn.functional as tf
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, TorchFunctor, compile

torch.set_num_threads(1)
image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
teacher, student = ld.Kernel("teacher", image, digit), ld.Kernel("student", image, digit)
distillation = ld.LearningDiagram(
    ld.Constraint("supervised", pixels >> student, label),
    ld.Constraint(
        "distilled", pixels >> student, pixels >> teacher, weight=0.3, divergence={"name": "kl", "temperature": 3.0}
    ),
    frozen=[teacher],
)


def mlp(*sizes):
    layers = [layer for i, o in pairwise(sizes) for layer in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def gradients(total, parameters):
    slopes = torch.autograd.grad(total, list(parameters), allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for g, p in zip(slopes, parameters, strict=True)]


def assert_bitwise(ours, theirs, parameters):
    assert torch.equal(ours, theirs)
    for gradient, reference in zip(gradients(ours, parameters), gradients(theirs, parameters), strict=True):
        assert torch.equal(gradient, reference)


def test_distillation_is_bitwise_the_loss_written_by_hand_and_by_the_functor():
    torch.manual_seed(0)
    net, other = mlp(64, 32, 10), mlp(64, 20, 10)
    F = TorchFunctor(ob={image: Euclidean(64), digit: Finite(10)}, ar={student: net, teacher: other})
    objective = compile(distillation, F)
    x, y = torch.randn(50, 64), torch.randint(0, 10, (50,))
    total, terms = objective({"digits": {"pixels": x, "label": y}})

    def by_hand(predicted, reference):
        soft = tf.kl_div(tf.log_softmax(predicted / 3.0, -1), tf.softmax(reference / 3.0, -1), reduction="batchmean")
        hard = tf.cross_entropy(predicted, y)
        return 0.3 * soft + 1.0 * hard, soft, hard

    with torch.no_grad():
        reference = other(x)
    hand, soft, hard = by_hand(net(x), reference)
    assert torch.equal(terms["distilled"], soft) and torch.equal(terms["supervised"], hard)
    assert_bitwise(total, hand, objective.trainable_parameters())
    total, _ = objective({"digits": {"pixels": x, "label": y}})
    rows = {"pixels": x, "label": y}
    functor, *_ = by_hand(F(pixels >> student)(rows), F(pixels >> teacher)(rows))
    assert torch.equal(F(label)(rows), y)
    assert_bitwise(total, functor, objective.trainable_parameters())


def test_five_tasks_on_one_backbone_are_bitwise_the_loss_written_by_hand():
    torch.manual_seed(1)
    w = 16
    x, z, bit, value = ld.Ty("x"), ld.Ty("z"), ld.Ty("bit"), ld.Ty("value")
    rows = ld.SampleSpace("rows")
    x_of, label_of = rows.column("x", x), rows.column("label", digit)
    value_of, bit_of = rows.column("value", value), rows.column("bit", bit)
    backbone, expert = ld.Box("backbone", x, z), ld.Kernel("teacher", x, digit)
    classify, regress = ld.Kernel("classify", z, digit), ld.Box("regress", z, value)
    decide, rebuild = ld.Kernel("decide", z, bit), ld.Box("rebuild", z, x)
    code = x_of >> backbone
    soft = {"name": "kl", "temperature": 2.0}
    diagram = ld.LearningDiagram(
        ld.Constraint("ce", code >> classify, label_of),
        ld.Constraint("reg", code >> regress, value_of, weight=0.5, divergence="mean_squared_error"),
        ld.Constraint("bce", code >> decide, bit_of, weight=0.7),
        ld.Constraint("rec", code >> rebuild, x_of, weight=0.3, divergence="mean_squared_error"),
        ld.Constraint("kd", code >> classify, x_of >> expert, weight=0.9 * 4, divergence=soft),
        frozen=[expert],
    )
    net = {"backbone": nn.Sequential(mlp(w, w, w), nn.ReLU()), "teacher": mlp(w, w, 10)}
    net |= {"classify": nn.Linear(w, 10), "regress": nn.Linear(w, 1), "decide": nn.Linear(w, 1)}
    net |= {"rebuild": nn.Linear(w, w)}
    ob = {x: Euclidean(w), z: Euclidean(w), bit: Bernoulli(1), value: Euclidean(1), digit: Finite(10)}
    objective = compile(diagram, TorchFunctor(ob=ob, ar=net))
    a, y1, y2, y3 = torch.randn(32, w), torch.randint(0, 10, (32,)), torch.randn(32, 1), torch.rand(32, 1).round()
    total, _ = objective({"rows": {"x": a, "label": y1, "value": y2, "bit": y3}})

    h = net["backbone"](a)
    bce = tf.binary_cross_entropy_with_logits(net["decide"](h), y3, reduction="sum") / 32
    s = net["classify"](h)
    ce = tf.cross_entropy(s, y1)
    with torch.no_grad():
        t = net["teacher"](a)
    kd = tf.kl_div(tf.log_softmax(s / 2.0, -1), tf.softmax(t / 2.0, -1), reduction="batchmean")
    rec, reg = tf.mse_loss(net["rebuild"](h), a), tf.mse_loss(net["regress"](h), y2)
    hand = 0.7 * bce + 1.0 * ce + 0.9 * 4 * kd + 0.3 * rec + 0.5 * reg
    assert_bitwise(total, hand, objective.trainable_parameters())


# ---- random composites ----------------------------------------------------------------------------------------------

x = ld.Ty("x")
x_of = ld.SampleSpace("rows").column("x", x)
boxes = {
    "f": ld.Box("f", x, x), "g": ld.Box("g", x, x),
    "join": ld.Box("join", x @ x, x), "split": ld.Box("split", x, x @ x),
    "copy": ld.Copy(x), "discard": ld.Discard(x), "swap": ld.Swap(x, x),
}  # fmt: skip


@st.composite
def endomorphisms(draw):
    """A diagram x → x of boxes, copies, discards and swaps."""
    diagram = ld.Id(x)
    for name, position in draw(st.lists(st.tuples(st.sampled_from(sorted(boxes)), st.integers(0, 3)), max_size=8)):
        box, width = boxes[name], len(diagram.cod)
        if len(box.dom) <= width and 1 <= width - len(box.dom) + len(box.cod) <= 4:
            left = position % (width - len(box.dom) + 1)
            diagram = diagram >> ld.Id(x**left) @ box @ ld.Id(x ** (width - left - len(box.dom)))
    while len(diagram.cod) > 1:
        diagram = diagram >> boxes["join"] @ ld.Id(x ** (len(diagram.cod) - 2))
    return diagram


class Split(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Linear(3, 6, dtype=torch.float64)

    def forward(self, a):
        return tuple(torch.tanh(self.inside(a)).chunk(2, -1))


class Join(nn.Bilinear):
    def __init__(self):
        super().__init__(3, 3, 3, dtype=torch.float64)


def layer():
    return nn.Sequential(nn.Linear(3, 3, dtype=torch.float64), nn.Tanh())


@given(endomorphisms(), endomorphisms(), st.sets(st.sampled_from(["f", "g", "join"])), st.integers(0, 99))
def test_random_composites_agree_to_1e_12_in_float64(lhs, rhs, frozen, seed):
    constraint = ld.Constraint("c", lhs, rhs, over=x_of, weight=0.7)
    assume(not constraint.reading.is_vacuous)
    torch.manual_seed(seed)
    F = TorchFunctor(ob={x: Euclidean(3)}, ar={"f": layer(), "g": layer(), "join": Join(), "split": Split()})
    diagram = ld.LearningDiagram(constraint)
    objective = compile(diagram.freeze(*(frozen & {box.name for box in diagram.boxes})), F)
    data = torch.randn(4, 3, dtype=torch.float64)
    total, terms = objective({"rows": {"x": data}})
    plain = (F(lhs)(data) - F(rhs)(data)).square().sum(1).mean()
    torch.testing.assert_close(terms["c"], plain, rtol=1e-12, atol=1e-14)
    assert torch.equal(total, 0.7 * terms["c"])
    parameters = objective.trainable_parameters()
    if total.requires_grad:
        pairs = zip(gradients(terms["c"], parameters), gradients(plain, parameters), strict=True)
        for compiled, expected in pairs:
            torch.testing.assert_close(compiled, expected, rtol=1e-12, atol=1e-13)


class Noise(nn.Linear):
    def forward(self, a):
        return Normal(super().forward(a), 0.5)


def test_with_draws_the_compiled_loss_is_bitwise_the_functor_under_the_same_seed():
    torch.manual_seed(2)
    h, f, g = ld.Kernel("h", x, x), ld.Box("f", x, x), ld.Box("g", x, x)
    lhs, rhs = h >> ld.Copy(x) >> f @ g, h >> f >> ld.Copy(x)
    F = TorchFunctor(ob={x: Euclidean(3)}, ar={h: Noise(3, 3), f: nn.Linear(3, 3), g: nn.Linear(3, 3)})
    objective = compile(ld.LearningDiagram(ld.Constraint("c", lhs, rhs, over=x_of)), F)
    data = torch.randn(6, 3)
    torch.manual_seed(3)
    total, _ = objective({"rows": {"x": data}})
    torch.manual_seed(3)
    predicted, reference = F(lhs)(data), F(rhs)(data)
    errors = [tf.mse_loss(p, r, reduction="sum") / 6 for p, r in zip(predicted, reference, strict=True)]
    assert torch.equal(total, errors[0] + errors[1])


def test_a_shared_parameter_gets_the_sum_of_the_gradients_of_its_occurrences():
    """d/dw of (w·w·x − y)² at w=3, x=1, y=5: by the chain rule 2·(9 − 5)·(3 + 3) = 48."""
    f = ld.Box("f", x, x)
    y_of = ld.SampleSpace("rows").column("y", x)
    net = nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, 3.0)
    objective = compile(
        ld.LearningDiagram(ld.Constraint("c", x_of >> f >> f, y_of)), TorchFunctor(ob={x: Euclidean(1)}, ar={f: net})
    )
    total, _ = objective({"rows": {"x": torch.tensor([[1.0]]), "y": torch.tensor([[5.0]])}})
    total.backward()
    assert (total.item(), net.weight.grad.item()) == (16.0, 48.0)
