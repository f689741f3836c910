"""The same on GPUs, by NCCL: with one GPU a group of one process, with more of them a process each."""

import pytest
import torch
from torch import distributed, nn
from torch.multiprocessing.spawn import spawn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, JoinedObjective, TorchFunctor, compile, fit

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]
x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
f, g, h = ld.Kernel("f", x, y), ld.Kernel("g", x, y), ld.Box("h", x, x)
point, label = rows.column("x", x), rows.column("y", y)


def run(sharded=False, norm=False, **options):
    """The steps of a run in float64."""
    torch.manual_seed(0)
    data = {"x": torch.randn(33, 4).double(), "y": (torch.randint(3, (33,)), torch.rand(33) < 0.5)}
    norms = [nn.SyncBatchNorm(6) if distributed.is_initialized() else nn.BatchNorm1d(6)] if norm else []
    nets = [nn.Sequential(nn.Linear(4, 6), *norms, nn.Tanh(), nn.Linear(6, 3)).double() for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    constraints = [
        ld.Constraint("fit", point >> f, label),
        ld.Constraint("agree", point >> f, point >> g),
        ld.Constraint("contrast", point >> h, point, divergence="info_nce"),
    ]
    functor = TorchFunctor(ob={x: Euclidean(4), y: Finite(3)}, ar={f: nets[0], g: nets[1], h: nn.Linear(4, 4).double()})
    objective = compile(ld.LearningDiagram(*constraints, ema={g: (f, 0.9)}), functor)
    if sharded:
        from torch.distributed.fsdp import fully_shard
        from torch.distributed.tensor import DTensor

        objective.to("cuda")
        for name in objective.boxes.names:
            fully_shard(objective.boxes.of(name))
        fully_shard(objective)
        assert all(isinstance(parameter, DTensor) for parameter in objective.parameters())
    history = fit(objective, {"rows": data}, **{"epochs": 2, "batch_size": 8, "progress": False, **options})
    return [*history.steps]


def stopped_and_resumed(run_folder):
    """The steps of a run of sharded boxes that goes on from its checkpoint, and of one that was not stopped."""
    run(sharded=True, epochs=1, run=run_folder, checkpoint_every=2)
    return run(sharded=True, run=run_folder, resume=True), run(sharded=True)


def in_group(rank, size, act, arguments, folder):
    import os

    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511"}
    torch.cuda.set_device(rank)
    distributed.init_process_group("nccl", init_method=f"file://{folder}/meeting", rank=rank, world_size=size)
    torch.save(act(*arguments), f"{folder}/{rank}")
    distributed.destroy_process_group()


def of_each(act, folder, *arguments):
    """What an act returns in each of several processes, one a GPU."""
    size = torch.cuda.device_count()
    if size < 2:
        pytest.skip("needs two GPUs")
    spawn(in_group, (size, act, arguments, str(folder)), size)
    return [torch.load(folder / str(rank)) for rank in range(size)]


@pytest.mark.parametrize(("sharded", "norm"), [(False, False), (False, True), (True, False)])
def test_a_process_for_each_gpu_makes_the_run_of_one(sharded, norm, tmp_path):
    for steps in of_each(run, tmp_path, sharded, norm):
        for row, other in zip(steps, run(norm=norm), strict=True):
            assert row == pytest.approx(other, rel=1e-9)


def test_a_run_of_sharded_boxes_goes_on_as_one_that_was_not_stopped(tmp_path):
    for resumed, whole in of_each(stopped_and_resumed, tmp_path, str(tmp_path / "run")):
        assert len(resumed) == len(whole) == 10 and resumed == whole


def test_a_joined_objective_of_one_process_is_its_objective_there():
    torch.manual_seed(0)
    functor = TorchFunctor(ob={x: Euclidean(4)}, ar={h: nn.Linear(4, 4)})
    objective = compile(ld.LearningDiagram(ld.Constraint("c", point >> h, point)), functor).to("cuda")
    batch = {"rows": {"x": torch.randn(8, 4, device="cuda")}}
    assert torch.equal(JoinedObjective(objective)(batch)[0], objective(batch)[0])
