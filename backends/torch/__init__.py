"""The PyTorch back end: spaces and modules for a learning diagram, its loss, and training."""

from learning_diagrams.backends.torch.data.rows import Rows
from learning_diagrams.backends.torch.data.stream import batches
from learning_diagrams.backends.torch.divergences.own import divergence
from learning_diagrams.backends.torch.flux.script import to_flux
from learning_diagrams.backends.torch.functor.discrete import Bernoulli, Finite, Tokens
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import Euclidean, Mask, Space
from learning_diagrams.backends.torch.networks.layers import from_sequential
from learning_diagrams.backends.torch.networks.network import Network
from learning_diagrams.backends.torch.networks.onnx_door import from_onnx
from learning_diagrams.backends.torch.networks.traced import from_fx
from learning_diagrams.backends.torch.objective.compiler import compile
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.processes.joined_objective import JoinedObjective
from learning_diagrams.backends.torch.streaming.arrow_rows import ArrowRows, ParquetRows
from learning_diagrams.backends.torch.streaming.tar_shards import TarShards
from learning_diagrams.backends.torch.training.history import History
from learning_diagrams.backends.torch.training.loop import Progress
from learning_diagrams.backends.torch.training.loss_grader import by_loss
from learning_diagrams.backends.torch.training.plan_run import Carried, PlanRun, carry_out, run_plan
from learning_diagrams.backends.torch.training.training import fit
from learning_diagrams.backends.torch.training.validation import Validation

__all__ = [
    "ArrowRows",
    "Bernoulli",
    "Carried",
    "Euclidean",
    "Finite",
    "History",
    "JoinedObjective",
    "Mask",
    "Network",
    "Objective",
    "ParquetRows",
    "PlanRun",
    "Progress",
    "Rows",
    "Space",
    "TarShards",
    "Tokens",
    "TorchFunctor",
    "Validation",
    "batches",
    "by_loss",
    "carry_out",
    "compile",
    "divergence",
    "fit",
    "from_fx",
    "from_onnx",
    "from_sequential",
    "run_plan",
    "to_flux",
]
