"""What a module may not do to the rest of a loss: write to its input, or hide parameters in a plain callable."""

import functools
import warnings

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.backends.torch.functor.shape_check import ROWS

torch.set_num_threads(1)
x = ld.Ty("x")
rows = ld.SampleSpace("rows")
x_of, y_of = rows.column("x", x), rows.column("y", x)
f, g = ld.Box("f", x, x), ld.Box("g", x, x)
rng = torch.Generator().manual_seed(0)
X, Y = torch.randn(4, 2, generator=rng), torch.randn(4, 2, generator=rng)
BATCH = {"rows": {"x": X, "y": Y}}


def functor(**modules):
    return TorchFunctor(ob={x: Euclidean(2)}, ar=modules)


def objective_of(lhs, frozen=(), **modules):
    return compile(ld.LearningDiagram(ld.Constraint("c", lhs, y_of), frozen=frozen), functor(**modules))


# ---- in place -------------------------------------------------------------------------------------------------------


class InPlaceInTraining(nn.Linear):
    def forward(self, value):
        return super().forward(value.mul_(2.0) if self.training else value)


IN_PLACE = {
    "relu": lambda: nn.ReLU(inplace=True),
    "function": lambda: lambda z: z.add_(1.0),
    "part": lambda: lambda z: (z[:, 0].zero_(), z)[1],
    "flattened": lambda: nn.Sequential(nn.Flatten(), nn.ReLU(inplace=True)),
    "dropout in eval": lambda: nn.Dropout(0.5, inplace=True).eval(),
    "in training": lambda: InPlaceInTraining(2, 2),
    "in training, in eval": lambda: InPlaceInTraining(2, 2).eval(),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_module_that_writes_to_its_input_does_not_compile(name):
    for lhs in (x_of >> f, x_of >> g >> f):
        with pytest.raises(ld.CompileError, match="'f' changes its input in place"):
            objective_of(lhs, f=IN_PLACE[name](), g=nn.Linear(2, 2))


@pytest.mark.parametrize("name", [name for name in IN_PLACE if "eval" not in name])
def test_the_functor_refuses_to_write_to_its_input_too(name):
    with pytest.raises(ld.CompileError, match="'f' changes its input in place"):
        functor(f=IN_PLACE[name]())(f)(X.clone())


def test_in_place_where_the_shape_check_cannot_look_is_an_error_when_it_runs():
    objective = objective_of(x_of >> f, f=lambda z: z.add_(1.0) if z.sum() != 0 else z)
    with pytest.raises(ld.CompileError, match="'f' changes its input in place"):
        objective({"rows": {"x": X.clone(), "y": Y}})


def test_a_frozen_box_is_asked_for_what_it_does_in_eval_only():
    objective = objective_of(x_of >> g >> f, [f], f=InPlaceInTraining(2, 2), g=nn.Linear(2, 2))
    objective(BATCH)
    assert objective.model(g >> f)(X).shape == X.shape


def test_a_key_error_of_a_module_is_not_taken_for_a_missing_column():
    model = objective_of(x_of >> f, f=lambda z: {"a": z}["a" if z.shape[0] == ROWS else "b"]).model(x_of >> f)
    with pytest.raises(KeyError, match="b"):
        model({"x": X})
    with pytest.raises(ld.DataError, match="reads the column 'x'"):
        model({"z": X})


def test_in_place_after_a_linear_is_fine_with_the_right_loss_and_gradients():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(inplace=True), nn.Linear(3, 2), nn.ELU(inplace=True))
    total, _ = objective_of(x_of >> f, f=net)(BATCH)
    hidden = torch.relu(net[0](X))
    expected = nn.functional.mse_loss(nn.functional.elu(net[2](hidden)), Y, reduction="sum") / 4
    assert torch.equal(total, expected)
    ours, theirs = (torch.autograd.grad(loss, list(net.parameters())) for loss in (total, expected))
    torch.testing.assert_close(ours, theirs)  # ELU in place has another formula for its gradient


# ---- hidden parameters ----------------------------------------------------------------------------------------------

LINEAR = nn.Linear(2, 2)
FIXED = nn.Linear(2, 2).requires_grad_(False)


