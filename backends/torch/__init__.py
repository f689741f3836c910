"""The PyTorch back end: spaces and modules for a learning diagram, its loss, and training."""

from learning_diagrams.backends.torch.compiler import compile
from learning_diagrams.backends.torch.functor import TorchFunctor
from learning_diagrams.backends.torch.history import History
from learning_diagrams.backends.torch.objective import Objective
from learning_diagrams.backends.torch.own_divergence import divergence
from learning_diagrams.backends.torch.plan_run import Carried, carry_out
from learning_diagrams.backends.torch.space import Bernoulli, Euclidean, Finite, Space, Tokens
from learning_diagrams.backends.torch.stream import batches
from learning_diagrams.backends.torch.training import Progress, fit
from learning_diagrams.backends.torch.validation import Validation

__all__ = [
    "Bernoulli",
    "Carried",
    "Euclidean",
    "Finite",
    "History",
    "Objective",
    "Progress",
    "Space",
    "Tokens",
    "TorchFunctor",
    "Validation",
    "batches",
    "carry_out",
    "compile",
    "divergence",
    "fit",
]
