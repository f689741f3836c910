"""`from_fx`: a traced module and its diagram compute the same, to the bit; what no diagram carries is named."""

import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional

from learning_diagrams import CompileError, DuplicateName, TypeMismatch
from learning_diagrams.backends.torch.networks.traced import from_fx


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(4), nn.Linear(4, 4)

    def forward(self, x):
        return x + functional.gelu(self.linear(self.norm(x)))


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(4, 3), nn.Linear(4, 3, bias=False)

    def forward(self, x, y, mask=None):
        x = x if mask is None else x * mask
        return torch.cat([self.right(y), self.left(x)], dim=1)


class TwoOutputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.scale = nn.Linear(4, 6), nn.Parameter(torch.randn(4))

    def forward(self, x):
        h = self.body(x * self.scale.softmax(0))
        low, high = h.chunk(2, dim=1)
        best = h.max(dim=1)
        unused = high * 2  # noqa: F841
        return low + best.values.unsqueeze(1), (high.view(h.size(0), -1), best.indices)[0]


class SharedTwice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.act = nn.Linear(4, 4), nn.ReLU()

    def forward(self, x):
        return self.act(self.layer(self.act(self.layer(x)))).relu().relu()


class Dropped(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop, self.blocks = nn.Dropout(), nn.Sequential(Residual(), Residual())

    def forward(self, x):
        return functional.dropout(self.drop(self.blocks(x)), training=self.training)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRU(2, 3, batch_first=True)
        self.attention = nn.MultiheadAttention(3, 1, batch_first=True)

    def forward(self, x):
        states, _ = self.cell(x.unflatten(1, (2, 2)))
        mixed, _ = self.attention(states, states, states, need_weights=False)
        return mixed[:, -1]


MODULES = {
    Residual: "Copy(R4) >> norm @ R4 >> linear @ R4 >> gelu @ R4 >> Swap(R4, R4) >> add",
    TwoInputs: "R4 @ right >> left @ R3 >> Swap(R3, R3) >> cat",
    TwoOutputs: None,
    SharedTwice: "layer >> act >> layer >> act >> relu >> relu",
    Dropped: None,
    Recurrent: None,
}


@pytest.mark.parametrize("kind", MODULES)
def test_a_module_and_its_diagram_compute_the_same(kind):
    module = kind().eval()
    inputs = [torch.randn(7, 4) for _ in range(2 if kind is TwoInputs else 1)]
    network = from_fx(module, *inputs)
    model = network.model()
    direct = network.functor(network.diagram)
    for rows in (7, 1, 3):
        points = [value[:rows] for value in inputs]
        expected = module(*points)
        for result in (model(*points), direct(*points)):
            assert torch.equal(*map(torch.hstack, (_tuple(expected), _tuple(result))))
    assert {id(p) for p in network.model().parameters()} == {id(p) for p in module.parameters()}
    if MODULES[kind] is not None:
        assert str(network.diagram) == MODULES[kind]
    twin = pickle.loads(pickle.dumps(model))
    assert torch.equal(*map(torch.hstack, (_tuple(twin(*inputs)), _tuple(module(*inputs)))))


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


def test_gradients_are_those_of_the_module():
    module, x = TwoOutputs(), torch.randn(5, 4)
    model = from_fx(module, x).model()
    wanted = torch.autograd.grad(sum(out.square().sum() for out in module(x)), [*module.parameters()])
    got = torch.autograd.grad(sum(out.square().sum() for out in model(x)), [*module.parameters()])
    assert all(map(torch.equal, wanted, got))


def test_a_class_among_the_leaves_is_one_box():
    assert str(from_fx(Dropped().eval(), (4,), leaves=[Residual]).diagram) == (
        "blocks_0 >> blocks_1 >> drop >> dropout"
    )


class Faulty(nn.Module):
    def __init__(self, forward):
        super().__init__()
        self.linear, self.body = nn.Linear(4, 4), forward

    def forward(self, x):
        return self.body(self, x)


def branch(self, x):
    return x if x.sum() > 0 else -x


def loop(self, x):
    return sum(row for row in x)


def count(self, x):
    return [x + i for i in range(x.size(1))]


def size_out(self, x):
    return x, x.shape[0]


def in_place(self, x):
    return self.linear(x).add_(1)


def no_rows(self, x):
    return x - x.mean()


def dictionary(self, x):
    return {"x": x}


def constant_out(self, x):
    return x, self.linear.weight


def data_dependent(self, x):
    return x[x > 0]


def fixed_rows(self, x):
    return x.view(3, -1)


def tied(self, x):
    return self.linear(x) + functional.linear(x, self.linear.weight)


FAULTS = {
    branch: (CompileError, r"node 'gt', .* decides a branch"),
    loop: (CompileError, r"node 'x', .* is what a loop runs over"),
    count: (CompileError, r"cannot follow Faulty: .*integer"),
    size_out: (CompileError, r"node 'getitem', .* is an output, and it is no tensor"),
    in_place: (CompileError, r"node 'add_', .* changes a tensor in place"),
    no_rows: (CompileError, r"node 'mean', .* returned a tensor \[\] for 97 rows"),
    dictionary: (CompileError, r"must return a tensor or a tuple of tensors"),
    constant_out: (CompileError, r"node 'linear_weight', .* is an output"),
    data_dependent: (CompileError, r"node 'getitem', .* has no value on tensors without numbers"),
    fixed_rows: (CompileError, r"node 'view', .* shape '\[3, -1\]' is invalid"),
    tied: (DuplicateName, r"'linear.weight' of the module of box 'linear_1' is also that of box 'linear'"),
}


@pytest.mark.parametrize("body", FAULTS, ids=lambda body: body.__name__)
def test_what_no_diagram_carries_is_named(body):
    kind, message = FAULTS[body]
    with pytest.raises(kind, match=message) as caught:
        from_fx(Faulty(body), (4,))
    if kind is CompileError and body not in (dictionary, constant_out):
        line = body.__code__.co_firstlineno + 1
        assert f"test_traced.py, line {line}" in str(caught.value)


def test_arguments_are_checked():
    with pytest.raises(TypeMismatch, match=r"takes an nn.Module"):
        from_fx(torch.relu, (4,))
    with pytest.raises(TypeMismatch, match=r"forward of TwoInputs takes .*1 example came"):
        from_fx(TwoInputs(), (4,))
    with pytest.raises(TypeMismatch, match=r"classes of modules, got 'Residual'"):
        from_fx(Dropped(), (4,), leaves=["Residual"])

    class Variadic(nn.Module):
        def forward(self, *values):
            return values[0]

    with pytest.raises(TypeMismatch, match=r"\*values has no fixed number of wires"):
        from_fx(Variadic(), (4,))


def test_training_mode_draws_the_same_dropouts_and_moves_the_same_statistics():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.drop = nn.BatchNorm1d(4), nn.Dropout(0.3)

        def forward(self, x):
            return self.drop(self.norm(x)) + self.drop(x)

    module, x = Noisy(), torch.randn(6, 4)
    model = from_fx(module, x).model()
    assert module.norm.num_batches_tracked == 0
    torch.manual_seed(1)
    expected = module(x)
    torch.manual_seed(1)
    assert torch.equal(model(x), expected)
    assert module.norm.num_batches_tracked == 2