class Holder:
    def __init__(self, net):
        self.net = net

    def __call__(self, value):
        return self.net(value)

    def apply(self, value):
        return self.net(value)


def enclosed(held):
    return lambda z: held[0](z)


HIDING = {
    "bound method": LINEAR.forward,
    "partial": functools.partial(lambda net, z: net(z), LINEAR),
    "partial of a module": functools.partial(LINEAR),
    "partial by keyword": functools.partial(lambda z, net: net(z), net=LINEAR),
    "closure": (lambda net: lambda z: net(z))(LINEAR),
    "parameter in a closure": (lambda weight: lambda z: z @ weight)(LINEAR.weight),
    "global": lambda z: LINEAR(z),
    "callable object": Holder(LINEAR),
    "default": lambda z, net=LINEAR: net(z),
    "method of a holder": Holder(LINEAR).apply,
    "partial of a method": functools.partial(LINEAR.forward),
    "list in a closure": enclosed([LINEAR]),
}


@pytest.mark.parametrize("name", HIDING)
def test_hidden_parameters_are_warned_of_unless_frozen(name):
    with pytest.warns(UserWarning, match="'f' is a function that holds trainable parameters"):
        objective_of(x_of >> f >> g, f=HIDING[name], g=nn.Linear(2, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        objective_of(x_of >> f >> g, [f], f=HIDING[name], g=nn.Linear(2, 2))


@pytest.mark.parametrize("function", [torch.tanh, lambda z: 2 * z, FIXED.forward, Holder(FIXED), lambda z: FIXED(z)])
def test_what_holds_nothing_trainable_is_not_warned_of(function):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        objective_of(x_of >> g >> f, f=function, g=nn.Linear(2, 2))


# ---- what else a new user tries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["x", "y"])
def test_a_column_that_requires_a_gradient_is_no_data(column):
    objective = objective_of(x_of >> f, f=nn.Linear(2, 2))
    columns = {**BATCH["rows"], column: BATCH["rows"][column].clone().requires_grad_()}
    with pytest.raises(ld.DataError, match=f"column '{column}' .* requires a gradient.*detach"):
        objective({"rows": columns})


def test_one_row_has_no_batch_statistics():
    with pytest.warns(UserWarning, match="batch statistics"):
        objective = objective_of(x_of >> f, f=nn.BatchNorm1d(2))
    one = {"rows": {name: column[:1] for name, column in BATCH["rows"].items()}}
    with pytest.raises(ld.DataError, match=r"^a batch of one row has no batch statistics; .*drop_last=True"):
        objective.train()(one)
    assert objective.eval()(one)[0].isfinite()


def test_arguments_in_the_wrong_order_are_a_short_type_mismatch():
    F = functor(f=nn.Sequential(*[nn.Linear(2, 2) for _ in range(50)]))
    assert repr(F) == "TorchFunctor(ob={'x': Euclidean(2)}, ar={'f'})"
    diagram = ld.LearningDiagram(ld.Constraint("c", x_of >> f, y_of))
    with pytest.raises(ld.TypeMismatch, match="compile takes a learning diagram and a functor, got TorchFunctor") as e:
        compile(F, diagram)
    assert len(str(e.value)) < 200


@pytest.mark.parametrize("space", [Finite(2), Bernoulli(2)])
def test_a_kernel_that_ends_in_probabilities_is_warned_of(space):
    y = ld.Ty("y")
    k = ld.Kernel("k", x, y)
    diagram = ld.LearningDiagram(ld.Constraint("fit", x_of >> k, rows.column("label", y)))
    for last in (nn.Softmax(1), nn.Sigmoid(), nn.LogSoftmax(1)):
        network = nn.Sequential(nn.Linear(2, 2), nn.Sequential(last))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            compile(diagram, TorchFunctor(ob={x: Euclidean(2), y: space}, ar={k: network}))
        says = [str(warning.message) for warning in caught]
        assert len(says) == (not isinstance(last, nn.LogSoftmax))
        assert all(f"'k' ends in {type(last).__name__}, whose probabilities are read as" in text for text in says)
