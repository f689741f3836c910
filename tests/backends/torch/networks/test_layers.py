"""`from_sequential`: the composite of the boxes is the module, to the bit."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from learning_diagrams import CompileError, Constraint, LearningDiagram, SampleSpace, TypeMismatch, equal, load, save
from learning_diagrams.backends.torch import TorchFunctor, compile
from learning_diagrams.backends.torch.networks.layers import from_sequential

SHARED = (nn.Linear(4, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Dropout(0.5))
NEW = (lambda: nn.Linear(4, 4), nn.Tanh, lambda: nn.Sequential(SHARED[0], nn.GELU()), lambda: nn.LayerNorm(4))
layers = st.lists(st.one_of(st.sampled_from(SHARED), st.sampled_from(NEW).map(lambda make: make())), max_size=6)


@settings(max_examples=12)
@given(layers, st.integers(1, 5), st.booleans(), st.integers(0, 99))
def test_the_composite_of_the_boxes_is_the_module(parts, rows, training, seed):
    module = nn.Sequential(*copy.deepcopy(parts)).train(training and rows > 1)
    network = from_sequential(module, (4,))
    model, twin = network.model(), copy.deepcopy(module)
    torch.manual_seed(seed)
    x = torch.randn(rows, 4)
    results = []
    for net in (twin, model):  # each draws its dropouts, and moves its statistics, from the same state
        torch.manual_seed(seed)
        results.append(net(x))
    assert torch.equal(*results)
    assert all(map(torch.equal, twin.buffers(), module.buffers()))
    flat = [name for name, _ in module.named_modules(remove_duplicate=False) if name]
    leaves = [name for name in flat if not isinstance(module.get_submodule(name), nn.Sequential)]
    assert len(network.functor.modules) == len({module.get_submodule(name) for name in leaves})
    assert str(network.diagram).count(">>") == max(len(leaves) - 1, 0)


def test_a_layer_without_parameters_stands_behind_boxes_of_several_types():
    act = nn.Dropout()
    module = nn.Sequential(nn.Linear(3, 5), act, nn.Linear(5, 2), act).eval()
    network = from_sequential(module, torch.zeros(9, 3))
    assert str(network.diagram) == "Linear_0 >> Dropout_1 >> Linear_2 >> Dropout_3"
    model = network.model().eval()
    x = torch.randn(6, 3)
    assert torch.equal(model(x), module(x))
    model.train()
    assert act.training
    with pytest.raises(CompileError, match=r"one module is applied as 'Conv1d_0'"):
        conv = nn.Conv1d(1, 1, 2)
        from_sequential(nn.Sequential(conv, conv), (1, 9))


def test_a_network_stands_in_a_learning_diagram_and_in_a_file(tmp_path):
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
    network = from_sequential(module, torch.zeros(2, 1, 4, 4))
    rows = SampleSpace("rows")
    diagram = network.diagram
    d = LearningDiagram(Constraint("fit", rows.column("x", diagram.dom) >> diagram, rows.column("y", diagram.cod)))
    x, y = torch.randn(5, 1, 4, 4), torch.randn(5, 3)
    total, _ = compile(d, network.functor)({"rows": {"x": x, "y": y}})
    assert torch.equal(total, nn.functional.mse_loss(module(x), y, reduction="sum") / 5)
    save(d, tmp_path / "d.yaml")
    assert load(tmp_path / "d.yaml").digest() == d.digest()


def test_one_diagram_has_other_layers_too():
    network = from_sequential(nn.Sequential(nn.Linear(2, 2), nn.Tanh()), (2,))
    other = from_sequential(nn.Sequential(nn.Linear(2, 2), nn.Tanh()), (2,))
    assert equal(network.diagram, other.diagram)
    functor = TorchFunctor(ob=network.functor.spaces, ar=other.functor.modules)
    x = torch.randn(3, 2)
    assert torch.equal(functor(network.diagram)(x), other.model()(x))


def test_what_it_refuses():
    with pytest.raises(TypeMismatch, match=r"takes an nn.Sequential"):
        from_sequential(nn.Linear(2, 2), (2,))

    class Skip(nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)

    with pytest.raises(TypeMismatch, match=r"from_fx reads other modules"):
        from_sequential(Skip(nn.Linear(2, 2)), (2,))
    assert str(from_sequential(nn.Sequential(Skip(nn.Linear(2, 2))), (2,)).diagram) == "Skip_0"
    with pytest.raises(TypeMismatch, match=r"shape of one row as a tuple, as in \(3, 32, 32\); got \[2\]"):
        from_sequential(nn.Sequential(), [2])
    with pytest.raises(CompileError, match=r"layer '1' \(Linear\) cannot take \[97, 3\]"):
        from_sequential(nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 3)), (2,))
    with pytest.raises(CompileError, match=r"layer '0' \(LSTM\) returned"):
        from_sequential(nn.Sequential(nn.LSTM(2, 3)), (4, 2))
    with pytest.raises(CompileError, match=r"layer '0' \(Flatten\) returned a tensor \[194\] for 97 rows"):
        from_sequential(nn.Sequential(nn.Flatten(0)), (2,))
    with pytest.raises(CompileError, match=r"changes its input in place"):
        from_sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True)), (2,)).model()
    hooked = nn.Sequential(nn.Linear(2, 2))
    hooked.register_forward_hook(lambda *_: None)
    with pytest.raises(CompileError, match=r"a hook stands on the whole Sequential"):
        from_sequential(hooked, (2,))
    assert str(from_sequential(nn.Sequential(hooked), (2,)).diagram) == "Sequential_0"
