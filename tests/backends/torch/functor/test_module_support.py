"""Modules of other kinds behind a box: each trains, is saved and loads, or a typed error says what to do."""

import threading

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.utils import parametrizations

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit

X = ld.Ty("x")
rows = ld.SampleSpace("rows")
a, b = rows.column("a", X), rows.column("b", X)
f = ld.Box("f", X, X)
DIAGRAM = ld.LearningDiagram(ld.Constraint("c", a >> f, b))


def build(module, diagram=DIAGRAM):
    return compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar={f: module}))


def data():
    values = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    return {"rows": {"a": values, "b": 2 * values}}


@pytest.fixture(scope="module")
def one_process():
    dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()


class SparseGraph(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.register_buffer("graph", torch.eye(2).to_sparse(), persistent=False)

    def forward(self, value):
        return torch.sparse.mm(self.graph, self.linear(value).T).T


KINDS = {
    "scripted": lambda: torch.jit.script(nn.Linear(2, 2)),
    "traced": lambda: torch.jit.trace(nn.Linear(2, 2), torch.zeros(4, 2)),
    "data parallel": lambda: nn.DataParallel(nn.Linear(2, 2)),
    "wrapped inside": lambda: nn.Sequential(nn.DataParallel(nn.Linear(2, 2)), nn.Linear(2, 2)),
    "compiled": lambda: torch.compile(nn.Linear(2, 2), backend="eager"),
    "weight norm": lambda: parametrizations.weight_norm(nn.Linear(2, 2)),
    "spectral norm": lambda: parametrizations.spectral_norm(nn.Linear(2, 2)),
    "sparse buffer": SparseGraph,
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_a_module_of_this_kind_trains_and_is_saved(kind, tmp_path):
    objective = build(KINDS[kind]())
    before = objective(data())[0].item()
    fit(objective, data(), steps=5, lr=0.05, optimizer=torch.optim.SGD, progress=False)
    after = objective(data())[0].item()
    assert after < before
    objective.save(tmp_path / "w")
    other = build(KINDS[kind]())
    assert other.load(tmp_path / "w").eval()(data())[0].item() == objective.eval()(data())[0].item()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", ["scripted", "data parallel", "compiled"])
def test_outputs_that_do_not_fit_are_found_on_the_first_batch(kind):
    wide = {
        "scripted": lambda: torch.jit.script(nn.Linear(2, 3)),
        "data parallel": lambda: nn.DataParallel(nn.Linear(2, 3)),
        "compiled": lambda: torch.compile(nn.Linear(2, 3), backend="eager"),
    }
    with pytest.raises(ld.CompileError, match="'f'"):
        build(wide[kind]())(data())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_wrapper_that_one_objective_freezes_and_another_trains_is_refused():
    functor = TorchFunctor(ob={X: Euclidean(2)}, ar={f: torch.jit.script(nn.Linear(2, 2))})
    frozen = compile(DIAGRAM.freeze(f), functor)
    compile(DIAGRAM, functor)
    with pytest.raises(ld.CompileError, match="functor of its own"):
        frozen(data())


@pytest.mark.parametrize(
    ("module", "remedy"),
    [
        (lambda: nn.LazyLinear(2), "call the module once"),
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.LazyBatchNorm1d()), "call the module once"),
        (lambda: nn.Linear(2, 2, device="meta"), "to_empty"),
    ],
)
def test_a_module_without_numbers_is_refused_and_the_error_says_what_to_do(module, remedy):
    with pytest.raises(ld.CompileError, match=f"box 'f' .*{remedy}"):
        build(module())


def test_a_lazy_module_that_was_called_once_is_as_any_other():
    lazy = nn.LazyLinear(2)
    lazy(torch.zeros(1, 2))
    assert build(lazy)(data())[0].isfinite()


def test_a_sparse_parameter_is_refused_where_it_is_trained():
    class Sparse(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.eye(2).to_sparse())

        def forward(self, value):
            return torch.sparse.mm(self.weight, value.T).T

    with pytest.raises(ld.CompileError, match="'weight' of the module of box 'f' is sparse"):
        build(Sparse())
    assert build(Sparse(), DIAGRAM.freeze(f))(data())[0].isfinite()


def test_a_module_that_is_distributed_trains(one_process):
    objective = build(nn.parallel.DistributedDataParallel(nn.Linear(2, 2)))
    before = objective(data())[0].item()
    fit(objective, data(), steps=5, lr=0.05, optimizer=torch.optim.SGD, progress=False)
    assert objective(data())[0].item() < before


def test_compile_leaves_a_sharded_module_that_has_not_run_as_it_was(one_process, tmp_path):
    whole = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))
    expected = whole(data()["rows"]["a"]).detach()
    inner = whole[1]
    fully_shard(inner, mesh=one_process)
    hidden = ld.Ty("h")
    inverse = ld.Constraint("c", rows.column("h", hidden) >> ld.Box("g", hidden, X), b)
    compile(ld.LearningDiagram(inverse), TorchFunctor(ob={X: Euclidean(2), hidden: Euclidean(3)}, ar={"g": inner}))
    fully_shard(whole, mesh=one_process)  # a module that has run cannot become a part of another one
    objective = build(whole)
    torch.testing.assert_close(objective.model(f)(data()["rows"]["a"]).detach(), expected)
    before = objective(data())[0].item()
    fit(objective, data(), steps=5, lr=0.05, optimizer=torch.optim.SGD, progress=False)
    assert objective(data())[0].item() < before
    objective.save(tmp_path / "w")
    state = get_model_state_dict(objective, options=StateDictOptions(full_state_dict=True))
    assert set(dict(objective.named_parameters())) <= set(state)
    with torch.no_grad():
        for parameter in objective.parameters():
            parameter.zero_()
    now = get_model_state_dict(objective.load(tmp_path / "w"), options=StateDictOptions(full_state_dict=True))
    torch.testing.assert_close(now, state, rtol=0, atol=0)


class Recording(nn.Module):
    """A module that changes itself when it runs."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.again = self.linear
        self.recurrent = nn.GRU(2, 2, batch_first=True)
        self.seen, self.last = [], None

    def forward(self, value):
        self.seen.append(value)
        self.last = self.recurrent(self.again(value).unsqueeze(1))[0].squeeze(1)
        return self.last


def test_the_check_of_shapes_touches_no_attribute_of_a_module():
    module = Recording().eval()
    module.linear.train()
    before = module(data()["rows"]["a"])
    weights = list(module.recurrent._flat_weights)
    modes = [part.training for part in module.modules()]
    build(module)
    assert module.last is before and len(module.seen) == 1
    assert [part.training for part in module.modules()] == modes
    assert all(kept is now for now, kept in zip(module.recurrent._flat_weights, weights, strict=True))
    assert all(type(part) is nn.Parameter for part in module.parameters())


def test_a_module_runs_in_one_thread_while_another_one_compiles_it():
    module = Recording()
    functor, errors = TorchFunctor(ob={X: Euclidean(2)}, ar={f: module}), []
    objective = compile(DIAGRAM, functor)

    def run(work):
        try:
            for _ in range(10):
                work()
        except Exception as error:
            errors.append(error)

    works = [lambda: objective(data()), lambda: compile(DIAGRAM, functor), lambda: compile(DIAGRAM, functor)]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
